"""Runs ``journey`` as a process of its own: real exit codes, real standard error."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
JOURNEY = (sys.executable, "-c", "from journey.cli import main; main()")
TIMEOUT_S = 120


class Ran(NamedTuple):
    """What a user sees of a command that ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEY_")}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(more or {})


def run(
    *command: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Ran:
    """Any command, to its end."""
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        env=environment(env),
        cwd=cwd or ROOT,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def journey(
    *arguments: str | Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Ran:
    """One ``journey`` command, to its end."""
    return run(*JOURNEY, *map(str, arguments), stdin=stdin, env=env, cwd=cwd)


def answer(*arguments: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Any:
    """What a command that must succeed answers with ``--json``."""
    ran = journey(*arguments, "--json", stdin=stdin, env=env)
    assert ran.code == 0, f"{arguments}: exit code {ran.code}\n{ran.err}"
    return ran.json


def init(folder: Path, env: Mapping[str, str] | None = None) -> Path:
    """A new workspace."""
    assert answer("init", "--workspace", folder, env=env)["made"]
    return folder


def assert_one_sentence(ran: Ran, code: int, *words: str) -> None:
    """A refusal: the right code, one sentence with these words, nothing else."""
    assert ran.code == code, f"exit code {ran.code}\n{ran.err}"
    lines = ran.err.splitlines()
    assert len(lines) == 1, ran.err
    assert "Traceback" not in ran.err
    assert lines[0].endswith(".")
    for word in words:
        assert word in lines[0]
