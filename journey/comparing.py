"""Other rules over the same history, without publishing them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby, islice
from operator import itemgetter

from journey.bootstrap import Workspace
from projections.configuration import Configuration, configuration
from replay.stages import StageComparison, compare_stages
from schemas.recorded import Recorded

AT_ONCE = 200  # customers whose events are read together


def compare_stage_rules(
    workspace: Workspace, other: Configuration, done: Callable[[int], None] = lambda _: None
) -> StageComparison:
    """The stages of all customers under the rules in force and under others.

    Args:
        done: told how many customers more were folded.

    Raises:
        WorkspaceError: workers fold the log, and have the states.
    """
    workspace.needs_states()
    workspace.catch_up_if_possible()
    until = int(workspace.store.progress().get("meaning", 0))
    now = configuration(workspace.rules.document)
    return compare_stages(_customers(workspace, done), now, other, until)


def _customers(
    workspace: Workspace, done: Callable[[int], None]
) -> Iterator[tuple[bytes, list[Recorded]]]:
    """Every customer of today with their events, a few customers in memory at a time."""
    groups = groupby(workspace.store.histories(), key=itemgetter(0))
    told = ((customer, [position for _, position in own]) for customer, own in groups)
    while batch := list(islice(told, AT_ONCE)):
        events = iter(workspace.log.at([p for _, positions in batch for p in positions]))
        for customer, positions in batch:
            yield customer, list(islice(events, len(positions)))
        done(len(batch))
