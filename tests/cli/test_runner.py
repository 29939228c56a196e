"""A command that hangs ends a test, and says where it hung."""

import os
import signal
import subprocess
import sys

import pytest

from tests.cli.runner import run, running

STARTS_ANOTHER = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("begun", flush=True)
def waits_for_ever():
    import threading
    threading.Event().wait()
waits_for_ever()
"""


def test_who_waits_for_a_command_that_hangs_is_told_where_it_hangs():
    with pytest.raises(AssertionError, match=r"still ran after 2 s[^$]*in waits_for_ever"):
        run(sys.executable, "-c", STARTS_ANOTHER, limit_s=2)


def test_what_is_read_of_a_command_that_hangs_ends():
    command = (sys.executable, "-c", STARTS_ANOTHER)
    with (
        pytest.raises(AssertionError, match="in waits_for_ever"),
        running(*command, stdout=subprocess.PIPE, limit_s=2) as child,
    ):
        assert child.process.stdout
        assert child.process.stdout.read() == b"begun\n", "the other one is gone as well"


def test_a_stopped_command_ends_as_well():
    with (
        pytest.raises(AssertionError, match="still ran after 1 s"),
        running(sys.executable, "-c", STARTS_ANOTHER, limit_s=1) as child,
    ):
        child.process.send_signal(signal.SIGSTOP)
        assert child.process.wait() == -signal.SIGKILL


def test_nothing_runs_on_when_a_test_fails():
    with (
        pytest.raises(ZeroDivisionError),
        running(sys.executable, "-c", STARTS_ANOTHER, stdout=subprocess.PIPE) as child,
    ):
        assert child.process.stdout
        assert child.process.stdout.readline() == b"begun\n"
        told = os.dup(child.process.stdout.fileno())
        raise ZeroDivisionError
    with open(told, "rb") as rest:  # noqa: PTH123 - a file that is open already
        assert rest.read() == b"", "nobody is left who could write there"


def test_ctrl_c_is_heard_whoever_started_the_tests():
    """Not ignored: what a process ignores, whatever it starts ignores too."""
    asked = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert run(sys.executable, "-c", asked).text == "True\n"
