"""``journey generate``: the same bytes for the same options, and a ledger that names real lines."""

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.runner import answer, assert_one_sentence, init, journey

SMALL = ("--customers", "150", "--days", "30")


def rows(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sample") / "sample.jsonl"
    told = answer("generate", file, *SMALL)
    assert told["file"] == str(file)
    assert told["events"] == sum(told["types"].values()) == len(rows(file))
    return file


def test_gzip_and_standard_output_hold_the_same(plain: Path, tmp_path: Path) -> None:
    packed = [tmp_path / "a.jsonl.gz", tmp_path / "b.gz"]
    for file in packed:
        assert journey("generate", file, *SMALL).code == 0
    assert packed[0].read_bytes() == packed[1].read_bytes()
    assert gzip.decompress(packed[0].read_bytes()) == plain.read_bytes()
    ran = journey("generate", "-", *SMALL)
    assert (ran.code, ran.out) == (0, plain.read_bytes())
    names = ["a.jsonl.gz", "a.ledger.jsonl", "b.gz", "b.ledger.jsonl"]
    assert sorted(each.name for each in tmp_path.iterdir()) == names


def test_another_seed_or_start_is_another_sample(plain: Path, tmp_path: Path) -> None:
    for more in (("--seed", "8"), ("--start", "2025-01-02")):
        file = tmp_path / "other.jsonl"
        assert journey("generate", file, *SMALL, *more).code == 0
        assert file.read_bytes() != plain.read_bytes()


def test_the_ledger_names_the_lines(plain: Path) -> None:
    recipe, *told = rows(plain.with_name("sample.ledger.jsonl"))
    assert recipe["what"] == "recipe"
    assert (recipe["customers"], recipe["days"], recipe["seed"]) == (150, 30, 7)
    lines = rows(plain)
    for entry in told:
        if entry["what"] == "left":
            continue
        line = lines[int(str(entry["line"])) - 1]
        assert [entry[name] for name in ("id", "time", "type", "channel")] == [
            line[name] for name in ("id", "time", "type", "channel")
        ]
    assert {"merged", "answered-late", "delivered-late"} <= {str(entry["what"]) for entry in told}


def test_the_ledger_goes_where_it_is_told(tmp_path: Path) -> None:
    ledger = tmp_path / "planted.jsonl"
    ran = journey("generate", "-", *SMALL, "--ledger", ledger)
    assert ran.code == 0
    assert rows(ledger)[0]["what"] == "recipe"


def test_what_is_generated_is_accepted_to_the_last_line(plain: Path, tmp_path: Path) -> None:
    folder = init(tmp_path / "w")
    told = answer("import", "jsonl", plain, "--workspace", folder)
    assert (told["appended"], told["quarantined"]) == (len(rows(plain)), 0)
    assert answer("verify", "--workspace", folder)["clean"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["-", "--json"], "--json"),
        (["no/such/folder/s.jsonl"], "folder that exists"),
        (["x.jsonl", "--days", "99999"], "36,525 days"),
        (["x.jsonl", "--start", "yesterday"], "--start"),
        (["x.jsonl", "--ledger", "./x.jsonl"], "two files"),
        (["x.jsonl", "--pains", "1", "--outreach", "1"], "one of them"),
        (["x.jsonl.gz", "--outreach", "1"], ".jsonl"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, arguments: list[str], word: str) -> None:
    ran = journey("generate", *arguments, cwd=tmp_path)
    assert_one_sentence(ran, 2, word)
    assert list(tmp_path.iterdir()) == []


def test_planted_outreach_is_told_by_trigger(tmp_path: Path) -> None:
    told = answer("generate", tmp_path / "p.jsonl", "--outreach", "2")
    assert told["reached"]["rescue"] == 4  # a holdout takes some of them
    assert told["reached"]["low-score"] == told["not_reached"]["low-score"] == 2
    lines = rows(tmp_path / "p.jsonl")
    assert told["events"] == len(lines)
    ran = journey("generate", tmp_path / "q.jsonl", "--outreach", "2")
    assert "reviewed_on = 2025-03-01" in ran.text
    assert (tmp_path / "p.jsonl").read_bytes() == (tmp_path / "q.jsonl").read_bytes()


def test_exactly_is_about_live_alone(plain: Path, tmp_path: Path) -> None:
    folder = init(tmp_path / "w")
    ran = journey("import", "jsonl", plain, "--exactly", "--workspace", folder)
    assert_one_sentence(ran, 2, "--live")
