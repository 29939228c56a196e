"""``docs/csv.md`` keeps its word: its example runs and gives what stands there."""

import re
from pathlib import Path

import msgspec
import pytest

from journey.ingest.mapped.mapping import Constants, Field, Fields, File, Mapping, parse
from tests.cli.runner import ROOT, journey

PAGE = (ROOT / "docs" / "csv.md").read_text(encoding="utf-8")
TOML = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(TABLE,) = re.findall(r"^```csv\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", TOML)
def test_a_mapping_is_right(text: str) -> None:
    parse(text)


def test_the_example_is_read_as_it_stands_there(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "orders.toml").write_text(TOML[0], encoding="utf-8")
    ran = journey("mapping", "check", "orders.toml", "orders.csv", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert f"$ journey mapping check orders.toml orders.csv\n{ran.text}```" in PAGE


def test_every_key_is_explained() -> None:
    for kind in (Mapping, File, Field, Fields, Constants):
        for field in msgspec.structs.fields(kind):
            if field.encode_name not in ("file", "fields", "constants", "actor"):
                assert re.search(rf"`{field.encode_name}(?:\.…)?`", PAGE), field.encode_name


def test_every_reason_is_explained() -> None:
    used = set()
    for file in (ROOT / "journey" / "ingest" / "mapped").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        raised = r'(?:CannotAccept|Damaged|BrokenRecord)\(\s*(?:record\.line, )?"([a-z0-9-]+)"'
        used |= set(re.findall(raised, text))
    explained = PAGE + (ROOT / "docs" / "jsonl.md").read_text(encoding="utf-8")
    assert len(used) > 8
    assert {code for code in used if f"`{code}`" not in explained} == set()
