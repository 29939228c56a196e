"""What every `Analytics` promises of flows, and of paths over stages, channels, conversations."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby, pairwise

import pytest

from projections.tables import CONVERSATIONS, STAGES, TOUCHPOINTS
from schemas.times import SECOND
from tests.contracts.analytics_paths import Histories, histories, paths, rows
from tests.contracts.analytics_rows import T0, block, row

Edge = tuple[int, str, str]


def edges(names: list[str], begin: str, end: str, length: int) -> Iterator[Edge]:
    """The arrows of one case; none if it lacks what it should begin or end with."""
    if begin:
        if begin not in names:
            return
        names = names[names.index(begin) :]
    if end:
        behind = 1 if begin else 0
        if end not in names[behind:]:
            return
        names = names[: names.index(end, behind) + 1]
    if end and not begin:
        shown = names[-length:]
        shown = shown if len(shown) == length else ["(began)", *shown]
        yield from ((n - len(shown) + 1, a, b) for n, (a, b) in enumerate(pairwise(shown)))
        return
    shown = names[:length]
    if not end and len(shown) < length:
        shown = [*shown, "(ended)"]
    yield from ((n + 1, a, b) for n, (a, b) in enumerate(pairwise(shown)))


def flow(
    told: Histories, cases: str, begin: str, end: str, length: int, merges: bool
) -> tuple[Counter[Edge], Counter[Edge]]:
    """How many cases, and how many of their customers, take each arrow."""
    found, whose = Counter[Edge](), set()
    for customer, events in paths(told, cases, 2 * SECOND):
        names = [event.activity for event in events]
        if merges:
            names = [name for name, _ in groupby(names)]
        for edge in edges(names, begin, end, length):
            found[edge] += 1
            whose.add((customer, edge))
    return found, Counter(edge for _, edge in whose)


class FlowContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.mark.parametrize("repeats", ["keep", "merge"])
    @pytest.mark.parametrize("cases", ["customer", "session"])
    @pytest.mark.parametrize(
        ("begin", "end"), [("", ""), ("a", ""), ("", "d"), ("a", "d"), ("a", "a")]
    )
    @pytest.mark.parametrize("length", [2, 5])
    def test_flows_against_python(self, ready, length, begin, end, cases, repeats):
        told = histories(seed=7)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        given = {"from": begin, "to": end, "length": length, "cases": cases, "gap": "2 s"}
        found = ready.query("flow", given | {"repeats": repeats}).to_pylist()
        expected, customers = flow(told, cases, begin, end, length, repeats == "merge")
        assert {(f["step"], f["source"], f["target"]): f["n"] for f in found} == expected
        whole = sum(n for (step, _, _), n in expected.items() if abs(step) == 1)
        leaving = Counter[tuple[int, str]]()
        for (step, source, _), n in expected.items():
            leaving[step, source] += n
        for f in found:
            assert f["customers"] == customers[f["step"], f["source"], f["target"]]
            assert f["share"] == f["n"] / leaving[f["step"], f["source"]]
            assert f["share_of_all"] == f["n"] / whole

    def test_as_many_come_as_go_on(self, ready):
        ready.insert(block(TOUCHPOINTS, rows(histories(seed=8))), 1)
        found = ready.query("flow", {"length": 4}).to_pylist()
        for step in (2, 3):
            came = Counter[str]()
            went = Counter[str]()
            for f in found:
                if f["step"] == step - 1 and f["target"] != "(ended)":
                    came[f["target"]] += f["n"]
                if f["step"] == step:
                    went[f["source"]] += f["n"]
            assert came == went

    def test_rarer_steps_share_a_name(self, ready):
        told = histories(seed=9)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        often = Counter(e.activity for events in told.values() for e in events)
        named = {name for name, _ in sorted(often.items(), key=lambda one: (-one[1], one[0]))[:2]}
        kept = {"from": "x", "shown": 2, "length": 9}
        found = ready.query("flow", kept).to_pylist()
        assert {f["source"] for f in found} <= named | {"(rarer)", "x"}
        assert {f["source"] for f in found} >= {"(rarer)", "x"}
        whole = ready.query("flow", kept | {"shown": 0}).to_pylist()
        assert sum(f["n"] for f in found) == sum(f["n"] for f in whole)

    def test_paths_over_channels_and_either_of_two(self, ready):
        told = histories(seed=10)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        follows = Counter(
            (a.channel, b.channel) for events in told.values() for a, b in pairwise(events)
        )
        found = ready.query("directly-follows", {"of": "channel"}).to_pylist()
        assert {(f["from"], f["to"]): f["n"] for f in found} == follows
        either = ready.query("flow", {"from": "a|b", "length": 2}).to_pylist()
        assert {f["source"] for f in either} == {"a", "b"}
        begun = [
            next((e.activity for e in events if e.activity in "ab"), None)
            for events in told.values()
        ]
        assert sum(f["n"] for f in either) == sum(name is not None for name in begun)

    def test_paths_over_stages(self, ready):
        stages = {
            "01": ["awareness", "consideration", "awareness"],
            "02": ["awareness"],
            "03": ["awareness", "purchase"],
        }
        ready.insert(
            block(
                STAGES,
                [
                    # all at one time: the ordinal alone tells their order
                    row(STAGES, customer_id=who, entered_at=T0, ordinal=n + 1, stage=stage)
                    for who, passed in stages.items()
                    for n, stage in enumerate(passed)
                ],
            ),
            1,
        )
        ready.insert(block(TOUCHPOINTS, rows(histories(seed=11))), 1)
        given = {"of": "stage"}
        found = ready.query("top-paths", given).to_pylist()
        assert {f["path"]: f["n"] for f in found} == {" > ".join(s): 1 for s in stages.values()}
        matrix = ready.query("step-matrix", given | {"length": 2}).to_pylist()
        assert {(m["step"], m["activity"]): m["n"] for m in matrix} == {
            (1, "awareness"): 3,
            (2, "consideration"): 1,
            (2, "purchase"): 1,
            (2, "(ended)"): 1,
        }
        drawn = ready.query("flow", given | {"length": 2}).to_pylist()
        assert {(f["source"], f["target"]) for f in drawn} == {
            ("awareness", "consideration"),
            ("awareness", "purchase"),
            ("awareness", "(ended)"),
        }
        # A stage belongs to no channel, direction or conversation: nothing of it lies in one.
        for more in ({"channel": "web"}, {"direction": "inbound"}, {"cases": "conversation"}):
            assert ready.query("top-paths", given | more).num_rows == 0

    def test_paths_over_conversations(self, ready):
        told = [("01", 1, "chat"), ("01", 2, "email"), ("02", 1, "chat"), ("02", 3, "chat")]
        ready.insert(
            block(
                CONVERSATIONS,
                [
                    row(
                        CONVERSATIONS,
                        customer_id=who,
                        opened_at=T0 + at,
                        conversation_id=f"{at:032x}",
                        channel=channel,
                    )
                    for who, at, channel in told
                ],
            ),
            1,
        )
        found = ready.query("directly-follows", {"of": "conversation"}).to_pylist()
        assert {(f["from"], f["to"]): f["n"] for f in found} == {
            ("chat", "email"): 1,
            ("chat", "chat"): 1,
        }
        only = ready.query("top-paths", {"of": "conversation", "channel": "chat"}).to_pylist()
        assert {f["path"]: f["n"] for f in only} == {"chat": 1, "chat > chat": 1}
