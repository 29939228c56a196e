"""The command line: parse, call one function that returns data, print."""

from __future__ import annotations

import sys

STOPPED = 130  # what a shell makes of Ctrl-C


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Everything else is imported here, where Ctrl-C is understood."""
    try:
        from journey.cli.app import run

        code = run(arguments)
    except KeyboardInterrupt:
        sys.stderr.write(
            "\nStopped. What was acknowledged is kept; run the same command again to go on.\n"
        )
        code = STOPPED
    sys.exit(code)
