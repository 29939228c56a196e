"""What a trigger that starts by a watch may say: a figure is of many customers, not of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from projections.configuration.section import Complaint

OF_MANY: Final = "a figure of many customers"
# Keys of a trigger that ask for one customer, or for what is sent to one.
_OF_ONE = ("when", "exits", "stale_after", "holdout", "audience_max", "needs")


def complaints(trigger: Any, usual: Any) -> Iterator[Complaint]:
    """What means nothing where a figure that crosses its line starts a trigger.

    Args:
        trigger: a ``Trigger`` whose start has a ``watch``.
        usual: one with nothing but defaults.
    """
    if trigger.action == usual.action:
        wrong = f"{usual.action} means nothing of {OF_MANY}: write alert_team or open_action"
        yield Complaint(("action",), wrong)
    for key in trigger.start.__struct_fields__:
        if key != "watch" and getattr(trigger.start, key) != getattr(usual.start, key):
            yield Complaint(("start", key), f"means nothing beside watch: {OF_MANY} starts it")
    for key in _OF_ONE:
        if getattr(trigger, key) != getattr(usual, key):
            yield Complaint((key,), f"means nothing of a watch: {OF_MANY} starts it")
    if trigger.again == "once":
        wrong = "is once: a figure may cross its line again; leave it out, or write again_after"
        yield Complaint(("again",), wrong)
    for n, step in enumerate(trigger.steps):
        if n:
            wrong = "is too much: a crossing is told once; write one step, another trigger beside"
            yield Complaint(("steps", str(n)), wrong)
            break
        for key in ("after", "when"):
            if getattr(step, key):
                yield Complaint(("steps", "0", key), "means nothing of a watch: it is told at once")
