"""How well planted pains are found: precision and recall of each kind, by the ledger alone."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.child import Answer, Given
from journey.answers import find, table
from journey.bootstrap import Workspace
from journey.importing import import_file
from journey.sample.planted.files import CASE, PlantedPains, plant
from journey.settings import Settings
from journey.workspace import make

SEED = 7
EACH, EACH_QUICK = 200, 50

Found = dict[str, set[tuple[str, str]]]  # kind -> customer and when it began


class Score(msgspec.Struct, frozen=True):
    """How well a kind was found.

    Args:
        planted: pains in the ledger; ``found``: rows; ``both``: of one customer at one time.
    """

    planted: int
    found: int
    both: int

    @property
    def precision(self) -> float:
        """The share of what was found that was planted."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of what was planted that was found."""
        return self.both / self.planted if self.planted else 1.0


def journey(given: Given) -> Answer:
    """Plant, import, compare."""
    each = EACH_QUICK if given.size.is_quick else EACH
    folder = given.folder / "pains"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    planted = plant(folder / "planted.jsonl", each, SEED)
    scores = held(planted, folder / "workspace")
    figures: dict[str, float] = {}
    for kind, score in scores.items():
        figures |= {f"{kind} precision": score.precision, f"{kind} recall": score.recall}
    facts: dict[str, Any] = {"events": planted.events, "late": planted.late, "of each": each}
    return Answer(figures, facts | {kind: msgspec.structs.asdict(s) for kind, s in scores.items()})


def held(planted: PlantedPains, folder: Path) -> dict[str, Score]:
    """What is found in a sample, held against its ledger, kind by kind.

    Args:
        folder: of a workspace that is made for it.
    """
    make(folder, with_key=True)
    shutil.copy(planted.settings, folder / "journey.toml")
    told = _told(Path(planted.ledger))
    with Workspace(folder, Settings()) as workspace:
        counts = import_file(workspace, "jsonl", planted.file)
        assert counts.appended == planted.events, f"{counts}"
        found: Found = defaultdict(set)
        doubles: Counter[str] = Counter()
        for row in table(workspace, "pains").to_pylist():
            key = (row["customer_id"], row["began_at"].isoformat())
            doubles[row["kind"]] += key in found[row["kind"]]
            found[row["kind"]].add(key)
        expected: Found = {
            kind: {(find(workspace, who)[0], when) for who, when in pains}
            for kind, pains in told.items()
        }
    return {
        kind: Score(
            len(expected[kind]),
            len(found[kind]) + doubles[kind],
            len(expected[kind] & found[kind]),
        )
        for kind in sorted(expected | found)
    }


def _told(ledger: Path) -> Found:
    """The pains of a ledger."""
    found: Found = defaultdict(set)
    for line in ledger.read_bytes().splitlines():
        entry = msgspec.json.decode(line)
        if entry["what"] == CASE:
            when = entry["time"].replace("Z", "+00:00")
            found[entry["kind"]].add((entry["customer"], when))
    return found
