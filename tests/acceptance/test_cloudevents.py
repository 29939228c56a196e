"""CloudEvents through the command line."""

from pathlib import Path

from tests.cli.runner import answer, init, journey

MADE_UP = Path(__file__).parent.parent / "fixtures" / "cloudevents.jsonl"


def test_events_arrive_once_and_are_what_they_say(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    first = answer("import", "cloudevents", MADE_UP, *at)
    assert (first["read"], first["appended"]) == (4, 3)
    assert first["reasons"] == {"names-nobody": 1}  # a picture without a person
    batch = b"[\n" + b",\n ".join(MADE_UP.read_bytes().splitlines()) + b"]"
    again = answer("import", "cloudevents", "-", *at, stdin=batch)
    assert (again["appended"], again["duplicates"], again["differing"]) == (0, 3, 0)
    moments = answer("timeline", "ann@example.com", *at)["moments"]
    assert [m["type"] for m in moments] == ["message-received", "message-sent", "custom"]
    assert moments[2]["fact"]["extra"]["lux"] == "12.50"
    rows = answer("query", "first-response", "by=channel", *at)["rows"]
    assert [(row["channel"], row["median_s"]) for row in rows] == [("email", 5400.0)]
    assert answer("verify", *at)["clean"]


def test_the_same_id_of_another_source_is_another_event(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    line = MADE_UP.read_bytes().splitlines()[2]
    lines = [line, line.replace(b"/desk", b"/shop"), line.replace(b"12.50", b"13.50")]
    told = answer("import", "cloudevents", "-", *at, stdin=b"\n".join(lines))
    assert (told["appended"], told["differing"]) == (2, 1)
    (entry,) = answer("quarantine", "list", *at)["entries"]
    shown = journey("quarantine", "show", str(entry["id"]), *at)
    assert shown.out == lines[2]
