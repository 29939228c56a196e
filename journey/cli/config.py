"""Commands about ``journey.toml``, what a workspace's people say of their own business."""

from __future__ import annotations

from pathlib import Path

import msgspec

from journey.cli.app import CONTEXT, JSON, WORKSPACE, Context, cli
from journey.cli.show import out, print_json, table
from journey.config.events import EventType
from journey.config.file import NAME, load
from schemas.errors import NotFound


@cli.group()
def config() -> None:
    """The workspace's journey.toml: check it, show how it is read."""


@config.command()
@WORKSPACE
@JSON
@CONTEXT
def check(context: Context, workspace: Path | None, as_json: bool) -> None:
    """Say whether journey.toml is right; if not, where it is wrong and what may stand there."""
    folder = context.folder(workspace)
    found = load(folder)
    if not found.file:
        raise NotFound(f"There is no {folder / NAME}: write one, as docs/configuration.md shows.")
    if as_json:
        print_json({"file": found.file, "events": len(found.events.types)})
    else:
        told = f"{found.file} is right: {len(found.events.types)} event types."
        out.print(told, markup=False, highlight=False, soft_wrap=True)


@config.command()
@WORKSPACE
@JSON
@CONTEXT
def show(context: Context, workspace: Path | None, as_json: bool) -> None:
    """Show what journey.toml says, as it is read; nothing where there is no such file."""
    found = load(context.folder(workspace))
    if as_json:
        print_json({"file": found.file, "events": found.events.types})
        return
    show_declared(found.events.types)


def show_declared(types: tuple[EventType, ...]) -> None:
    """The declared types, a line for each property."""
    rows = []
    for type_ in types:
        head = {"type": type_.name, "about": type_.description}
        for name, told in type_.properties.items() or [("", None)]:
            rows.append(head | _told(name, msgspec.structs.asdict(told) if told else {}))
            head = {"type": "", "about": ""}
    table("Declared in journey.toml", rows, "No event type is declared in journey.toml.")


def _told(name: str, told: dict[str, object]) -> dict[str, object]:
    allowed = told.get("allowed")
    return {
        "property": name,
        "is": told.get("type", ""),
        "required": "yes" if told.get("required") else "",
        "stored": {True: "sealed", False: "in clear"}.get(bool(told["personal"])) if told else "",
        "allowed": ", ".join(map(str, allowed)) if isinstance(allowed, list) else "",
    }
