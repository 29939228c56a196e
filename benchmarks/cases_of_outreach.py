"""The benchmarks of outreach: is it right, and what do triggers cost."""

from __future__ import annotations

from benchmarks.case import OURS, REFERENCE, Case, Figure, Side
from journey.sample.reach import files as reach

OF_OUTREACH = (
    Case(
        name="outreach",
        about="Planted outreach: each verdict of each trigger that ships, by the ledger.",
        runs=1,
        sides={OURS: Side("import_live of planted touchpoints, then log and outbox", "outreach")},
        figures=[
            Figure(name=f"{trigger}, disagreements", unit="people", key=trigger, floor=0)
            for trigger in reach.triggers()
        ],
        notes=[
            "A verdict agrees if its step, its microsecond, its guardrail or exit and its channel "
            "are those of the ledger. One that is in no ledger is a disagreement.",
            "So is what stands otherwise at the door, before somebody approves some or in the end.",
            "The facts tell of each trigger: people planted, reached, kept back by what.",
        ],
    ),
    Case(
        name="year",
        about="A year of the sample, lived through with all triggers that ship.",
        before=("make-year",),
        runs=1,
        is_long=True,
        sides={
            OURS: Side("append and fold, six hours at a time", "year", {"triggers": "all"}),
            REFERENCE: Side("the same without any trigger", "year", {"triggers": "none"}),
        },
        figures=[
            Figure(
                name="folding, CPU", unit="events/s", key="events_per_s", beside="events_per_s",
                more_is_better=True, floor=8_000, goal=25_000,
            ),
            Figure(name="folding", unit="µs/event", key="fold_us", beside="fold_us"),
            Figure(name="whole path", unit="µs/event", key="whole_us", beside="whole_us"),
            Figure(name="peak memory", unit="MiB", key="all_mib", beside="all_mib", floor=2_048),
            Figure(
                name="memory, last tenth by third", unit="ratio", key="memory_growth",
                beside="memory_growth", floor=1.1,
            ),
        ],
        notes=[
            "Seconds are the process's own: others on the machine count for little.",
            "Folding is all that the engine does: states, timers, decisions into the log, rows "
            "packed for the tables. Inserting them is part of the whole path alone.",
            "The facts tell of each tenth how many customers wait for a trigger, and how large a "
            "customer's state is.",
        ],
    ),
    Case(
        name="one-more",
        about="What one trigger more costs the whole path: none, all that ship, and all twice.",
        before=("make-year",),
        runs=1,
        is_long=True,
        sides={OURS: Side("a fifth of the people, sixty days, taking turns", "one-more")},
        figures=[
            Figure(name="one more", unit="%", key="one_more", floor=3, goal=1),
            Figure(name="each of all, beside none", unit="%", key="each_of_all", floor=3, goal=1),
            Figure(name="all of them, beside none", unit="%", key="all"),
        ],
        notes=[
            "What is decided and recorded is part of it: a trigger costs as much as it does.",
            "Of three turns each the least: CPU seconds grow with what others do to the caches.",
        ],
    ),
    Case(
        name="previews",
        about="journey trigger preview of each trigger that ships, from the first event on.",
        before=("make-workspace",),
        runs=1,
        sides={OURS: Side("preview, seconds of CPU", "previews")},
        figures=[
            Figure(
                name="the slowest that events start", unit="s", key="by_event", floor=60, goal=15
            ),
            Figure(
                name="the slowest that a stage or a pain starts", unit="s", key="by_finding",
                floor=60, goal=15,
            ),
        ],
        notes=["The facts tell of each: seconds by the clock, customers begun with and reached."],
    ),
)  # fmt: skip
