"""``docs/configuration.md`` keeps its word: its example runs and gives what stands there."""

import re
from pathlib import Path

import msgspec
import pytest

from journey.config import events, properties
from tests.cli.runner import ROOT, init, journey

PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
TOML = "\n".join(re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
(LINES,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def cells(text: str) -> list[list[str]]:
    """The rows of a table as commands print it."""
    rows = [line.split("│")[1:-1] for line in text.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in row] for row in rows]


def shown(command: str) -> list[list[str]]:
    """The rows that the page prints below a command."""
    found = re.search(rf"^\$ {re.escape(command)}\n((?:│.*\n)+)", PAGE, re.MULTILINE)
    assert found, command
    return cells(found[1])[1:]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("configuration")
    workspace = init(folder / "journey-data")
    (workspace / "journey.toml").write_text(TOML, encoding="utf-8")
    (folder / "loans.jsonl").write_text(LINES, encoding="utf-8")
    ran = journey("import", "jsonl", "loans.jsonl", cwd=folder)
    assert ran.code == 0, ran.err
    assert cells(ran.text)[0] == shown("journey import jsonl loans.jsonl")[0]
    return folder


def test_what_is_refused_is_told_as_it_stands_there(imported: Path) -> None:
    (row,) = cells(journey("quarantine", "list", cwd=imported, env={"COLUMNS": "300"}).text)
    (told,) = shown("journey quarantine list")
    assert set(told) <= set(row)


def test_properties_are_counted_as_it_stands_there(imported: Path) -> None:
    question = "query events-by-property type=loan-application-submitted property=products"
    ran = journey(*question.split(), cwd=imported)
    assert cells(ran.text) == shown(f"journey {question}")


def test_what_is_allowed_later_is_taken_in(imported: Path) -> None:
    file = imported / "journey-data" / "journey.toml"
    file.write_text(TOML.replace('"south"]', '"south", "east"]'), encoding="utf-8")
    assert journey("quarantine", "redrive", "--json", cwd=imported).json["appended"] == 1
    assert journey("verify", cwd=imported).code == 0


def test_every_key_and_type_is_explained() -> None:
    for kind in (events.EventType, properties.Property):
        for field in msgspec.structs.fields(kind):
            assert f"`{field.encode_name}`" in PAGE
    assert all(f"| `{name}` |" in PAGE for name in properties.TYPES)
