"""Previews of the triggers that ship, over the workspace of the whole path."""

from __future__ import annotations

from time import perf_counter, process_time

from benchmarks.child import Answer, Given
from benchmarks.measures.outreach import SHIPPED
from benchmarks.measures.whole_path import workspace_folder
from journey.bootstrap import Workspace
from journey.config.file import parse
from journey.previewing import preview
from journey.settings import Settings


def journey(given: Given) -> Answer:
    """Preview each trigger from the first event on; seconds of CPU, and of the clock as facts."""
    rules = parse(SHIPPED.read_text(encoding="utf-8")).rules
    figures: dict[str, float] = {}
    facts: dict[str, object] = {}
    with Workspace(workspace_folder(given.folder, given.size), Settings()) as workspace:
        workspace.engine.catch_up()
        until = workspace.log.last_recorded_at
        for name in rules.triggers:
            wall, cpu = perf_counter(), process_time()
            found = preview(workspace, rules, name, 0, until)
            figures[name] = process_time() - cpu
            facts[name] = {
                "clock_s": round(perf_counter() - wall, 1),
                "began": found.began,
                "reached": found.reached,
            }
        facts["touchpoints"] = given.size.events
        facts["customers"] = workspace.store.customers()
    seconds = {True: 0.0, False: 0.0}
    for name, trigger in rules.triggers.items():
        is_by_event = bool(trigger.start.events)
        seconds[is_by_event] = max(seconds[is_by_event], figures[name])
    figures |= {"by_event": seconds[True], "by_finding": seconds[False]}
    return Answer(figures, facts)
