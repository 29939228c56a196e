"""The stand-in for ClickHouse keeps the promises that the property tests lean on."""

import pytest

from projections.tables import TABLES
from tests.contracts.analytics import AnalyticsContract as Contract
from tests.properties.doubles import MemoryAnalytics


class TestTheDouble:
    @pytest.fixture
    def analytics(self):
        return MemoryAnalytics()

    @pytest.fixture
    def ready(self, analytics):
        analytics.prepare(TABLES, 1)
        return analytics

    test_empty = Contract.test_empty_tables_have_their_types
    test_highest_revision = Contract.test_the_highest_revision_wins_in_any_order
    test_deleted = Contract.test_a_deleted_row_stays_away
    test_both_in_one_block = Contract.test_a_row_and_its_deletion_in_one_block
    test_many_months = Contract.test_an_insert_over_300_months
    test_ends_of_time = Contract.test_the_ends_of_time
    test_nulls = Contract.test_nulls_and_the_ends_of_numbers
    test_key_order = Contract.test_rows_are_in_key_order_whatever_the_order_of_insertion
    test_range = Contract.test_rows_of_a_range_of_customers
    test_empty_block = Contract.test_an_empty_block_changes_nothing
    test_misfits = Contract.test_rows_that_do_not_fit_are_refused
    test_preparing_again = Contract.test_preparing_again_keeps_the_rows
    test_raised_version = Contract.test_a_raised_version_is_built_beside_and_switched
    test_discarded = Contract.test_what_was_discarded_does_not_come_back
    test_unprepared = Contract.test_inserting_before_preparing_is_refused
