"""``journey export-table``: what is read back is what the table has, in every form."""

import csv
import gzip
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from journey import exporting
from journey.bootstrap import Workspace
from journey.exporting import export_table
from journey.settings import Settings
from projections.columns import arrow_schema
from projections.tables import BY_NAME, TABLES, Kind, Table
from tests.cli.runner import answer, assert_one_sentence, init, journey

NAMES = [table.name for table in TABLES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with rows in every table: nulls, lists, quotes and line ends among them."""
    place = tmp_path_factory.mktemp("tables")
    folder = init(place / "w")
    rule = '[personas.anybody]\nfact = "touches"\nat_least = 1\n'
    (folder / "journey.toml").write_text(rule, encoding="utf-8")
    sample = place / "sample.jsonl"
    answer("generate", sample, "--customers", "60", "--days", "40")
    odd = {
        "id": "odd-1",
        "source": "desk",
        "type": "message-received",
        "time": "2025-02-09T08:00:00.000001Z",
        "identities": {"email": "ann@example.com"},
        "brand": 'Müller, "Söhne" & 日本\n2nd line',
        "properties": {"text": "?", "tags": ["a,b", 'c"d', ""], "topic": ""},
    }
    heard = [
        {
            "id": f"n-{n}",
            "source": "social",
            "type": "mention-observed",
            "time": f"2025-02-0{n}T08:00:00Z",
            "brand": 'Müller, "Söhne"',
            "properties": {"sentiment": n / 10} if n % 2 else {"competitor": "a,b"},
        }
        for n in range(1, 6)
    ]
    wishes = [
        odd
        | {
            "id": f"w-{n}",
            "type": "preference-stated",
            "time": f"2025-02-0{n}T09:00:00Z",
            "properties": {"on_channel": "sms"},
        }
        for n in range(1, 6)
    ]
    more = [json.dumps(line).encode() for line in (odd, *heard, *wishes)]
    late = sample.read_bytes() + b"\n".join(more) + b"\n"
    answer("import", "jsonl", "-", "--live", "--workspace", folder, stdin=late)
    return folder


@pytest.fixture(scope="module")
def workspace(folder: Path) -> Any:
    with Workspace(folder, Settings()) as opened:
        yield opened


def from_text(kind: Kind, value: Any) -> Any:
    """A value as a table has it, of one that a text file gave back."""
    if kind in (Kind.TIME, Kind.MAYBE_TIME) and value is not None:
        assert value.endswith("Z")
        return datetime.fromisoformat(value)
    return value


def rows_of_json(lines: bytes, table: Table) -> list[dict[str, Any]]:
    kinds = {column.name: column.kind for column in table.columns}
    told = [json.loads(line) for line in lines.splitlines()]
    return [{name: from_text(kinds[name], v) for name, v in row.items()} for row in told]


def rows_of_csv(text: str, table: Table) -> list[dict[str, Any]]:
    header, *told = csv.reader(io.StringIO(text, newline=""))
    assert tuple(header) == table.names
    return [
        {c.name: from_cell(c.kind, cell) for c, cell in zip(table.columns, row, strict=True)}
        for row in told
    ]


def from_cell(kind: Kind, cell: str) -> Any:
    if kind is Kind.FLAG:
        return {"true": True, "false": False}[cell]
    if kind in (Kind.COUNT, Kind.WHOLE):
        return int(cell)
    if kind is Kind.WORDS:
        return json.loads(cell)
    if kind in (Kind.ID, Kind.WORD, Kind.TEXT):
        return cell
    if cell == "":
        return None
    return from_text(kind, cell) if kind in (Kind.TIME, Kind.MAYBE_TIME) else float(cell)


@pytest.mark.parametrize("name", NAMES)
def test_every_form_gives_back_what_the_table_has(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    table = BY_NAME[name]
    expected = workspace.analytics.rows(table)
    assert expected.num_rows > 3
    for ending in ("csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"):
        told = export_table(workspace, name, tmp_path / f"{name}.{ending}")
        assert (told.table, told.rows) == (name, expected.num_rows)
        assert told.bytes == (tmp_path / f"{name}.{ending}").stat().st_size
    assert pq.read_table(tmp_path / f"{name}.parquet").cast(arrow_schema(table)).equals(expected)
    lines = (tmp_path / f"{name}.jsonl").read_bytes()
    assert rows_of_json(lines, table) == expected.to_pylist()
    text = (tmp_path / f"{name}.csv").read_text(encoding="utf-8")
    assert rows_of_csv(text, table) == expected.to_pylist()
    for ending in ("csv", "jsonl"):
        packed = (tmp_path / f"{name}.{ending}.gz").read_bytes()
        assert gzip.decompress(packed) == (tmp_path / f"{name}.{ending}").read_bytes()
    assert sorted(tmp_path.iterdir()) == sorted(
        tmp_path / f"{name}.{e}" for e in ("csv", "csv.gz", "jsonl", "jsonl.gz", "parquet")
    )


def test_many_parts_give_what_one_gives(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    for part_rows, name in ((10**9, "one"), (40, "many")):
        monkeypatch.setattr(exporting, "PART_ROWS", part_rows)
        counts: list[int] = []
        export_table(workspace, "touchpoints", tmp_path / f"{name}.csv", counts.append)
        export_table(workspace, "touchpoints", tmp_path / f"{name}.parquet")
        written.append((tmp_path / f"{name}.csv").read_bytes())
        assert (len(counts) > 5) == (name == "many")
    assert written[0] == written[1]
    one, many = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("one", "many"))
    assert one.equals(many)
    assert pq.ParquetFile(tmp_path / "many.parquet").num_row_groups > 5


def test_times_in_parquet_are_timestamps(workspace: Workspace, tmp_path: Path) -> None:
    export_table(workspace, "conversations", tmp_path / "c.parquet")
    schema = pq.read_schema(tmp_path / "c.parquet")
    assert schema.field("opened_at").type == pa.timestamp("us", tz="UTC")


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    for ending in ("csv", "jsonl", "parquet"):
        told = answer("export-table", "stages", tmp_path / f"s.{ending}", *at)
        assert told["rows"] == 0
    header = ",".join(f'"{name}"' for name in BY_NAME["stages"].names)
    assert (tmp_path / "s.csv").read_text() == header + "\n"
    assert (tmp_path / "s.jsonl").read_bytes() == b""
    assert pq.read_table(tmp_path / "s.parquet").column_names == list(BY_NAME["stages"].names)


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    ran = journey("export-table", "stages", tmp_path / "s.xlsx", *at)
    assert_one_sentence(ran, 2, "s.xlsx", ".parquet")
    ran = journey("export-table", "stage", tmp_path / "s.csv", *at)
    assert_one_sentence(ran, 2, "touchpoints")
    ran = journey("export-table", "stages", tmp_path / "no" / "s.csv", *at)
    assert_one_sentence(ran, 2, "folder that exists")
    assert not list(tmp_path.glob("s.*"))
