"""A guessed mapping is right as it stands, reads the file, and holds nothing of it but names."""

import codecs
from pathlib import Path

import pytest

from journey.ingest.mapped.forms import opened
from journey.ingest.mapped.guess import guess
from journey.ingest.mapped.mapping import parse
from journey.ingest.source import Source
from schemas.errors import UsageError
from schemas.times import parse_rfc3339, rfc3339

TABLES = Path(__file__).parent.parent / "fixtures" / "tables"
NOW = parse_rfc3339("2026-06-01T00:00:00Z")

ORDERS = """\
no;ordered at;Mail;sum;note
1;01.05.2024 12:30;ann@example.com;"12,50";"a;b"
2;31.05.2024 23:30;bo@example.com;7;
"""


def read(data, folder):
    """What a guessed mapping reads of a file."""
    text = guess(Source([data]))
    parse(text)
    (folder / "guessed.toml").write_text(text, encoding="utf-8")
    (folder / "table.csv").write_bytes(data)
    with opened("csv", str(folder / "table.csv"), folder / "guessed.toml") as found:
        parsed = list(found.importer.read(found.source, NOW))
    assert not any(each.rejected for each in parsed)
    return text, [each.drafts[0] for each in parsed]


@pytest.mark.parametrize(
    ("name", "rows"), [("purchases.txt", 100), ("events.csv", 450)], ids=["purchases", "events"]
)
def test_a_guess_reads_the_file(name, rows, tmp_path):
    text, drafts = read((TABLES / name).read_bytes(), tmp_path)
    assert len(drafts) == rows
    assert all("user_id" in draft.identities for draft in drafts)
    assert "user_0001" not in text
    assert "00001" not in text


def test_names_zone_money_and_people_are_noticed(tmp_path):
    text, drafts = read(ORDERS.encode(), tmp_path)
    assert rfc3339(drafts[1].occurred_at) == "2024-05-31T23:30:00Z"
    assert drafts[0].identities == {"email": ["ann@example.com"]}
    assert "name the zone" in text
    assert "example.com" not in text


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + ORDERS.encode(),
        codecs.BOM_UTF16_LE + ORDERS.encode("utf-16-le"),
        ORDERS.replace("a;b", "Grüße").encode("cp1252"),
        ORDERS.replace(";", "\t").replace(",", ".").encode(),
    ],
    ids=["utf-8-sig", "utf-16", "cp1252", "tabs"],
)
def test_other_encodings_and_delimiters(data, tmp_path):
    _, drafts = read(data, tmp_path)
    assert [draft.identities["email"] for draft in drafts] == [
        ["ann@example.com"],
        ["bo@example.com"],
    ]


def test_a_file_without_a_header(tmp_path):
    text, drafts = read(ORDERS.partition("\n")[2].encode(), tmp_path)
    assert "header = false" in text
    assert len(drafts) == 2


def test_numbers_are_times_only_where_their_column_says_so(tmp_path):
    told = "id,at,user\n1714559400,1714559401,u-1\n1714559402,1714559403,u-2\n"
    _, drafts = read(told.encode(), tmp_path)
    assert rfc3339(drafts[0].occurred_at) == "2024-05-01T10:30:01Z"


def test_odd_names_are_quoted(tmp_path):
    told = '"a ""b"" \\ [c]","when\n it was"\nx,2024-05-01\n'
    text, drafts = read(told.encode(), tmp_path)
    assert len(drafts) == 1
    assert "\n it was" not in text


@pytest.mark.parametrize("data", [b"", b"\n\n", codecs.BOM_UTF16_LE])
def test_an_empty_file_is_refused(data):
    with pytest.raises(UsageError, match="has no rows"):
        guess(Source([data]))


def test_a_file_without_a_time_still_begins_a_mapping():
    text = guess(Source([b"a,b\nx,y\n"]))
    parse(text)
    assert "No column looks like a time" in text
