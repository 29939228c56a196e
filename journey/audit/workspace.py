"""Verification of an open workspace: the engine catches up, then everything is held together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from journey.audit.verify import Report, verify
from journey.bootstrap import Workspace
from journey.engine.engine import Engine
from journey.engine.store import StateStore
from replay.customer import Watermarks
from replay.findings import Finding, Kind
from schemas.errors import ContractError, IntegrityError, NotFound, WorkspaceError


def verify_workspace(
    workspace: Workspace, after_each: Callable[[int], None] = lambda _: None
) -> Report:
    """Verify what the workspace holds once its engine is where the log is.

    An engine that cannot get there, because something is damaged, is a finding beside the others.
    """
    if workspace.folder.has_workers:
        return _verify_workers(workspace, after_each)
    refused = ""
    try:
        workspace.engine.catch_up()
        workspace.engine.flush()
    except (ContractError, IntegrityError, NotFound, msgspec.DecodeError) as error:
        refused = str(error)
    progress = workspace.store.progress()
    watermarks = Watermarks(int(progress.get("meaning", 0)), int(progress.get("decisions", 0)))
    report = verify(
        workspace.folder.log,
        workspace.folder.states,
        workspace.log.partitions,
        workspace.log.last_position(),
        workspace.configuration,
        watermarks,
        workspace.analytics,
        after_each,
    )
    if refused:
        expected = "a log and states that can be folded on"
        report.findings.append(
            Finding(kind=Kind.STATE, where="engine", expected=expected, found=refused)
        )
    return report


def _verify_workers(workspace: Workspace, after_each: Callable[[int], None]) -> Report:
    """The tables that workers filled, held against states that are folded for this alone.

    Time is where the log promised it to be last. Workers who have not come there yet show as rows
    that are missing or other.

    Raises:
        WorkspaceError: they were made under other rules.
    """
    analytics, log = workspace.analytics, workspace.log
    if workspace.is_outdated:
        raise WorkspaceError(
            "Workers made these tables under another configuration or other rules, so nothing can "
            "be held against them: let workers fill an empty database, then name that one in "
            "JOURNEY_CLICKHOUSE."
        )
    last, now = log.last_position(), log.last_recorded_at
    with TemporaryDirectory(prefix="journey-verify-") as scratch:
        states = Path(scratch) / "state.db"
        store = StateStore(str(states))
        Engine(log, store, None, workspace.configuration).refold(last, now, now)
        store.close()
        return verify(
            workspace.folder.log,
            states,
            log.partitions,
            last,
            workspace.configuration,
            Watermarks(now, now),
            analytics,
            after_each,
        )
