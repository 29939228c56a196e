"""What pm4py makes of a log: run by the Python of ``.venv-pm4py``, and never imported.

``pm4py_tool.py FORM LOG AGAIN ANSWER``: reads LOG, writes it to AGAIN, and to ANSWER what it found.
"""

import json
import sys
from typing import Any

import pm4py  # type: ignore[import-not-found] # is in a venv of its own


def main(form: str, log: str, again: str, answer: str) -> None:
    if form == "xes":
        # Its usual reader takes character references as they stand, and letters of several bytes
        # apart; this one reads XML.
        frame = pm4py.read_xes(log, variant="iterparse")
        pm4py.write_xes(frame, again)
        types = {}
    else:
        ocel = pm4py.read_ocel2_json(log)
        types = ocel.objects["ocel:type"].value_counts().to_dict()
        frame = pm4py.ocel_flattening(ocel, "customer")
        pm4py.write_ocel2_json(ocel, again)
    cases: dict[str, list[Any]] = {}
    columns = ("case:concept:name", "concept:name", "time:timestamp")
    for case, activity, at in zip(*(frame[name] for name in columns), strict=True):
        cases.setdefault(case, []).append([activity, at.isoformat()])
    follows, starts, ends = pm4py.discover_dfg(frame)
    told = {
        "cases": cases,
        "follows": [[*pair, n] for pair, n in follows.items()],
        "starts": starts,
        "ends": ends,
        "types": types,
    }
    with open(answer, "w", encoding="utf-8") as out:  # noqa: PTH123 - plain, as tools are
        json.dump(told, out, default=int)


if __name__ == "__main__":
    main(*sys.argv[1:])
