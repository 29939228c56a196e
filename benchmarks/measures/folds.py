"""What each projection costs: the folds of many customers, with a watch around each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from time import perf_counter, perf_counter_ns
from typing import Any

from benchmarks.child import Answer, Given
from benchmarks.measures.whole_path import workspace_folder
from journey.bootstrap import Workspace
from journey.settings import Settings
from projections.fold import refold_meaning, refolded
from projections.meaning import Meaning
from projections.projection import AnyProjection
from projections.rulebook import Rulebook

CUSTOMERS = 5_000
IDLE = 200_000  # calls of nothing, by which the watch itself is known


class _Watch:
    """How long a projection's steps took, those that it makes others take left out."""

    def __init__(self) -> None:
        self.ns = self.calls = 0

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """The step, timed."""

        def timed(*given: Any) -> Any:
            begun = perf_counter_ns()
            done = step(*given)
            self.ns += perf_counter_ns() - begun
            self.calls += 1
            return done

        return timed


def _timed(projection: AnyProjection, watch: _Watch) -> AnyProjection:
    return replace(
        projection,
        evolve=watch.around(projection.evolve),
        on_time=watch.around(projection.on_time),
        hears={sign: watch.around(hear) for sign, hear in projection.hears.items()},
    )


def journey(given: Given) -> Answer:
    """Fold customers of the workspace, plain and then with watches."""
    with Workspace(workspace_folder(given.folder, given.size), Settings()) as workspace:
        store, log, until = workspace.store, workspace.log, workspace.engine.meaning
        some = islice(store.saved(b"", None), CUSTOMERS)
        histories = [(s.customer_id, log.at(store.positions(s.customer_id))) for s in some]
        document = workspace.configuration
    events = sum(len(told) for _, told in histories)
    rules = Rulebook(document)
    begun = perf_counter()
    for customer, told in histories:
        refold_meaning(rules, customer, told, until)
    whole = perf_counter() - begun
    watches = {projection.name: _Watch() for projection in rules.meaning}
    rules.meaning = Meaning(_timed(p, watches[p.name]) for p in rules.meaning)
    for customer, told in histories:
        refolded(rules, customer, told, until)
    idle = _Watch()
    nothing = idle.around(lambda: None)
    for _ in range(IDLE):
        nothing()
    own = idle.ns / idle.calls
    each = {name: (w.ns - w.calls * own) / events / 1e3 for name, w in watches.items()}
    figures = {"all": whole * 1e6 / events, **each}
    figures["between"] = figures["all"] - sum(each.values())
    calls = {name: round(w.calls / events, 3) for name, w in watches.items()}
    facts = {"events": events, "customers": len(histories), "steps_per_event": calls}
    return Answer(figures, facts)
