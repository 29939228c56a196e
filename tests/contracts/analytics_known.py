"""What every `Analytics` promises about filters: what does not occur is refused, not answered."""

import time
from typing import Any

import pytest

from journey.clickhouse import queries
from journey.clickhouse.known import HOMES
from projections.pains.kinds import Kind as Pain
from projections.tables import PAINS, PERSONAS, SCORES, STAGES, TABLES, TOUCHPOINTS
from projections.tables.table import Kind
from schemas.errors import UsageError
from schemas.times import DAY, rfc3339
from tests.contracts.analytics_rows import T0, block, row, touch

NEEDED = {"since": rfc3339(T0), "until": rfc3339(T0 + DAY), "steps": "named, named"}
FILTERS = [
    (name, parameter.name)
    for name in queries.names()
    for parameter in queries.named(name).parameters
    if parameter.sort in HOMES
]
WRONG = {"steps": "named, zzz", "costs": '{"zzz": 1}'}
NAMES = {"channel": "chat", "brand": "acme", "stage": "usage", "persona": "young", "topic": "bill"}


def one_row_each(ready):
    """A row in every table, with a name in every column that filters look at."""
    for table in TABLES:
        values: dict[str, Any] = {
            c.name: NAMES.get(c.name, "named") for c in table.columns if c.kind is Kind.WORD
        }
        values |= {c.name: T0 for c in table.columns if c.kind is Kind.TIME}
        values |= {c.name: ["young"] for c in table.columns if c.name == "personas"}
        values |= {c.name: "named" for c in table.columns if c.name == "customer_id"}
        values |= {c.name: ["named"] for c in table.columns if c.name.startswith("property_")}
        values |= {"kind": "low_score"} if table is PAINS else {}
        ready.insert(block(table, [row(table, **values)]), 1)


class KnownContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    def test_every_filter_refuses_what_does_not_occur(self, ready):
        one_row_each(ready)
        for name, filter in FILTERS:
            needed = [p.name for p in queries.named(name).parameters if p.default is None]
            given = {n: NEEDED.get(n, "named") for n in needed}
            given[filter] = WRONG.get(filter, "zzz")
            with pytest.raises(UsageError, match=f"The parameter {filter}: no .* 'zzz' occurs"):
                ready.query(name, given)

    def test_the_nearest_is_named_and_how_to_list_all(self, ready):
        one_row_each(ready)
        with pytest.raises(
            UsageError,
            match=r"no channel 'chta' occurs here \(did you mean chat\?\): use one such as chat; "
            r'journey sql "SELECT DISTINCT channel FROM touchpoints" lists them\.',
        ):
            ready.query("volume", {"channel": "chta"})

    def test_each_of_several_activities_has_to_occur(self, ready):
        ready.insert(block(TOUCHPOINTS, [touch(n, activity=a) for n, a in enumerate("abc")]), 1)
        assert ready.query("funnel", {"steps": "a, b | c?, c"}).num_rows == 3
        for given in ({"steps": "a,b|nowhere"}, {"steps": "a,b", "exclude": "c, nowhere"}):
            with pytest.raises(UsageError, match="no activity 'nowhere' occurs here"):
                ready.query("funnel", given)
        with pytest.raises(UsageError, match="The parameter only: no activity 'nowhere'"):
            ready.query("sessions", {"only": "a,nowhere"})

    def test_each_step_of_a_path_or_a_design_has_to_occur(self, ready):
        ready.insert(block(TOUCHPOINTS, [touch(n, activity=a) for n, a in enumerate("abc")]), 1)
        assert ready.query("flow", {"from": "b | a", "to": "c"}).num_rows == 0
        assert ready.query("conformance", {"steps": "a?, b|c+, c*"})["n"].to_pylist() == [3]
        for query, given in [
            ("flow", {"from": "a | nowhere"}),
            ("flow", {"from": "a", "to": "nowhere"}),
            ("conformance", {"steps": "a, nowhere?"}),
            ("conformance-leaves", {"steps": "a, b | nowhere+"}),
        ]:
            with pytest.raises(UsageError, match="no activity 'nowhere' occurs here"):
                ready.query(query, given)
        with pytest.raises(UsageError, match=r"no stage 'b' occurs here \(did you"):
            ready.insert(block(STAGES, [row(STAGES, stage="bb")]), 1)
            ready.query("flow", {"of": "stage", "from": "b"})

    def test_types_that_ship_are_known_before_they_occur(self, ready):
        ready.insert(block(TOUCHPOINTS, [touch(1, type="named", activity="named")]), 1)
        assert ready.query("flow", {"of": "type", "from": "refund-requested"}).num_rows == 0
        with pytest.raises(UsageError, match=r"did you mean refund-requested\?"):
            ready.query("flow", {"of": "type", "from": "refund-request"})

    def test_a_step_without_a_name_is_refused(self, ready):
        for query, given in [
            ("flow", {"from": "a |"}),
            ("flow", {"to": "|"}),
            ("conformance", {"steps": "a,,b"}),
            ("conformance", {"steps": ""}),
            ("conformance", {"steps": "a,?"}),
            ("conformance-leaves", {"steps": "a,b|"}),
        ]:
            with pytest.raises(UsageError, match="give an activity for every step"):
                ready.query(query, given)
        with pytest.raises(UsageError, match="The parameter type is missing"):
            ready.query("events-by-property", {"type": "", "property": "a"})

    @pytest.mark.parametrize(
        ("segments", "wrong", "near", "right"),
        [
            ("channel", "chta", "chat", "chat"),
            ("brand", "acmee", "acme", "acme"),
            ("persona", "yung", "young", "young"),
            ("month", rfc3339(T0)[:7] + "-01", rfc3339(T0)[:7], rfc3339(T0)[:7]),
        ],
    )
    def test_groups_that_are_told_apart_have_to_occur(self, ready, segments, wrong, near, right):
        one_row_each(ready)
        for given in ({"one": wrong}, {"one": right, "other": wrong}):
            with pytest.raises(UsageError, match=f"no {segments} '{wrong}' .*you mean {near}"):
                ready.query("difference", {"segments": segments} | given)
        assert ready.query("difference", {"segments": segments, "one": right}).num_rows == 0

    def test_costs_are_of_channels_that_occur(self, ready):
        one_row_each(ready)
        assert ready.query("channels", {"costs": '{"chat": 2.5}'}).num_rows == 1
        for wrong in ("zzz", "[1]", '{"chat": "2"}', '{"chat": -1}', '{"chat": NaN}'):
            with pytest.raises(UsageError, match="give a JSON object of what a contact costs"):
                ready.query("channels", {"costs": wrong})

    def test_what_occurs_anywhere_may_find_nothing(self, ready):
        ready.insert(block(TOUCHPOINTS, [touch(0, channel="chat")]), 1)
        ready.insert(
            block(SCORES, [row(SCORES, metric="csat", channel="survey", personas=["p"])]), 1
        )
        ready.insert(block(PERSONAS, [row(PERSONAS, customer_id="a", persona="young")]), 1)
        for filter in ({"channel": "chat"}, {"persona": "young"}):
            assert ready.query("csat", filter)["n"].to_pylist() == [0]

    def test_kinds_of_pains_that_ship_are_known_before_they_occur(self, ready):
        ready.insert(block(PAINS, [row(PAINS, kind="low_score")]), 1)
        assert ready.query("pains", {"kind": Pain.UNANSWERED}).num_rows == 0
        with pytest.raises(UsageError, match=r"did you mean low_score\?"):
            ready.query("pains", {"kind": "lowscore"})

    def test_without_rows_nothing_is_refused(self, ready):
        ready.insert(block(STAGES, [row(STAGES, stage="usage")]), 1)
        assert ready.query("volume", {"channel": "nowhere"}).num_rows == 0

    def test_a_hundred_thousand_activities_do_not_make_it_slow(self, ready):
        made = [touch(n, activity=f"activity {n}") for n in range(100_000)]
        ready.insert(block(TOUCHPOINTS, made), 1)
        begun = time.perf_counter()
        with pytest.raises(UsageError, match=r"did you mean activity \d*777\d*\?"):
            ready.query("funnel", {"steps": "activity 5,activity 777777"})
        assert time.perf_counter() - begun < 5

    def test_what_a_question_names_keeps_its_name_among_a_hundred_thousand(self, ready):
        """Each customer goes first, middle, last; all names but first and last are their own."""
        names = [["first", f"middle {n}", f"end {n % 50_000}"] for n in range(100_000)]
        made = [
            touch(0, customer_id=f"{n:032x}", event_id=f"{k}", occurred_at=T0 + k, activity=name)
            for n, told in enumerate(names)
            for k, name in enumerate(told)
        ]
        ready.insert(block(TOUCHPOINTS, made), 1)
        begun = time.perf_counter()
        [found] = ready.query("flow", {"from": "middle 77777"}).to_pylist()[:1]
        assert (found["source"], found["n"]) == ("middle 77777", 1)
        found = ready.query("flow", {"from": "first", "to": "end 7", "length": 3}).to_pylist()
        assert {(f["source"], f["target"], f["n"]) for f in found} == {
            ("first", "(rarer)", 2),
            ("(rarer)", "end 7", 2),
        }
        kept = {"steps": "first, middle 7 | middle 50007, end 7"}
        [fit] = ready.query("conformance", kept).to_pylist()
        assert (fit["n"], fit["fitting"], fit["missing"]) == (100_000, 2, 99_998)
        [path] = ready.query("top-paths", {"only": "middle 99999, end 49999"}).to_pylist()[:1]
        assert (path["path"], path["n"]) == ("end 49999", 1)
        assert time.perf_counter() - begun < 20
