"""What pm4py's token replay makes of a log: run by the Python of ``.venv-pm4py``, never imported.

``pm4py_replay.py LOG DESIGNS ANSWER``: LOG is XES, DESIGNS a JSON file of lists of steps, each with
its ``names``, whether it ``is_optional`` and whether it ``repeats``. ANSWER gets, for each design
and case, consumed, missing, remaining and produced tokens, and whether it is fit.
"""

import json
import sys
from typing import Any

import pm4py  # type: ignore[import-not-found] # is in a venv of its own
from pm4py.objects.petri_net.obj import (  # type: ignore[import-not-found] # the same
    Marking,
    PetriNet,
)
from pm4py.objects.petri_net.utils import (  # type: ignore[import-not-found] # the same
    petri_utils,
)


def main(log: str, designs: str, answer: str) -> None:
    with open(designs, encoding="utf-8") as told:  # noqa: PTH123 - plain, as tools are
        all_steps = json.load(told)
    frame = pm4py.read_xes(log, variant="iterparse")
    names = list(dict.fromkeys(frame["case:concept:name"]))
    found = [dict(zip(names, replayed(frame, steps), strict=True)) for steps in all_steps]
    with open(answer, "w", encoding="utf-8") as out:  # noqa: PTH123 - plain, as tools are
        json.dump(found, out, default=int)


def replayed(frame: Any, steps: list[dict[str, Any]]) -> list[list[Any]]:
    """Tokens of each case, in the log's order."""
    net = PetriNet("designed")
    places = [PetriNet.Place(f"p{n}") for n in range(len(steps) + 1)]
    for place in places:
        net.places.add(place)

    def lead(name: str, label: str | None, start: int, end: int) -> None:
        transition = PetriNet.Transition(name, label)
        net.transitions.add(transition)
        petri_utils.add_arc_from_to(places[start], transition, net)
        petri_utils.add_arc_from_to(transition, places[end], net)

    for n, step in enumerate(steps):
        for name in step["names"]:
            lead(f"{n} {name}", name, n, n + 1)
            if step["repeats"]:
                lead(f"{n} {name} again", name, n + 1, n + 1)
        if step["is_optional"]:
            lead(f"{n} passed over", None, n, n + 1)
    found = pm4py.conformance_diagnostics_token_based_replay(
        frame, net, Marking({places[0]: 1}), Marking({places[-1]: 1})
    )
    kinds = ("consumed", "missing", "remaining", "produced")
    return [
        [*(each[f"{kind}_tokens"] for kind in kinds), bool(each["trace_is_fit"])] for each in found
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
