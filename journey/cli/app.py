"""The command ``journey``: its group, its common options, and how errors become exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from journey.cli.exits import EXITS, exit_code
from journey.cli.show import err
from journey.settings import Settings, from_environment
from schemas.errors import JourneyError

JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON with stable keys.")
WORKSPACE = click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    default=None,
    help="The workspace folder (else JOURNEY_WORKSPACE, else ./journey-data).",
)


class Context:
    """What every command needs: the settings, read when the first command asks."""

    def __init__(self) -> None:
        self.settings: Settings = from_environment()

    def folder(self, given: Path | None) -> Path:
        """The workspace folder that is meant."""
        return given or self.settings.workspace


CONTEXT = click.make_pass_decorator(Context, ensure=True)


def _epilog() -> str:
    codes = {0: "done", 1: "verify found differences"}
    codes |= {code: about for code, about in sorted(EXITS.values())}
    lines = "\n".join(f"  {code:>2}  {about}" for code, about in sorted(codes.items()))
    return f"\b\nExit codes:\n{lines}"


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_epilog())
@click.version_option(package_name="journey-engine", prog_name="journey")
def cli() -> None:
    """Event-sourced customer journeys: every touchpoint kept, understood, acted on and proved."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every refusal is one sentence and an exit code."""
    from journey.cli import asking, making, proving  # noqa: F401, PLC0415 - they add their commands

    run: Callable[..., Any] = cli.main
    try:
        run(arguments, prog_name="journey", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        err.print("Stopped. What was acknowledged is kept; run the same command again to go on.")
        sys.exit(130)
    except JourneyError as error:
        err.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(exit_code(error))
