"""The benchmark of named queries knows what each of them needs."""

import pytest

from benchmarks.measures.querying import NothingToAsk, asked
from journey.clickhouse import queries

NEW = """\
-- A question that is new.
-- param shade: word — must be given
-- column n: count — how many
SELECT count() AS n FROM touchpoints WHERE activity = {shade:String}
"""


def test_every_query_that_ships_can_be_asked():
    known = [queries.named(name) for name in queries.names()]
    for query, given in zip(known, asked(known).values(), strict=True):
        assert {p.name for p in query.parameters if p.default is None} <= given.keys()


def test_a_new_query_that_nothing_is_known_for_is_named():
    with pytest.raises(NothingToAsk, match="new-one needs shade: add them to NEEDED"):
        asked([queries.parse("new-one", NEW)])
