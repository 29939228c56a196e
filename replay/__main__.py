"""``python -m replay verify FILE.avro``: prove an exported log without the engine or its keys."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from replay.file import verify_file
from schemas.errors import JourneyError, UsageError


def main(arguments: list[str] | None = None) -> int:
    """Run; the exit code is 0 if the file proves itself, 1 if not, 2 or 3 if it cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m replay", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="recompute an export and compare")
    verify.add_argument("file", type=Path)
    verify.add_argument("--json", action="store_true", help="answer as JSON")
    given = parser.parse_args(arguments)
    try:
        with given.file.open("rb") as file:
            report = verify_file(file)
    except OSError as error:
        print(f"{given.file} cannot be read ({error.strerror}): check the path.", file=sys.stderr)
        return 3
    except UsageError as error:
        print(f"{given.file}: {error}", file=sys.stderr)
        return 2
    except JourneyError as error:
        print(error, file=sys.stderr)
        return 9
    if given.json:
        answer = msgspec.structs.asdict(report) | {"clean": report.is_clean}
        print(msgspec.json.encode(answer).decode())
    else:
        for finding in report.findings:
            print(finding)
        verdict = "everything agrees" if report.is_clean else f"{len(report.findings)} differences"
        print(f"{report.events} events of {report.customers} customers replayed: {verdict}.")
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
