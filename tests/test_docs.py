"""Documentation keeps its word: its commands exist, and README's tour runs.

Rule 1: every ``journey``, ``make`` and ``python -m`` command in a fenced ``console`` or ``sh``
    block of README.md and docs/ parses.
Rule 2: README's own commands, in their order, run on a small sample. What stands for something of
    the reader's own (an id, a handle, a file) is replaced by one that is there.
Rule 3: ``docs/commands.md`` is what ``python -m journey.cli.reference`` makes.
"""

import re
import shlex
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from journey.cli.app import cli
from journey.cli.reference import commands, page
from journey.clickhouse import queries
from schemas.errors import JourneyError
from tests.cli.runner import JOURNEY, ROOT, Ran, run

README = ROOT / "README.md"
PAGE = ROOT / "docs" / "commands.md"
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
JOINTS = {"|", "||", "&&", ";", "&", ">", ">>", "<", "2>"}
SMALL = ["--customers", "120", "--days", "20"]


class Written(NamedTuple):
    """One command as a page has it."""

    page: str
    words: list[str]

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)}"


def written_in(text: str, name: str = "") -> Iterator[Written]:
    """The simple commands of a page, in order; a pipe holds several."""
    for kind, block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if kind == "console" and line.startswith("$ "):
                yield from _commands(name, line[2:])
            elif kind == "sh":
                yield from _commands(name, line)


def _commands(name: str, line: str) -> Iterator[Written]:
    words: list[str] = []
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters, lexer.whitespace_split = "#", True
    for word in (*lexer, ";"):
        if word in JOINTS:
            if words:
                yield Written(name, words)
            words = []
        else:
            words.append(word)


def without_settings(words: list[str]) -> list[str]:
    """A command without ``NAME=value`` before it."""
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return words


def pages() -> list[Path]:
    return [README, *sorted((ROOT / "docs").rglob("*.md"))]


def complaint(words: list[str]) -> str:
    """Why a command cannot be; empty if it can, or is none of ours."""
    match without_settings(words):
        case ["journey", *arguments]:
            return _journey_complaint(arguments)
        case ["make", *goals]:
            targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
            asked = [goal for goal in goals if "=" not in goal]
            return "" if set(asked) <= set(targets) else "no such target"
        case ["python" | "python3", "-m", "replay", *arguments]:
            files = [a for a in arguments if a != "--json"]
            is_right = len(files) == 2 and files[0] == "verify"
            return "" if is_right or arguments == ["--help"] else "not: verify FILE [--json]"
        case ["python" | "python3", "-m", str(module), *_]:
            return "" if find_spec(module) else f"no module {module}"
    return ""


def _journey_complaint(arguments: list[str]) -> str:
    context = click.Context(cli, info_name="journey", **cli.context_settings)
    command: click.Command = cli
    try:
        while isinstance(command, click.Group) and arguments:
            if arguments[0] in ("-h", "--help", "--version"):
                return ""
            if command.invoke_without_command and arguments[0].startswith("-"):
                break
            _, found, arguments = command.resolve_command(context, arguments)
            assert found is not None
            command = found
        if isinstance(command, click.Group) and not arguments:
            return ""
        given = command.make_context(command.name, list(arguments), parent=context).params
        if command.name == "query" and given["name"] and not given["name"].startswith("@"):
            pairs = dict(text.split("=", 1) for text in given["parameters"])
            queries.named(given["name"]).bind(pairs)
    except click.exceptions.Exit:
        return ""  # --help
    except (click.UsageError, JourneyError, ValueError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("line", "is_wrong"),
    [
        ("journey status --json --workspace x", False),
        ("JOURNEY_WORKSPACE=x journey query first-response by=brand | head", False),
        ("zcat x.gz | journey import jsonl -  # our form", False),
        ("journey quarantine show 3 > record.json", False),
        ("make demo PYTHON=python3.12", False),
        ("python -m replay verify log.avro", False),
        ("journey stauts", True),
        ("journey status --jsno", True),
        ("zcat x.gz | journey import csv -", True),
        ("journey query first-response colour=red", True),
        ("make tea", True),
        ("python -m replay prove log.avro", True),
        ("python -m no_such_module", True),
    ],
)
def test_a_wrong_command_is_noticed(line: str, is_wrong: bool) -> None:
    text = f"```console\n$ {line}\nits output, which is no command: journey stauts\n```\n"
    told = [complaint(each.words) for each in written_in(text)]
    assert any(told) == is_wrong, told
    assert [bool(complaint(e.words)) for e in written_in(text.replace("console", "text"))] == []


def test_every_command_in_the_documentation_is_one() -> None:
    wrong = []
    for file in pages():
        if not file.is_file():
            wrong.append(f"{file.relative_to(ROOT)} is missing")
            continue
        for each in written_in(file.read_text(encoding="utf-8"), str(file.relative_to(ROOT))):
            if why := complaint(each.words):
                wrong.append(f"{each}: {why}")
    assert wrong == []


def test_the_reference_is_up_to_date() -> None:
    assert PAGE.is_file(), "run: python -m journey.cli.reference docs/commands.md"
    told = PAGE.read_text(encoding="utf-8")
    assert told == page(), "run: python -m journey.cli.reference docs/commands.md"


def test_every_command_is_in_the_reference() -> None:
    headings = set(re.findall(r"^## (journey .+)$", page(), re.MULTILINE))
    assert headings == {f"journey {name}" for name, _ in commands()}


def test_a_link_between_pages_leads_somewhere() -> None:
    broken = []
    for file in pages():
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", file.read_text(encoding="utf-8")):
            if "://" not in link and not (file.parent / link).exists():
                broken.append(f"{file.relative_to(ROOT)}: {link}")
    assert broken == []


class Tour:
    """Runs README's commands in an empty folder, with values of its own for the reader's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env: dict[str, str] = {}
        self.latest: dict[str, str] = {}  # the latest decision of the demonstration
        lines = b'{"id":"a"\n{"id":"b"}\n'
        good = '{"id":"%s","source":"desk","type":"message-received","time":"2026-01-10T09:00:00Z",'
        good += '"identities":{"email":"ann@example.com"}}\n'
        self.file = (good % "m-1" + good % "m-2").encode() + lines

    def run(self, words: list[str]) -> Ran | None:
        """Run one command, if it is ours and quick."""
        match words:
            case ["export", setting]:
                name, _, value = setting.partition("=")
                self.env[name] = value
            case ["journey", "demo", *rest]:
                return self._journey("demo", *SMALL, *rest)
            case ["journey", "import", form, file, *rest] if file not in ("FILE", "-"):
                if not (self.folder / file).exists():
                    (self.folder / file).write_bytes(self.file)
                return self._journey("import", form, file, *rest)
            case ["journey", "find" | "timeline" | "explain" as asked, _, *rest]:
                return self._journey(asked, self._known(asked), *rest)
            case ["journey", *rest]:
                return self._journey(*rest)
            case ["python", "-m", "replay", *rest]:
                command = (sys.executable, "-m", "replay", *rest)
                return run(*command, env=self.env, cwd=self.folder)
        return None

    def _journey(self, *arguments: str) -> Ran:
        return run(*JOURNEY, *arguments, env=self.env, cwd=self.folder)

    def _known(self, asked: str) -> str:
        if not self.latest:
            self.latest = self._journey("decisions", "limit=1", "--json").json["decisions"][0]
        if asked != "find":
            return self.latest["decision_id" if asked == "explain" else "customer_id"][:12]
        moments = self._journey("timeline", self.latest["customer_id"], "--json").json["moments"]
        identities = (m["fact"].get("identities") for m in moments)
        return str(next(next(iter(named.values()))[0] for named in identities if named))


def test_the_tour_of_the_readme_runs(tmp_path: Path) -> None:
    tour, wrong, ran = Tour(tmp_path), [], 0
    for each in written_in(README.read_text(encoding="utf-8"), "README.md"):
        done = tour.run(each.words)
        if done is not None:
            ran += 1
            if done.code != 0:
                wrong.append(f"{each}: exit code {done.code}: {done.err[-500:]}")
            elif not done.out:
                wrong.append(f"{each}: says nothing")
    assert wrong == []
    assert ran >= 5, "README has no tour"


def test_the_reference_is_made_by_its_command(tmp_path: Path) -> None:
    file = tmp_path / "commands.md"
    ran = run(sys.executable, "-m", "journey.cli.reference", str(file))
    assert (ran.code, file.read_text(encoding="utf-8")) == (0, page())
