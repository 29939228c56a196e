"""The house rules, kept by reading the source: floors, clocks and chance, I/O, settings, size.

Rule 1: imports only go down: journey > replay > projections > schemas.
Rule 2: below `journey/` nothing reads a clock, draws a number, or touches the world outside.
Rule 3: `journey/settings.py` alone reads the environment.
Rule 4: no file is longer than 400 lines.
Rule 5: nothing catches everything, but the outer loops that are named here.
Rule 6: no file names a machine's folders or a package registry's host.

A rule is a function from source to complaints. Each is shown to complain (`WRONG`) and to keep
quiet (`RIGHT`), then asked about the tree.
"""

import ast
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("schemas", "projections", "replay", "journey")  # from the ground up
BELOW_JOURNEY = FLOORS[:3]
LINES_MAX = 400

# What makes the engine run. Below it a file can be verified without any of these installed.
ENGINE_ONLY = {"aiokafka", "chdb", "clickhouse_driver", "eventsourcing", "faust", "mode"}

CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time",
}
CHANCE = {
    "numpy.random",
    "random",
    "secrets",
    "uuid.getnode",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid.uuid6",
    "uuid.uuid7",
}
# `os` as a whole: below journey/ it has nothing to offer but environ, urandom and files.
OUTSIDE = {
    "glob",
    "http",
    "io.FileIO",
    "io.open",
    "open",
    "os",
    "pathlib.Path",
    "pathlib.PosixPath",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "urllib.request",
}
RESOURCES = "importlib.resources"  # how schemas/ loads its .avsc files
FILE_METHODS = {"read_bytes", "read_text", "write_bytes", "write_text"}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
CLICK_ENVIRONMENT = {"auto_envvar_prefix", "envvar"}  # keywords by which click reads it for you

DOES_IO = {"replay/__main__.py"}  # the command line of the floor: opens the file it verifies
READS_ENVIRONMENT = {"journey/settings.py"}
# What .gitignore names, for where there is no git to ask.
GENERATED = {
    ".git",
    ".venv",
    ".venv-pm4py",
    ".cache",
    ".hypothesis",
    "__pycache__",
    "build",
    "dist",
}
GENERATED |= {".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache"}
GENERATED |= {"journey-data", ".env", ".idea", ".vscode"}
# file -> why it may catch everything. Only an outer loop, which then stops or quarantines.
CATCHES_ALL: dict[str, str] = {
    "journey/engine/beside.py": "the thread that serves a follower: its errors are raised later",
    "journey/engine/follower.py": "the follower's whole life: its errors are raised by its owner",
    "journey/stream/worker.py": "Faust restarts what fails in it: so each error ends the worker",
}
# file -> what it starts, and ends by SIGKILL. All others use ``tests/cli/runner.py``.
STARTS: dict[str, str] = {
    "tests/cli/runner.py": "commands, with a limit",
    "tests/clickhouse_server.py": "a server",
    "tests/stream/broker.py": "a broker",
    "tests/stream/registry_server.py": "a registry",
    "tests/stream/test_worker_faults.py": "relay and workers, which tests kill",
}


# --- what a file names ------------------------------------------------------------------------

Named = tuple[int, str]  # line, dotted name


def imports(tree: ast.AST) -> Iterator[Named]:
    """Every imported name, dotted, wherever the import stands, in text form too."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def uses(tree: ast.AST) -> Iterator[Named]:
    """Every name and attribute chain, with the names that imports gave spelt out."""
    spelt: dict[str, str] = {}
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    root = alias.name.split(".")[0]
                    spelt[alias.asname or root] = alias.name if alias.asname else root
            case ast.ImportFrom(module=str(module), names=names, level=0):
                spelt |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in names}
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                bound.add(name)
    for node in ast.walk(tree):
        chain, inner = [], node
        while isinstance(inner, ast.Attribute):
            chain.append(inner.attr)
            inner = inner.value
        # A name that was not imported is a variable (`time` may well be one), or the builtin.
        if isinstance(inner, ast.Name) and isinstance(node, ast.Attribute | ast.Name):
            if inner.id in spelt:
                yield node.lineno, ".".join([spelt[inner.id], *reversed(chain)])
            elif inner.id == "open" and inner.id not in bound and not chain:
                yield node.lineno, inner.id


def within(name: str, banned: set[str]) -> str | None:
    """The banned name that `name` is, or is part of."""
    parts = name.split(".")
    return next((p for n in range(len(parts)) if (p := ".".join(parts[: n + 1])) in banned), None)


# --- the rules --------------------------------------------------------------------------------

Rule = Callable[[str, str], set[str]]  # path and source -> complaints


def imports_upwards(path: str, source: str) -> set[str]:
    floor = path.split("/")[0]
    if floor not in FLOORS:
        return set()
    above = set(FLOORS[FLOORS.index(floor) + 1 :]) | {"tests", "benchmarks"}
    if floor != "journey":
        above |= ENGINE_ONLY
    return {
        f"{path}:{line}: {floor} imports {name}"
        for line, name in imports(ast.parse(source))
        if within(name, above)
    }


def reads_clock_or_chance(path: str, source: str) -> set[str]:
    if path.split("/")[0] not in BELOW_JOURNEY:
        return set()
    tree = ast.parse(source)
    return {
        f"{path}:{line}: {name}"
        for line, name in (*imports(tree), *uses(tree))
        if within(name, CLOCKS | CHANCE | {"os.urandom", "os.getrandom"})
    }


def touches_outside(path: str, source: str) -> set[str]:
    if path.split("/")[0] not in BELOW_JOURNEY or path in DOES_IO:
        return set()
    tree = ast.parse(source)
    named = {*imports(tree), *uses(tree)}
    banned = set(OUTSIDE)
    # Path is banned, so in a file that has importlib.resources read_text() is a resource's.
    reads_resources = any(within(name, {RESOURCES}) for _, name in named)
    if not path.startswith("schemas/"):
        banned.add(RESOURCES)
    complaints = {f"{path}:{line}: {name}" for line, name in named if within(name, banned)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in FILE_METHODS:
                if not (reads_resources and attr.startswith("read_")):
                    complaints.add(f"{path}:{node.lineno}: .{attr}()")
    return complaints


def reads_environment(path: str, source: str) -> set[str]:
    if path.split("/")[0] not in FLOORS or path in READS_ENVIRONMENT:
        return set()
    tree = ast.parse(source)
    keywords = (
        (keyword.value.lineno, keyword.arg)
        for keyword in ast.walk(tree)
        if isinstance(keyword, ast.keyword) and keyword.arg in CLICK_ENVIRONMENT
    )
    named = ((line, name) for line, name in (*imports(tree), *uses(tree)))
    return {f"{path}:{line}: {name}" for line, name in named if within(name, ENVIRONMENT)} | {
        f"{path}:{line}: {name}=" for line, name in keywords
    }


def is_too_long(path: str, source: str) -> set[str]:
    lines = len(source.splitlines())
    if path.startswith("tests/") or lines <= LINES_MAX:
        return set()
    return {f"{path}: {lines} lines, more than {LINES_MAX}: one idea per file"}


def catches_everything(path: str, source: str) -> set[str]:
    if path.startswith("tests/"):
        return set()
    lines = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ExceptHandler(type=None):
                lines.add(node.lineno)
            case ast.ExceptHandler(type=ast.Tuple(elts=caught)):
                lines |= {node.lineno for each in caught if is_everything(each)}
            case ast.ExceptHandler(type=ast.expr() as caught_one) if is_everything(caught_one):
                lines.add(node.lineno)
            case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress")):
                lines |= {node.lineno for each in node.args if is_everything(each)}
    return {f"{path}:{line}: catches everything" for line in lines}


def waits_for_ever(path: str, source: str) -> set[str]:
    """A process that a test starts has a limit: one that hangs would stop all tests for hours."""
    if not path.startswith("tests/"):
        return set()
    lines = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="run" | "call" | "check_call" | "check_output"),
                keywords=keywords,
            ) if ast.unparse(node.func).startswith("subprocess."):
                if "timeout" not in {each.arg for each in keywords}:
                    lines.add(node.lineno)
            case ast.Attribute(attr="Popen") if path not in STARTS:
                lines.add(node.lineno)
    return {
        f"{path}:{line}: run it by tests/cli/runner.py, which waits only so long" for line in lines
    }


def is_everything(caught: ast.expr) -> bool:
    match caught:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in {"BaseException", "Exception"}
    return False


def places() -> re.Pattern[str]:
    """Folders of a machine and hosts of registries, put together so that this file has none."""
    folder = r"(?<![\w.~-])/(?:work|root)" + "/"
    hosts = [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("pypi", "python", "org"),
        ("npmjs", "org"),
        ("yarnpkg", "com"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("rubygems", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("anaconda", "org"),
    ]
    any_host = "|".join(r"\.".join(parts) for parts in hosts)
    host = rf"(?<![\w-])(?:{any_host})(?![\w-])"
    option = r"--(?:extra-)?index" + r"-url\b|--trusted" + r"-host\b"
    return re.compile(f"{folder}|{host}|{option}", re.IGNORECASE)


def names_places(path: str, source: str) -> set[str]:
    return {
        f"{path}:{number}: {found.group()}"
        for number, line in enumerate(source.splitlines(), 1)
        for found in places().finditer(line)
    }


# --- each rule complains, and knows what to let be ---------------------------------------------

SLASH = "/"
TRY = "try:\n    f()\n"
WRONG: list[tuple[Rule, str, str]] = [
    (imports_upwards, "schemas/a.py", "import journey"),
    (imports_upwards, "schemas/a.py", "from projections.stages import STAGES"),
    (imports_upwards, "projections/a.py", "import replay.fold as fold"),
    (imports_upwards, "replay/a.py", "def f():\n    from journey.engine import Engine"),
    (imports_upwards, "replay/a.py", "import importlib\nimportlib.import_module('journey.log')"),
    (imports_upwards, "replay/__main__.py", "import eventsourcing.persistence"),
    (imports_upwards, "journey/a.py", "from tests.controls import EVENT"),
    (reads_clock_or_chance, "schemas/a.py", "import datetime\ndatetime.datetime.now()"),
    (reads_clock_or_chance, "schemas/a.py", "from datetime import datetime as d\nf = d.utcnow"),
    (reads_clock_or_chance, "schemas/a.py", "from datetime import date\ndate.today()"),
    (reads_clock_or_chance, "replay/__main__.py", "import time"),
    (reads_clock_or_chance, "replay/a.py", "def f():\n    from time import monotonic"),
    (reads_clock_or_chance, "projections/a.py", "import uuid as u\nu.uuid4()"),
    (reads_clock_or_chance, "projections/a.py", "from uuid import uuid1"),
    (reads_clock_or_chance, "projections/a.py", "from random import Random"),
    (reads_clock_or_chance, "projections/a.py", "import numpy as np\nnp.random.default_rng()"),
    (reads_clock_or_chance, "projections/a.py", "import os\nos.urandom(8)"),
    (touches_outside, "schemas/a.py", "open('x')"),
    (touches_outside, "schemas/a.py", "import io\nio.open('x')"),
    (touches_outside, "schemas/a.py", "from pathlib import Path"),
    (touches_outside, "schemas/a.py", "def f(p):\n    return p.read_text()"),
    (
        touches_outside,
        "schemas/a.py",
        "from importlib.resources import files\nfiles('schemas').write_text('x')",
    ),
    (touches_outside, "projections/a.py", "import importlib.resources"),
    (touches_outside, "projections/a.py", "import os\nos.environ['A']"),
    (touches_outside, "projections/a.py", "import socket"),
    (touches_outside, "replay/a.py", "from sqlite3 import connect"),
    (touches_outside, "replay/a.py", "__import__('subprocess')"),
    (reads_environment, "journey/engine.py", "import os\nos.environ.get('A')"),
    (reads_environment, "journey/engine.py", "from os import getenv"),
    (reads_environment, "journey/cli/a.py", "import os as o\no.getenv('A')"),
    (reads_environment, "journey/cli/a.py", "click.option('--log', envvar='JOURNEY_LOG')"),
    (is_too_long, "journey/a.py", "x = 1\n" * (LINES_MAX + 1)),
    (is_too_long, "benchmarks/a.py", "x = 1\n" * (LINES_MAX + 1)),
    (catches_everything, "journey/a.py", TRY + "except:\n    pass"),
    (catches_everything, "journey/a.py", TRY + "except Exception as e:\n    raise"),
    (catches_everything, "journey/a.py", TRY + "except (OSError, BaseException):\n    pass"),
    (catches_everything, "journey/a.py", TRY + "except* builtins.Exception:\n    pass"),
    (catches_everything, "journey/a.py", "with contextlib.suppress(Exception):\n    f()"),
    (waits_for_ever, "tests/a.py", "import subprocess\nsubprocess.run(['a'], check=True)"),
    (waits_for_ever, "tests/a.py", "import subprocess\nwith subprocess.Popen(['a']) as a: pass"),
    (names_places, "README.md", f"cd {SLASH}work/main"),
    (names_places, "a.toml", f'log = "sqlite:////{"root"}/log.db"'),
    (names_places, "requirements.lock", "--index" + "-url https://x.example/simple"),
    (names_places, "requirements.lock", "https://files." + "pythonhosted" + ".org/p/a.whl"),
    (names_places, "pom.xml", "<url>https://repo1." + "maven" + ".org/maven2</url>"),
]
RIGHT: list[tuple[Rule, str, str]] = [
    (imports_upwards, "journey/a.py", "import replay, projections, schemas, faust"),
    (imports_upwards, "replay/a.py", "from schemas.envelope import Recorded"),
    (imports_upwards, "tests/a.py", "import journey"),
    (reads_clock_or_chance, "journey/a.py", "import time, random"),
    (reads_clock_or_chance, "schemas/a.py", "from datetime import datetime, time\ntime(9, 30)"),
    (reads_clock_or_chance, "schemas/a.py", "from uuid import UUID, uuid5"),
    (reads_clock_or_chance, "schemas/a.py", "def f(event):\n    return event.time.now"),
    (waits_for_ever, "tests/a.py", "import subprocess\nsubprocess.run(['a'], timeout=9)"),
    (touches_outside, "replay/__main__.py", "from pathlib import Path\nPath('x').read_bytes()"),
    (
        touches_outside,
        "schemas/a.py",
        "from importlib.resources import files\nfiles('schemas').joinpath('a').read_text()",
    ),
    (touches_outside, "projections/a.py", "def f(state):\n    state.open.add(1)"),
    (touches_outside, "projections/a.py", "def f(open):\n    return len(open)"),
    (reads_clock_or_chance, "projections/a.py", "def f(time):\n    return time + 1"),
    (touches_outside, "projections/a.py", "import io\nio.BytesIO()"),
    (reads_environment, "journey/settings.py", "import os\nos.environ"),
    (reads_environment, "journey/workspace.py", "import os\nos.replace('a', 'b')"),
    (is_too_long, "journey/a.py", "x = 1\n" * LINES_MAX),
    (is_too_long, "tests/a.py", "x = 1\n" * (LINES_MAX + 1)),
    (catches_everything, "journey/a.py", TRY + "except (OSError, ValueError):\n    raise"),
    (names_places, "README.md", "docs/work/notes, ~/work/x and " + "https://example.org/root/x"),
    (names_places, "requirements.lock", "click==8.3.3 --hash=sha256:00"),
]


@pytest.mark.parametrize(("rule", "path", "source"), WRONG)
def test_a_rule_complains(rule: Rule, path: str, source: str) -> None:
    assert rule(path, source)


@pytest.mark.parametrize(("rule", "path", "source"), RIGHT)
def test_a_rule_lets_be(rule: Rule, path: str, source: str) -> None:
    assert rule(path, source) == set()


# --- and the tree keeps them ------------------------------------------------------------------


def project_files() -> Iterator[str]:
    """Paths of all files that are, or would be, in the repository. Without git, by looking."""
    list_files = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        asked = subprocess.run(list_files, cwd=ROOT, capture_output=True, check=True, timeout=60)
        found = [os.fsdecode(name) for name in asked.stdout.split(b"\0") if name]
    except (FileNotFoundError, subprocess.CalledProcessError):
        # No git, an unpacked archive, or a checkout that belongs to somebody else.
        found = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if not GENERATED.intersection(path.relative_to(ROOT).parts)
        ]
    # A file may be tracked and deleted; a link may point out of the tree.
    return (name for name in sorted(found) if (ROOT / name).is_file())


def texts(suffix: str = "") -> dict[str, str]:
    """Path and content of every text file of the project."""
    contents = {n: (ROOT / n).read_bytes() for n in project_files() if n.endswith(suffix)}
    return {n: c.decode(errors="replace") for n, c in contents.items() if b"\0" not in c[:8192]}


@pytest.fixture(scope="module")
def modules() -> dict[str, str]:
    found = texts(".py")
    assert {f"{floor}/__init__.py" for floor in FLOORS} <= found.keys(), "looking in a wrong place"
    return found


@pytest.mark.parametrize(
    "rule",
    [
        imports_upwards,
        reads_clock_or_chance,
        touches_outside,
        reads_environment,
        is_too_long,
        waits_for_ever,
    ],
)
def test_every_module_keeps_the_rule(rule: Rule, modules: dict[str, str]) -> None:
    complaints = {each for path, source in modules.items() for each in rule(path, source)}
    assert complaints == set()


def test_only_named_outer_loops_catch_everything(modules: dict[str, str]) -> None:
    catching = {
        p: found for p, source in modules.items() if (found := catches_everything(p, source))
    }
    unnamed = {p: found for p, found in catching.items() if p not in CATCHES_ALL}
    assert unnamed == {}
    assert CATCHES_ALL.keys() == catching.keys(), "a listed file catches nothing: unlist it"


def test_no_file_names_a_machine_or_a_registry() -> None:
    complaints = {each for path, source in texts().items() for each in names_places(path, source)}
    assert complaints == set()
