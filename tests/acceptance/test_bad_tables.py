"""Bad tables: good rows are in; bad ones are in quarantine as they came, and come back whole."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import answer, assert_one_sentence, init, journey

MAPPING = """\
id = ["no"]
duplicates = "keep"
[constants]
source = "desk"
[fields]
type = { column = "kind", values = { in = "message-received", out = "message-sent" } }
time = { column = "at", format = "%Y-%m-%d %H:%M", zone = "Europe/Berlin" }
conversation = "case"
identities.email = "mail"
properties.text = "words"
"""
HEADER = b"no,kind,at,case,mail,words,remark\r\n"
OPENER = b"1,in,2024-03-01 09:00,c-1,ann@example.com,Where is my parcel?,\r\n"
REPLY = b'2,out,2024-03-01 10:00,c-1,,"It is\r\non its ""way""",secret remark\r\n'
BAD = {
    "column-count": b"3,in,2024-03-01 09:00,c-3,bo@example.com,Hello, world,\r",
    "spreadsheet-number": b"5.7E+17,in,2024-03-01 09:00,c-4,bo@example.com,Hello,\r",
    "serial-date": b"5,in,45352.375,c-5,bo@example.com,Hello,\r",
    "wrong-encoding": b"6,in,2024-03-01 09:00,c-6,bo@example.com,Gr\xfc\xdfe,\r",
    "nul-character": b"7,in,2024-03-01 09:00,c-7,bo@example.com,a\0b,\r",
    "unknown-value": b"8,up,2024-03-01 09:00,c-8,bo@example.com,Hello,\r",
    "bad-row": b'9,in,2024-03-01 09:00,c-9,bo@example.com,"Hello"x,\r',
    "open-quote": b'10,in,2024-03-01 09:00,c-10,bo@example.com,"Hello,\r',
}


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "desk.toml"
    file.write_text(MAPPING)
    return file


def load(workspace: Path, mapping: Path, data: bytes, *more: str) -> Any:
    at = ("--mapping", mapping, "--workspace", workspace)
    return answer("import", "csv", "-", *at, *more, stdin=data)


def test_bad_rows_are_kept_as_they_came_and_the_counts_add_up(
    mapping: Path, tmp_path: Path
) -> None:
    workspace = init(tmp_path / "w")
    data = HEADER + OPENER + b"\n".join(BAD.values()) + b"\n" + OPENER.replace(b"1,", b"11,", 1)
    first = load(workspace, mapping, data)
    assert first["reasons"] == dict.fromkeys(BAD, 1)
    assert (first["read"], first["appended"]) == (len(BAD) + 2, 2)
    second = load(workspace, mapping, data)
    assert (second["appended"], second["duplicates"]) == (0, 2)
    entries = answer("quarantine", "list", "--workspace", workspace)["entries"]
    assert [(e["code"], e["line"], e["count"]) for e in entries] == [
        (code, line, 2) for line, code in enumerate(BAD, 3)
    ]
    for entry in entries:
        assert entry["importer"].startswith("csv@")
        assert entry["reason"].endswith(".")
        assert not {"Hello", "bo@example.com"} & set(entry["reason"].split())
        shown = journey("quarantine", "show", str(entry["id"]), "--workspace", workspace)
        assert shown.out == BAD[entry["code"]]
    for file in workspace.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"bo@example.com" not in content
            assert b"remark" not in content
            assert b"Europe/Berlin" not in content
    again = answer("quarantine", "redrive", "--workspace", workspace)
    left = first["reasons"] | {"bad-row": 2}  # alone, a line with an open quote is no row
    del left["open-quote"]
    assert again["reasons"] == left


def test_equal_rows_come_back_from_quarantine_as_many_as_they_were(
    mapping: Path, tmp_path: Path
) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    first = load(at[1], mapping, HEADER + REPLY + REPLY + REPLY)
    assert (first["appended"], first["reasons"]) == (0, {"nobody": 3})
    mapping.unlink()  # it was kept
    assert answer("quarantine", "redrive", *at)["reasons"] == {"nobody": 3}

    mapping.write_text(MAPPING)
    assert load(at[1], mapping, HEADER + OPENER)["appended"] == 1
    mapping.unlink()
    again = answer("quarantine", "redrive", *at)
    assert (again["read"], again["appended"], again["quarantined"]) == (3, 3, 0)
    moments = answer("timeline", "ann@example.com", *at)["moments"]
    told = [(m["type"], m["fact"]["message_id"], m["fact"].get("text")) for m in moments]
    text = 'It is\r\non its "way"'
    assert sorted(told) == [
        ("message-received", "1", "Where is my parcel?"),
        ("message-sent", "2", text),
        ("message-sent", "2#2", text),
        ("message-sent", "2#3", text),
    ]
    assert answer("verify", *at)["clean"]

    mapping.write_text(MAPPING)
    repeat = load(at[1], mapping, HEADER + REPLY + REPLY + REPLY)
    assert (repeat["duplicates"], repeat["quarantined"]) == (3, 0)


def test_rows_of_a_wrong_mapping_are_read_with_a_mended_one(mapping: Path, tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    german = OPENER.replace(b"Where", b"Gr\xfc\xdfe")
    other = tmp_path / "other.toml"
    other.write_text(MAPPING.replace('"desk"', '"shop"'))
    assert load(at[1], other, HEADER + german)["quarantined"] == 1
    mapping.write_text(MAPPING.replace("%Y-%m-%d", "%d.%m.%Y"))
    assert load(at[1], mapping, HEADER + german + german)["quarantined"] == 2
    mended = MAPPING.replace("[constants]", '[file]\nencoding = "cp1252"\n[constants]')
    mapping.write_text(mended)
    told = answer("quarantine", "redrive", "--mapping", mapping, *at)
    assert (told["read"], told["appended"], told["reasons"]) == (3, 2, {"wrong-encoding": 1})
    moments = answer("timeline", "ann@example.com", *at)["moments"]
    assert {m["fact"]["text"] for m in moments} == {"Grüße is my parcel?"}
    assert load(at[1], mapping, HEADER + german + german)["duplicates"] == 2
    mapping.write_text(mended.replace('"words"', '"text"').replace('"desk"', '"shop"'))
    ran = journey("quarantine", "redrive", "--mapping", str(mapping), *map(str, at))
    assert_one_sentence(ran, 8, "no column text")


def test_the_same_id_with_other_words_is_told_differently(mapping: Path, tmp_path: Path) -> None:
    workspace = init(tmp_path / "w")
    data = HEADER + OPENER + OPENER.replace(b"parcel", b"letter")
    told = load(workspace, mapping, data)
    assert (told["appended"], told["differing"], told["quarantined"]) == (1, 1, 1)


def test_a_live_feed_takes_a_mapping_too(mapping: Path, tmp_path: Path) -> None:
    workspace = init(tmp_path / "w")
    told = load(workspace, mapping, HEADER + OPENER + b"rubbish\n" + REPLY, "--live")
    assert (told["appended"], told["reasons"]) == (2, {"column-count": 1})
    assert answer("verify", "--workspace", workspace)["clean"]


def test_what_is_wrong_is_told_before_anything_is_read(mapping: Path, tmp_path: Path) -> None:
    workspace = init(tmp_path / "w")
    at = ("--workspace", workspace)
    use = ("--mapping", mapping, *at)
    assert_one_sentence(journey("import", "csv", "-", *at), 2, "needs --mapping")
    assert_one_sentence(journey("import", "jsonl", "-", *use), 2, "takes no --mapping")
    assert_one_sentence(journey("import", "csv", str(tmp_path / "x.csv"), *use), 3, "no file")
    nowhere = ("--mapping", tmp_path / "x.toml", *at)
    assert_one_sentence(journey("import", "csv", "-", *nowhere), 3, "no mapping")
    wrong = HEADER.replace(b"mail", b"e-mail")
    ran = journey("import", "csv", "-", *use, stdin=wrong + OPENER)
    assert_one_sentence(ran, 8, "identities.email", "no column mail")
    for old, new in [("Europe/Berlin", "Europe/Bonn"), ("message-sent", "massage-sent")]:
        mapping.write_text(MAPPING.replace(old, new))
        ran = journey("import", "csv", "-", *use, stdin=HEADER + OPENER)
        assert_one_sentence(ran, 8, "desk.toml, fields.", new)
        assert_one_sentence(journey("mapping", "check", str(mapping)), 8, new)
    told = answer("status", *at)
    assert (told["events"], told["quarantined"]) == (0, 0)


def test_check_shows_what_would_be_read_and_refused(mapping: Path, tmp_path: Path) -> None:
    file = tmp_path / "desk.csv"
    file.write_bytes(HEADER + OPENER + BAD["serial-date"] + b"\n" + BAD["bad-row"] + b"\n" + REPLY)
    told = answer("mapping", "check", mapping, file, "--rows", "3")
    assert told["columns"] == HEADER.decode().strip().split(",")
    assert [(r["line"], r["code"], bool(r["read"])) for r in told["rows"]] == [
        (2, "", True),
        (3, "serial-date", False),
        (4, "bad-row", False),
    ]
    assert told["rows"][0]["read"]["time"] == "2024-03-01T08:00:00Z"
    ran = journey("mapping", "check", mapping, file)
    assert (ran.code, ran.err) == (0, "")
    assert "4 rows tried, 2 refused." in ran.text
    assert "column at, time: looks like a spreadsheet's number" in ran.text
    assert journey("mapping", "check", mapping).text == f"{mapping} is right.\n"


def test_a_database_is_imported_and_its_url_is_shown_nowhere(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    at = ("--workspace", init(tmp_path / "w"))
    mapping = tmp_path / "desk.toml"
    mapping.write_text('query = "SELECT * FROM asked ORDER BY no"\n' + MAPPING)
    with sqlite3.connect(tmp_path / "desk.db") as database:
        database.execute("CREATE TABLE asked (no INTEGER, kind, at, [case], mail, words)")
        rows = [
            (1, "in", "2024-03-01 09:00", "c-1", "ann@example.com", "Where?"),
            (2, "in", "2024-03-01 25:00", "c-1", "ann@example.com", "Where?"),
        ]
        database.executemany("INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?)", rows)
    database.close()
    url = f"sqlite:///{tmp_path}/desk.db?timeout=77"
    ran = journey("import", "sql", url, "--mapping", mapping, *at)
    assert (ran.code, ran.err) == (0, "")
    assert "timeout=77" not in ran.text
    (entry,) = answer("quarantine", "list", *at)["entries"]
    assert (entry["code"], entry["line"]) == ("bad-time", 2)
    assert entry["file"] == f"sqlite:{tmp_path}/desk.db"
    assert answer("timeline", "ann@example.com", *at)["moments"][0]["type"] == "message-received"
