"""A user's own SQL: what is answered, and what is refused before it can do harm."""

import pytest

from schemas.errors import AnalyticsError, UsageError

HARMLESS = [
    "SELECT 1",
    "select count() from touchpoints;",
    "SELECT 1 UNION ALL SELECT 2",
    "SELECT 1 INTERSECT SELECT 1",
    "SELECT 1 -- a comment",
    "WITH c AS (SELECT 1 AS a) SELECT a FROM c",
    "WITH c AS (SELECT type FROM touchpoints), d AS (SELECT length(groupArray(type)) AS n FROM c) "
    "SELECT n FROM d",
    "SELECT number FROM numbers(3)",
    "SELECT * EXCEPT (brand) FROM touchpoints",
    "SELECT COLUMNS('c') FROM touchpoints",
    "SELECT t.channel FROM touchpoints AS t LEFT JOIN stages AS s USING (customer_id)",
    "SELECT arrayMap(x -> x + 1, [1]), if(1, 2, 3), CASE WHEN 1 THEN 2 END, 1 IN (1, 2)",
    "SELECT toDate('2020-01-01') + INTERVAL 1 DAY, HOUR(now()), levenshteinDistance('a', 'b')",
    "SELECT COUNT(*), uniqExactIf(customer_id, channel = 'web'), quantile(0.5)(score) "
    "FROM touchpoints",
    "SELECT sum(amount) OVER w FROM touchpoints WINDOW w AS (ORDER BY occurred_at)",
    "SELECT channel, count() AS c FROM touchpoints GROUP BY channel WITH ROLLUP HAVING c > 1 "
    "ORDER BY c DESC LIMIT 3 BY channel LIMIT 5",
    "SELECT windowFunnel(10)(toDateTime(occurred_at), channel = 'a') FROM touchpoints",
]
HARMFUL = [
    "",
    " ; ",
    "SELECT 1; DROP TABLE touchpoints",
    "SELECT 'a;b'",
    "DROP VIEW touchpoints",
    "INSERT INTO touchpoints SELECT * FROM touchpoints",
    "EXPLAIN SELECT 1",
    "SHOW TABLES",
    "SELECT 1 INTO OUTFILE '/tmp/taken'",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT * FROM (SELECT 1 SETTINGS readonly = 0)",
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "SELECT * FROM (SELECT * FROM file('/etc/passwd', LineAsString))",
    "SELECT * FROM url('http://127.0.0.1', CSV)",
    "SELECT * FROM merge('system', '.*')",
    "SELECT * FROM system.tables",
    "SELECT count() FROM touchpoints WHERE channel IN (SELECT name FROM system.tables)",
    "SELECT 1 FROM touchpoints WHERE channel IN system.tables",
    "SELECT file('/etc/hostname')",
    "SELECT FILE('/etc/hostname')",
    "SELECT `file`('/etc/hostname')",
    "SELECT (SELECT file('/etc/hostname'))",
    "WITH file('/etc/hostname') AS f SELECT f",
    "SELECT arrayMap(x -> file(x), ['/etc/hostname'])",
    "SELECT COLUMNS('^channel$') APPLY(file) FROM touchpoints",
    "SELECT channel FROM touchpoints ORDER BY file('/etc/hostname')",
    "SELECT dictGet('a', 'b', 1)",
    "SELECT hostName()",
    "SELECT getSetting('max_threads')",
    "SELECT sleep(1)",
    "SELECT * FROM numbers(100001)",
]


class SqlContract:
    """See ``journey.clickhouse.own_sql``."""

    @pytest.mark.parametrize("statement", HARMLESS)
    def test_a_question_is_answered(self, ready, statement):
        assert ready.ask(statement).column_names

    @pytest.mark.parametrize("statement", HARMFUL)
    def test_what_is_no_question_about_the_tables_is_refused(self, ready, statement):
        with pytest.raises(UsageError):
            ready.ask(statement)
        assert ready.ask("SELECT count() AS n FROM touchpoints").to_pylist() == [{"n": 0}]

    def test_a_format_is_refused(self, ready):
        with pytest.raises((UsageError, AnalyticsError)):  # a server reads FORMAT by itself
            ready.ask("SELECT 1 FORMAT Null")

    @pytest.mark.parametrize("statement", ["SELECT nosuch", "SELECT 1 /* open", "SELECT (1"])
    def test_what_the_engine_refuses_is_one_sentence(self, ready, statement):
        with pytest.raises(AnalyticsError, match="correct the statement"):
            ready.ask(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT throwIf(number = 150000) AS y FROM numbers(200000)",
            "SELECT number, throwIf(number = 1500000) FROM numbers(2000000) ORDER BY number",
            "SELECT intDiv(1, number - 50000) FROM numbers(90000) SETTINGS max_block_size = 1000",
        ],
    )
    def test_a_statement_that_failed_half_way_leaves_nothing_to_the_next(self, ready, statement):
        with pytest.raises(AnalyticsError):
            ready._select(statement, {})
        assert ready._select("SELECT 5 AS five", {}).to_pylist() == [{"five": 5}]
