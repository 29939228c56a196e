"""The command ``journey``: its group, its common options, and how errors become exit codes."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from journey.cli.exits import FOREIGN, WRONG_USE, codes, exit_code, foreign
from journey.cli.show import err
from journey.memory import collect_rarely
from journey.settings import Settings, from_environment
from schemas.errors import JourneyError

POSITIVE = click.IntRange(min=1)
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
    lines = "\n".join(f"  {code:>3}  {about}" for code, about in codes().items())
    return f"\b\nExit codes:\n{lines}"


def _version() -> str:
    try:
        return version("journey-engine")
    except PackageNotFoundError:
        return "of a checkout that is not installed"


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_epilog())
@click.version_option(_version(), prog_name="journey")
def cli() -> None:
    """Event-sourced customer journeys: every touchpoint kept, understood, acted on and proved."""


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; every refusal is one sentence and an exit code.

    Returns:
        The exit code.
    """
    collect_rarely()  # loading all of it makes many objects, too
    import journey.cli.commands  # noqa: F401 - brings every command

    command: Callable[..., Any] = cli.main
    try:
        answer = command(arguments, prog_name="journey", standalone_mode=False)
        return answer if isinstance(answer, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()  # the help: what could be meant
        return error.exit_code
    except click.UsageError as error:
        told = " ".join(error.format_message().split()).rstrip(".")
        _refuse(f"{told}: see '{error.ctx.command_path if error.ctx else 'journey'} -h'.")
        return WRONG_USE
    except click.Abort:
        raise KeyboardInterrupt from None
    except JourneyError as error:
        _refuse(str(error))
        return exit_code(error)
    except FOREIGN as error:
        code, told = foreign(error)
        _refuse(told)
        return code


def _refuse(sentence: str) -> None:
    err.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
