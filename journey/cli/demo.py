"""``journey demo``: the main job on a generated sample, and what it found."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from journey import answers
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.cli.show import out, print_json, progress, table
from journey.importing import import_file, import_live
from journey.outreach.explaining import explain
from journey.sample import write_jsonl
from journey.settings import Settings
from journey.workspace import Folder, make
from schemas.errors import UsageError

RECIPE = "demo.json"  # in the workspace: what its sample was made with, so that it comes again

UNFINISHED = "demo.unfinished"  # there while the sample is fed: a simulation cannot be resumed


class Recipe(msgspec.Struct, frozen=True):
    """What a sample is made with. It ends on the day it was first made."""

    customers: int
    days: int
    seed: int
    start: datetime


# What the demo asks: title, query, parameters.
QUESTIONS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("Where customers stand now", "stages", {}),
    ("How soon people answer, by channel", "first-response", {"by": "channel"}),
    ("How conversations end", "resolution", {"by": "channel"}),
    ("What the trigger decided, by channel", "decisions", {"by": "channel"}),
    ("The latest decisions", "decision-list", {"limit": "3"}),
)


def run(
    folder: Path, settings: Settings, *, customers: int, days: int, seed: int, as_json: bool
) -> None:
    """Generate, feed, fold, decide, answer, verify; a second run adds nothing."""
    if (folder / UNFINISHED).exists():  # a demonstration was stopped here before its end
        Folder(folder).close()  # which nobody else uses
        shutil.rmtree(folder)
    make(folder, with_key=settings.master_key is None)
    with Workspace(folder, settings) as workspace:
        is_empty = not workspace.log.last_position()
    start = datetime.now(UTC) - timedelta(days)
    recipe = _recipe(folder, Recipe(customers, days, seed, start), is_empty=is_empty)
    with tempfile.TemporaryDirectory() as scratch:
        sample = Path(scratch) / "sample.jsonl"
        with sample.open("wb") as file:
            write_jsonl(file, **msgspec.structs.asdict(recipe))
        with progress("Feeding the sample") as shown:
            if is_empty:
                (folder / UNFINISHED).touch()
                counts = import_live(folder, settings, "jsonl", str(sample), shown)
                (folder / UNFINISHED).unlink()
            else:
                with Workspace(folder, settings) as workspace:
                    counts = import_file(workspace, "jsonl", str(sample), shown)
    with Workspace(folder, settings) as workspace:
        state = answers.status(workspace)
        found = {name: answers.query(workspace, name, given) for _, name, given in QUESTIONS}
        latest = found["decision-list"]
        why = explain(workspace, latest[0]["decision_id"]) if latest else None
        with progress("Verifying", state.records) as shown:
            report = verify_workspace(workspace, shown)
    if as_json:
        print_json(
            {"counts": counts, "status": state, "answers": found, "verified": report.is_clean}
        )
        return
    table("The sample", [_told(counts)], "")
    for title, name, _ in QUESTIONS:
        table(title, _narrow(found[name]), "Nothing.")
    if why is not None:
        out.print(f"Why {why.decision_id[:12]}: {why.reason}", highlight=False)
    verdict = "everything agrees" if report.is_clean else f"{len(report.findings)} differences"
    out.print(
        f"\n{state.events:,} touchpoints of {state.customers:,} customers. "
        f"The log was folded afresh and held against every state, row and decision: {verdict}.",
        highlight=False,
    )
    out.print(
        f"\nLook around:       journey timeline {why.customer_id[:12] if why else 'CUSTOMER'} "
        f"--workspace {folder}\n"
        f"All questions:     journey query\n"
        "Your own data:     journey init --workspace my-data\n"
        "                   journey import jsonl FILE --workspace my-data\n"
        "The form of FILE:  docs/jsonl.md",
        markup=False,
        highlight=False,
    )


def _recipe(folder: Path, wanted: Recipe, *, is_empty: bool) -> Recipe:
    """The recipe that the folder's sample was made with; the wanted one if it has none yet.

    Raises:
        UsageError: the folder holds other data.
    """
    note = folder / RECIPE
    if note.exists():
        return msgspec.json.decode(note.read_bytes(), type=Recipe)
    if not is_empty:
        raise UsageError(
            f"{folder} holds data of its own, which a sample would be mixed with for ever: "
            "name another folder with --workspace."
        )
    note.write_bytes(msgspec.json.encode(wanted))
    return wanted


def _told(counts: Any) -> dict[str, Any]:
    told = msgspec.structs.asdict(counts)
    del told["reasons"]
    return dict(told)


def _narrow(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the columns that a first look does not need."""
    left_out = {"min_s", "p25_s", "p75_s", "p95_s", "max_s", "mean_s", "action", "brand"}
    return [{name: v for name, v in row.items() if name not in left_out} for row in rows]
