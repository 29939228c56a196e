"""``python -m journey.cli.reference``: the reference of all commands, as Markdown.

It is made from the commands themselves, so that page and program cannot disagree:
``python -m journey.cli.reference docs/commands.md`` writes the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

import journey.cli.commands  # noqa: F401 - brings every command
from journey.cli.app import cli
from journey.cli.exits import codes
from journey.cli.shapes import OTHERWISE, SHAPES, paths

HEAD = """\
# Commands

<!-- Made by: python -m journey.cli.reference docs/commands.md -->

Every command knows `--help`. Commands that answer take `--json`: the keys below are stable, and
[json.md](json.md) says what each means. Progress and refusals go to standard error.
"""


def commands(
    group: click.Group = cli, named: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its name behind ``journey``."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield " ".join((*named, name)), command
            yield from commands(command, (*named, name))
        else:
            yield " ".join((*named, name)), command


def page() -> str:
    """The whole page."""
    parts = [HEAD, *(_section(name, command) for name, command in commands())]
    rows = [f"| {code} | {about} |" for code, about in codes().items()]
    parts.append("\n".join(["## Exit codes\n", "| code | meaning |", "|---:|---|", *rows, ""]))
    return "\n".join(parts)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"journey {name}", **cli.context_settings)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## journey {name}", "", f"    journey {name} {usage}", ""]
    lines += [" ".join(text.split()) + "\n" for text in (command.help or "").split("\n\n")]
    lines += ["| option | meaning |", "|---|---|"]
    for parameter in command.params:
        told = parameter.get_help_record(context)
        if told:
            option, about = (" ".join(text.replace("|", "\\|").split()) for text in told)
            lines.append(f"| `{option}` | {about} |")
    lines.append("")
    for when, answer in (("", name), OTHERWISE.get(name, ("", ""))):
        if answer in SHAPES:
            keys = ", ".join(f"`{path}`" for path in paths(SHAPES[answer]))
            lines.append(f"With `--json`{when and f', {when}'}: {keys}.\n")
    return "\n".join(lines)


def main() -> None:
    """Write the page to the file that is named, else to standard output."""
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())


if __name__ == "__main__":
    main()
