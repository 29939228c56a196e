"""What every `Analytics` promises: a backend subclasses `AnalyticsContract`, gives two fixtures.

In memory and in a folder the same engine answers: questions are asked in a folder, as users do.
"""

import threading
from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

from journey.clickhouse.ddl import physical_name
from journey.ports import Analytics, Block
from projections.columns import arrow_schema, to_arrow
from projections.tables import CONVERSATIONS, DECISIONS, STAGES, TABLES, TOUCHPOINTS
from schemas.errors import AnalyticsError
from schemas.times import DAY, EARLIEST, LATEST
from tests.contracts.analytics_attribution import AttributionContract
from tests.contracts.analytics_care import CareContract
from tests.contracts.analytics_clv import ClvContract
from tests.contracts.analytics_cohorts import CohortsContract
from tests.contracts.analytics_conformance import ConformanceContract
from tests.contracts.analytics_difference import DifferenceContract
from tests.contracts.analytics_flow import FlowContract
from tests.contracts.analytics_intervals import IntervalsContract
from tests.contracts.analytics_known import KnownContract
from tests.contracts.analytics_metrics import MetricsContract
from tests.contracts.analytics_outreach import OutreachContract
from tests.contracts.analytics_pains import PainsContract
from tests.contracts.analytics_paths import PathsContract
from tests.contracts.analytics_people import PeopleContract
from tests.contracts.analytics_queries import QueriesContract
from tests.contracts.analytics_roi import RoiContract
from tests.contracts.analytics_rows import NASTY, T0, block, row, touch
from tests.contracts.analytics_sql import SqlContract
from tests.contracts.analytics_strategy import StrategyContract
from tests.contracts.kept import Kept

WAIT_S = 60
FIRST = physical_name(TOUCHPOINTS, 1)


class TablesContract(SqlContract):
    """The promises about tables and rows, and about statements of one's own."""

    @pytest.fixture
    def analytics(self) -> Any:
        """An `Analytics` of the test's own without tables, closed afterwards."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def kept(cls) -> Any:
        """The one that all tests of a class take turns at, closed afterwards."""
        raise NotImplementedError

    @pytest.fixture
    def ready(self, kept: Kept) -> Analytics:
        """That one, with generation 1 of all tables and no row."""
        return kept.empty()

    # --- rows -----------------------------------------------------------------------------

    def test_empty_tables_have_their_types(self, ready):
        for table in TABLES:
            found = ready.rows(table)
            assert found.num_rows == 0
            assert found.schema.equals(arrow_schema(table))

    def test_inserting_twice_is_inserting_once(self, ready):
        once = block(TOUCHPOINTS, [touch(n) for n in range(100)])
        ready.insert(once, 1)
        ready.insert(once, 1)
        found = ready.rows(TOUCHPOINTS)
        assert found.equals(to_arrow(TOUCHPOINTS, [touch(n) for n in range(100)]))
        assert found.schema.equals(arrow_schema(TOUCHPOINTS))
        assert ready.query("volume", {})["n"].to_pylist() == [100]

    @pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
    @pytest.mark.parametrize("is_merged", [False, True])
    def test_the_highest_revision_wins_in_any_order(self, ready, order, is_merged):
        for revision in order:
            ready.insert(block(TOUCHPOINTS, [touch(1, topic=f"r{revision}")], revision), 1)
        if is_merged:
            ready.execute(f"OPTIMIZE TABLE {FIRST} FINAL")
        assert ready.rows(TOUCHPOINTS)["topic"].to_pylist() == ["r3"]

    @pytest.mark.parametrize("is_merged", [False, True])
    @pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
    def test_a_deleted_row_stays_away(self, ready, order, is_merged):
        kinds = {1: 0, 2: 0, 3: 1}
        ready.insert(block(TOUCHPOINTS, [touch(7)]), 1)
        for revision in order:
            ready.insert(block(TOUCHPOINTS, [touch(1)], revision, kinds[revision]), 1)
            if is_merged:
                ready.execute(f"OPTIMIZE TABLE {FIRST} FINAL")
        assert ready.rows(TOUCHPOINTS).equals(to_arrow(TOUCHPOINTS, [touch(7)]))
        ready.insert(block(TOUCHPOINTS, [touch(1)], 2), 1)
        assert ready.rows(TOUCHPOINTS).num_rows == 1
        ready.insert(block(TOUCHPOINTS, [touch(1)], 4), 1)
        assert ready.rows(TOUCHPOINTS).num_rows == 2

    def test_a_row_and_its_deletion_in_one_block(self, ready):
        born, dead = block(TOUCHPOINTS, [touch(1)], 1), block(TOUCHPOINTS, [touch(1)], 2, 1)
        ready.insert(Block("touchpoints", pa.concat_tables([dead.rows, born.rows])), 1)
        assert ready.rows(TOUCHPOINTS).num_rows == 0
        ready.insert(born, 1)
        assert ready.rows(TOUCHPOINTS).num_rows == 0

    def test_settling_changes_no_row_and_leaves_months_in_one_piece(self, ready):
        days = [touch(n, occurred_at=T0 + n * 20 * DAY) for n in range(9)]
        for n in range(3):
            ready.insert(block(TOUCHPOINTS, days, revision=n + 1), 1)
        ready.insert(block(TOUCHPOINTS, days[:2], revision=9, deleted=1), 1)
        before = ready.rows(TOUCHPOINTS)
        assert before.num_rows == 7
        ready.settle(rows_min=1_000)
        assert ready._unsettled(1)
        for _ in range(2):
            ready.settle(rows_min=1)
            assert ready._unsettled(1) == []
            assert ready.rows(TOUCHPOINTS) == before

    def test_an_insert_over_300_months(self, ready):
        rows = [touch(n, occurred_at=T0 - n * 31 * DAY) for n in range(300)]
        ready.insert(block(TOUCHPOINTS, rows), 1)
        assert ready.rows(TOUCHPOINTS).equals(to_arrow(TOUCHPOINTS, rows))

    def test_the_ends_of_time(self, ready):
        rows = [touch(1, occurred_at=EARLIEST), touch(2, occurred_at=LATEST - 1)]
        rows.append(touch(3, occurred_at=T0 + 123_456))
        ready.insert(block(TOUCHPOINTS, rows), 1)
        assert ready.rows(TOUCHPOINTS).equals(to_arrow(TOUCHPOINTS, rows))

    def test_texts_come_back_as_they_were(self, ready):
        rows = [
            row(
                DECISIONS,
                customer_id=f"{n:032x}",
                decided_at=T0,
                decision_id="ff",
                trigger=text,
                reason=text,
                inputs=[text, "", text] if n % 2 else [],
            )
            for n, text in enumerate(NASTY)
        ]
        ready.insert(block(DECISIONS, rows), 1)
        assert ready.rows(DECISIONS).equals(to_arrow(DECISIONS, rows))
        by = ready.query("decisions", {"by": "trigger"})
        assert by["trigger"].to_pylist() == sorted(NASTY, key=str.encode)

    def test_nulls_and_the_ends_of_numbers(self, ready):
        rows = [
            touch(1, score=None, amount=0.1, partition=2**32 - 1, offset=-(2**63)),
            touch(2, score=-1.5, amount=None, offset=2**63 - 1, is_question=True, tags=["", "x"]),
        ]
        ready.insert(block(TOUCHPOINTS, rows), 1)
        assert ready.rows(TOUCHPOINTS).equals(to_arrow(TOUCHPOINTS, rows))

    def test_rows_are_in_key_order_whatever_the_order_of_insertion(self, ready):
        rows = [touch(n % 10, event_id=f"{n:032x}", occurred_at=T0 + n // 20) for n in range(60)]
        shuffled = rows[::-7] + [each for each in rows if each not in rows[::-7]]
        for each in shuffled:
            ready.insert(block(TOUCHPOINTS, [each]), 1)
        places = [TOUCHPOINTS.names.index(name) for name in TOUCHPOINTS.key]
        expected = sorted(rows, key=lambda each: [each[place] for place in places])
        assert ready.rows(TOUCHPOINTS).equals(to_arrow(TOUCHPOINTS, expected))

    def test_rows_of_a_range_of_customers(self, ready):
        rows = [touch(n, customer_id=f"{n:02x}" + "0" * 30) for n in range(256)]
        ready.insert(block(TOUCHPOINTS, rows), 1)
        found = ready.rows(TOUCHPOINTS, ("40" + "0" * 30, "80"))
        assert found.equals(to_arrow(TOUCHPOINTS, rows[0x40:0x80]))
        assert ready.rows(TOUCHPOINTS, ("fe", "g"))["customer_id"].to_pylist() == [
            "fe" + "0" * 30,
            "ff" + "0" * 30,
        ]
        assert ready.rows(TOUCHPOINTS, ("41", "41")).num_rows == 0

    def test_an_empty_block_changes_nothing(self, ready):
        ready.insert(block(TOUCHPOINTS, []), 1)
        assert ready.rows(TOUCHPOINTS).num_rows == 0

    def test_rows_that_do_not_fit_are_refused(self, ready):
        good = block(TOUCHPOINTS, [touch(1)])
        null = good.rows.set_column(0, "customer_id", pa.array([None], pa.string()))
        for rows in (null, good.rows.drop_columns(["brand"]), to_arrow(TOUCHPOINTS, [touch(1)])):
            with pytest.raises(AnalyticsError, match="touchpoints"):
                ready.insert(Block("touchpoints", rows), 1)
        assert ready.rows(TOUCHPOINTS).num_rows == 0

    # --- generations ----------------------------------------------------------------------

    def test_a_raised_version_is_built_beside_and_switched(self, ready):
        ready.insert(block(STAGES, [row(STAGES, customer_id="old")]), 1)
        raised = [t._replace(version=STAGES.version + 1) if t is STAGES else t for t in TABLES]
        ready.make(raised, 2)
        ready.insert(
            block(STAGES, [row(STAGES, customer_id="new"), row(STAGES, customer_id="newer")]), 2
        )
        assert ready.rows(STAGES)["customer_id"].to_pylist() == ["old"]
        ready.prepare(raised, 2)
        assert ready.rows(STAGES)["customer_id"].to_pylist() == ["new", "newer"]

    def test_what_was_discarded_does_not_come_back(self, ready):
        ready.insert(block(STAGES, [row(STAGES, customer_id="old")]), 1)
        ready.make(TABLES, 2)
        ready.insert(block(STAGES, [row(STAGES, customer_id="half")]), 2)
        ready.discard(2)
        assert ready.rows(STAGES)["customer_id"].to_pylist() == ["old"]
        ready.discard(2)
        ready.prepare(TABLES, 2)
        assert ready.rows(STAGES).num_rows == 0

    def test_preparing_again_keeps_the_rows(self, ready):
        ready.insert(block(TOUCHPOINTS, [touch(1)]), 1)
        ready.prepare(TABLES, 1)
        assert ready.rows(TOUCHPOINTS).num_rows == 1

    def test_a_generation_is_readable_until_the_next_is_prepared(self, ready):
        ready.insert(block(TOUCHPOINTS, [touch(1)]), 1)
        with pytest.raises(AnalyticsError):
            ready.insert(block(TOUCHPOINTS, [touch(2)]), 2)
        assert ready.rows(TOUCHPOINTS).num_rows == 1
        ready.prepare(TABLES, 2)
        assert ready.rows(TOUCHPOINTS).num_rows == 0
        with pytest.raises(AnalyticsError, match=FIRST):
            ready.execute(f"SELECT 1 FROM {FIRST}")
        with pytest.raises(AnalyticsError):
            ready.insert(block(TOUCHPOINTS, [touch(1)]), 1)
        ready.insert(block(TOUCHPOINTS, [touch(2)]), 2)
        assert ready.rows(TOUCHPOINTS).equals(to_arrow(TOUCHPOINTS, [touch(2)]))

    def test_a_new_version_replaces_the_old(self, ready):
        ready.insert(block(STAGES, [row(STAGES, customer_id="01", ordinal=1, stage="a")]), 1)
        newer = STAGES._replace(version=STAGES.version + 1, columns=STAGES.columns[:-1])
        ready.prepare([newer], 1)
        assert ready.rows(newer).schema.equals(arrow_schema(newer))
        assert ready.rows(newer).num_rows == 0
        assert ready.rows(CONVERSATIONS).num_rows == 0  # others of this generation are still there

    def test_a_table_that_is_no_more_goes_with_its_generation(self, ready):
        ready.prepare(TABLES[:2], 2)
        for gone in ("stages", "stages__v1_g1"):
            with pytest.raises(AnalyticsError, match=gone):
                ready.execute(f"SELECT 1 FROM {gone}")

    def test_inserting_before_preparing_is_refused(self, analytics):
        with pytest.raises(AnalyticsError, match="prepare it first"):
            analytics.insert(block(TOUCHPOINTS, [touch(1)]), 1)

    # --- the rest -------------------------------------------------------------------------

    def test_a_refusal_is_one_sentence_with_its_code(self, ready):
        with pytest.raises(AnalyticsError, match=r"refused \(62 SYNTAX_ERROR\)") as caught:
            ready.execute("SELEC 1")
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 400

    def test_threads_work_at_the_same_time(self, ready: Analytics) -> None:
        failures = []

        def work(start: int) -> None:
            try:
                for n in range(start, start + 5):
                    ready.insert(block(TOUCHPOINTS, [touch(n)]), 1)
                    ready.query("volume", {"by": "type"})
            except AnalyticsError as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 20, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        assert failures == []
        assert ready.rows(TOUCHPOINTS).num_rows == 20

    def test_closing_twice_is_closing_once(self, ready):
        ready.close()
        ready.close()
        with pytest.raises(AnalyticsError):
            ready.rows(TOUCHPOINTS)


class AnalyticsContract(
    QueriesContract,
    CareContract,
    IntervalsContract,
    KnownContract,
    MetricsContract,
    ClvContract,
    OutreachContract,
    PainsContract,
    PathsContract,
    FlowContract,
    AttributionContract,
    CohortsContract,
    ConformanceContract,
    DifferenceContract,
    PeopleContract,
    RoiContract,
    StrategyContract,
    TablesContract,
):
    """All promises of the port, those about every question among them."""
