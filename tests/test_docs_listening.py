"""``docs/listening.md`` keeps its word: its example runs and gives what stands there."""

import re
from pathlib import Path

import pytest

from tests.cli.runner import ROOT, init, journey

PAGE = (ROOT / "docs" / "listening.md").read_text(encoding="utf-8")
(LINES,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHOWN = re.findall(r"^\$ journey (query .*)\n((?:│.*\n)+)", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("listening")
    init(folder / "journey-data")
    (folder / "listening.jsonl").write_text(LINES, encoding="utf-8")
    ran = journey("import", "jsonl", "listening.jsonl", cwd=folder)
    assert ran.code == 0, ran.err
    assert "│    7 │        7 │          0 │           0 │         0 │" in ran.text
    return folder


@pytest.mark.parametrize(("question", "rows"), SHOWN, ids=[question for question, _ in SHOWN])
def test_a_question_is_answered_as_it_stands_there(
    imported: Path, question: str, rows: str
) -> None:
    ran = journey(*question.split(), cwd=imported, env={"COLUMNS": "200"})
    assert (ran.code, ran.err) == (0, "")
    printed = [line for line in ran.text.splitlines() if line[0] in "┃│"]
    assert [re.findall(r"[^┃│\s]+", line) for line in printed] == [
        re.findall(r"[^│\s]+", line) for line in rows.splitlines()
    ]


def test_all_of_it_is_proved_here_and_elsewhere(imported: Path) -> None:
    assert journey("verify", "--json", cwd=imported).json["rows"]["brand_events"] == 7
    assert journey("export", "log.avro", cwd=imported).code == 0
    assert journey("rebuild", cwd=imported).code == 0
    assert journey("verify", cwd=imported).code == 0
