"""Verification of an open workspace: the engine catches up, then everything is held together."""

from __future__ import annotations

from collections.abc import Callable

from journey.bootstrap import Workspace
from journey.verify import Report, verify
from replay.customer import Watermarks


def verify_workspace(
    workspace: Workspace, after_each: Callable[[int], None] = lambda _: None
) -> Report:
    """Verify what the workspace holds once its engine is where the log is."""
    workspace.engine.catch_up()
    workspace.engine.flush()
    progress = workspace.store.progress()
    watermarks = Watermarks(int(progress.get("meaning", 0)), int(progress.get("decisions", 0)))
    return verify(
        workspace.folder.log,
        workspace.folder.states,
        workspace.log.partitions,
        workspace.log.last_position(),
        workspace.configuration,
        watermarks,
        workspace.analytics,
        after_each,
    )
