"""Help: every command and option says what it does, without a workspace and without running."""

import click
import pytest
from click.testing import CliRunner

from journey.cli.app import cli
from journey.cli.exits import EXITS, codes, exit_code
from journey.cli.reference import commands
from schemas.errors import JourneyError
from tests.cli.runner import journey

COMMANDS = dict(commands())


def test_there_are_the_commands_that_were_ordered() -> None:
    ordered = "init demo import status find timeline query decisions explain corrections verify"
    assert set(ordered.split()) | {"rebuild", "export"} <= COMMANDS.keys()
    assert {"quarantine list", "quarantine show", "quarantine redrive"} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_its_options_have_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help and command.help[0].isupper()
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts}"
    shown = CliRunner().invoke(cli, [*name.split(), "-h"], prog_name="journey")
    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: journey {name}")


def test_the_help_lists_all_commands_and_exit_codes() -> None:
    ran = journey("--help")
    assert (ran.code, ran.err) == (0, "")
    for name in cli.commands:
        assert f"\n  {name} " in ran.text
    for code, about in codes().items():
        assert any(line.split(maxsplit=1) == [str(code), about] for line in ran.text.splitlines())


def test_the_version_is_told() -> None:
    ran = journey("--version")
    assert (ran.code, ran.err) == (0, "")
    assert ran.text.startswith("journey, version ")


def test_every_error_has_an_exit_code_of_its_own_kind() -> None:
    def kinds(kind: type[JourneyError]) -> set[type[JourneyError]]:
        return {kind}.union(*(kinds(each) for each in kind.__subclasses__()))

    for kind in kinds(JourneyError):
        error = kind.__new__(kind)
        assert exit_code(error) == next(EXITS[each][0] for each in kind.__mro__ if each in EXITS)
