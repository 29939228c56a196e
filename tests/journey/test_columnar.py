"""Parquet files and databases under the same mapping as CSV: the same events, the same ids."""

import math
import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from journey.ingest.mapped.columnar import records, text
from journey.ingest.mapped.forms import again, opened
from journey.ingest.records import RECORD_BYTES_MAX, BrokenRecord
from schemas.errors import ConfigurationError, NotFound, UsageError
from schemas.times import parse_rfc3339

NOW = parse_rfc3339("2024-06-01T00:00:00Z")
MAPPING = """\
id = "row"
duplicates = "keep"
query = "SELECT * FROM bought WHERE who IS NULL OR who NOT LIKE ':x%s' ORDER BY no"
[constants]
source = "shop"
type = "order-placed"
[fields]
time = { column = "at", format = "rfc3339", zone = "UTC" }
identities.user_id = "who"
properties.amount = "total"
"""
ROWS = [
    ("1", "u-1", "2024-05-01 12:30:00", "12.50"),
    ("2", "", "2024-05-01 12:31:00", "0.10"),
    ("3", "3.0", "2024-05-01 12:31:00", ""),
    ("4", "u-4", "2024-05-01 12:31:00", "7.00"),
    ("4", "u-4", "2024-05-01 12:31:00", "7.00"),
]
NAMES = ["no", "who", "at", "total"]


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "shop.toml"
    file.write_text(MAPPING)
    return file


def told(form, path, mapping):
    """What comes of a table: ids, or codes of refusals; and the importer."""
    with opened(form, str(path), mapping) as found:
        parsed = list(found.importer.read(found.source, NOW))
        return (
            [
                each.drafts[0].message_id if each.drafts else each.rejected[0].code
                for each in parsed
            ],
            [(each.line, each.again or found.importer.name) for each in parsed],
            [b"".join(r.data) for each in parsed for r in each.rejected],
            found,
        )


def test_parquet_sql_and_csv_tell_the_same(mapping, tmp_path):
    lines = "\n".join(",".join(row) for row in [tuple(NAMES), *ROWS])
    (tmp_path / "shop.csv").write_text(lines)
    from_csv, *_ = told("csv", tmp_path / "shop.csv", mapping)
    assert from_csv[1:3] == ["names-nobody", "spreadsheet-number"]
    assert from_csv[4] == f"{from_csv[3]}#2"

    columns = {
        "no": pa.array([int(row[0]) for row in ROWS], pa.int64()),
        "who": pa.array([row[1] or None for row in ROWS]),
        "at": pa.array([datetime.fromisoformat(row[2]) for row in ROWS], pa.timestamp("us")),
        "total": pa.array([Decimal(r[3]) if r[3] else None for r in ROWS], pa.decimal128(12, 2)),
    }
    pq.write_table(pa.table(columns), tmp_path / "shop.parquet")
    from_parquet, *_ = told("parquet", tmp_path / "shop.parquet", mapping)
    assert from_parquet == from_csv

    pytest.importorskip("sqlalchemy")
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE bought (no INTEGER, who TEXT, at TEXT, total TEXT)")
        rows = [(int(no), who or None, at, total or None) for no, who, at, total in ROWS]
        database.executemany("INSERT INTO bought VALUES (?, ?, ?, ?)", rows)
    database.close()
    from_sql, *_ = told("sql", f"sqlite:///{tmp_path}/shop.db", mapping)
    assert from_sql == from_csv


def test_a_refused_row_is_kept_as_texts_and_read_again(mapping, tmp_path):
    table = pa.table({name: [row[n] for row in ROWS] for n, name in enumerate(NAMES)})
    pq.write_table(table, tmp_path / "shop.parquet")
    _, names, kept, found = told("parquet", tmp_path / "shop.parquet", mapping)
    assert kept[0] == b'["2","","2024-05-01 12:31:00","0.10"]'
    line, name = names[1]
    assert name.startswith("parquet@")
    (refused,) = again(name, found.importer.kept).parse(kept[0], line, NOW).rejected
    assert refused.code == "names-nobody"


@pytest.mark.parametrize(
    ("value", "is_"),
    [
        (None, ""),
        ("ä", "ä"),
        (True, "true"),
        (10**17, "100000000000000000"),
        (3.0, "3.0"),
        (5.7e17, "5.7e+17"),
        (math.nan, ""),
        (Decimal("12.50"), "12.50"),
        (Decimal("1E+2"), "100"),
        (datetime(2024, 5, 1, 12, 30), "2024-05-01 12:30:00"),  # noqa: DTZ001 - as columns have it
        (datetime(2024, 5, 1, 12, 30, tzinfo=UTC), "2024-05-01 12:30:00+00:00"),
        (date(2024, 5, 1), "2024-05-01"),
        (b"\xff", "ff"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"a": [1, "b"]}, '{"a":[1,"b"]}'),
    ],
)
def test_the_text_of_a_value_is_exact(value, is_):
    assert text(value) == is_


def test_a_row_that_is_too_long_costs_itself():
    rows = records([["a"], ["x" * RECORD_BYTES_MAX], ["b"]])
    assert next(rows).line == 1
    broken = next(rows)
    assert isinstance(broken, BrokenRecord)
    assert broken.code == "record-too-long"
    assert len(b"".join(broken.data)) > RECORD_BYTES_MAX
    assert next(rows).line == 3


def refusal(form, path, mapping):
    with pytest.raises((UsageError, ConfigurationError)) as refused:
        told(form, path, mapping)
    return refused


def test_what_is_no_parquet_file(mapping, tmp_path):
    assert "no Parquet file" in str(refusal("parquet", mapping, mapping).value)
    assert "standard input" in str(refusal("parquet", "-", mapping).value)
    assert refusal("parquet", tmp_path / "none", mapping).type is NotFound


def test_what_is_no_database_or_query(mapping, tmp_path):
    pytest.importorskip("sqlalchemy")
    secret = "Sesame"
    for url, why in [
        ("nonsense", "The URL is none of a database"),
        (f"postgresql+nothing://u:{secret}@localhost/x", "The URL is none of a database"),
        (f"sqlite:///{tmp_path}/empty.db", "refused the query"),
        (f"sqlite:///{tmp_path}/no/such/folder.db", "refused the query"),
    ]:
        told_ = str(refusal("sql", url, mapping).value)
        assert why in told_
        assert secret not in told_
    mapping.write_text(MAPPING.replace("query =", "about ="))
    assert "query: is missing" in str(refusal("sql", "sqlite://", mapping).value)
