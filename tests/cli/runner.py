"""Runs ``journey`` as a process of its own: real exit codes, real standard error.

Nothing here waits for ever. A command that does not end in ``LIMIT_S`` is told to show where each
of its threads stands, is killed with all that it started, and fails the test with what it said.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Timer
from typing import IO, Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
JOURNEY = (sys.executable, "-c", "from journey.cli import main; main()")
LIMIT_S = 180
STACKS_S = 3  # for a process to write down its stacks
SHOWN_CHARS = 20_000


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


class Running(NamedTuple):
    """A command that goes on while a test does something else."""

    process: subprocess.Popen[bytes]
    said: IO[bytes]

    @property
    def err(self) -> str:
        """What it wrote to standard error until now."""
        file = self.said.fileno()  # whose place the command writes at: it stays where it is
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEY_")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1"} | dict(more or {})


@contextmanager
def running(
    *command: str,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    limit_s: float = LIMIT_S,
) -> Iterator[Running]:
    """A command beside the test; at the end it is gone, and all that it started.

    Raises:
        AssertionError: it did not end in time. Whatever waits for it then finds it dead.
    """
    is_late = Event()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=said,
            env=environment(env),
            cwd=cwd or ROOT,
            start_new_session=True,
        )

        def abort() -> None:
            is_late.set()
            _signal(process, signal.SIGABRT)  # the fault handler writes down all stacks
            with suppress(subprocess.TimeoutExpired):
                process.wait(STACKS_S)
            _signal(process, signal.SIGKILL)

        watch = Timer(limit_s, abort)
        watch.daemon = True
        watch.start()
        child = Running(process, said)
        try:
            yield child
        finally:
            watch.cancel()
            if is_late.is_set():
                watch.join()
            _signal(process, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
            if is_late.is_set():
                told = f"{command} still ran after {limit_s} s:\n{child.err[-SHOWN_CHARS:]}"
                raise AssertionError(told)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """To the command and to what it started, which may outlive it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def run(
    *command: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    limit_s: float = LIMIT_S,
) -> Ran:
    """Any command, to its end."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with running(*command, **pipes, env=env, cwd=cwd, limit_s=limit_s) as child:
        out, _ = child.process.communicate(stdin)
        return Ran(child.process.returncode, out, child.err)


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
