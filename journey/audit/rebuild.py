"""``journey rebuild``: states and tables made again from the log beside the old, then switched.

The new state file is the switch: until it replaces the old one the old generation is in use, and
after a kill in the middle the half-made one is thrown away. Events that the old engine had not
folded yet are decided about as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from journey.bootstrap import Workspace
from journey.engine.engine import Engine
from journey.engine.store import Commit, Correction, StateStore


class Rebuilt(msgspec.Struct, frozen=True):
    """What was made: from how many events, and as which generation of tables."""

    events: int
    customers: int
    generation: int


def rebuild(workspace: Workspace, after_each: Callable[[int], None] = lambda _: None) -> Rebuilt:
    """Fold the whole log again and switch to the result.

    Nothing is decided anew about what was folded before: what a changed rule would do to history is
    a question for a replay.

    Args:
        after_each: told how many events each batch had.

    Raises:
        WorkspaceError: workers fold the log.
    """
    workspace.needs_states()
    old = workspace.store.progress()
    generation = int(old.get("generation", 1)) + 1
    beside = workspace.folder.path / "state.next.db"
    _remove(beside)
    tables, place = workspace.next_tables(generation)
    store = StateStore(str(beside))
    # Without the old states time is brought to where the log last promised it to be.
    until = int(old.get("until", 0)) if old else workspace.log.last_recorded_at
    progress = {"generation": generation, "until": until, **place}
    store.commit(Commit([], [], [], [], [], _in_order(workspace.store), progress))
    engine = Engine(workspace.log, store, tables, workspace.configuration, tables=workspace.tables)
    engine.refold(
        min(int(old.get("checkpoint", 0)), workspace.log.last_position()),
        int(old.get("meaning", 0)),
        int(old.get("decisions", 0)),
        after_each,
    )
    engine.catch_up(after_each=after_each)
    engine.flush()
    tables.settle()
    customers, events = store.customers(), workspace.log.last_position()
    store.close()
    workspace.replace_states(beside, generation)
    return Rebuilt(events, customers, generation)


def _in_order(store: StateStore) -> list[Correction]:
    return list(reversed(list(store.corrections(2**31))))


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        (path.parent / name).unlink(missing_ok=True)
