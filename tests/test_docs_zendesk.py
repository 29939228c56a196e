"""``docs/zendesk.md`` keeps its word: its example runs, and its reasons are all there are."""

import re
from pathlib import Path

from tests.cli.runner import ROOT, init, journey

PAGE = (ROOT / "docs" / "zendesk.md").read_text(encoding="utf-8")
TABLES = re.findall(r"`helpdesk/(\w+\.csv)`:\n\n```csv\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_gives_what_stands_there(tmp_path: Path) -> None:
    folder = tmp_path / "helpdesk"
    folder.mkdir()
    for name, text in TABLES:
        (folder / name).write_text(text, encoding="utf-8")
    env = {"JOURNEY_WORKSPACE": str(init(tmp_path / "w"))}
    ran = journey("import", "zendesk", "helpdesk", "--json", cwd=tmp_path, env=env)
    assert (ran.code, ran.err, len(TABLES)) == (0, "", 2)
    assert f"$ journey import zendesk helpdesk --json\n{ran.text}```" in PAGE


def test_every_reason_is_explained() -> None:
    used = set()
    for file in (ROOT / "journey" / "ingest" / "zendesk").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        raised = r'(?:CannotAccept|BrokenRecord)\((?:\s*\w+(?:\.\w+)?,)?\s*"([a-z0-9-]+)"'
        used |= set(re.findall(raised, text))
    assert {"unknown-user", "unknown-table", "chat-twice", "bad-row"} <= used
    explained = PAGE + (ROOT / "docs" / "jsonl.md").read_text(encoding="utf-8")
    assert {code for code in used if f"`{code}`" not in explained} == set()
