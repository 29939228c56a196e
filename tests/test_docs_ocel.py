"""``docs/ocel.md`` keeps its word: its example runs, and its reasons are all there are."""

import re
from pathlib import Path

from tests.cli.runner import ROOT, init, journey

PAGE = (ROOT / "docs" / "ocel.md").read_text(encoding="utf-8")
(LOG,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_gives_what_stands_there(tmp_path: Path) -> None:
    (tmp_path / "lamps.json").write_text(LOG, encoding="utf-8")
    env = {"JOURNEY_WORKSPACE": str(init(tmp_path / "w"))}
    command = ("import", "ocel", "lamps.json", "--customer-type", "buyer", "--json")
    ran = journey(*command, cwd=tmp_path, env=env)
    assert (ran.code, ran.err) == (0, "")
    assert f"$ journey {' '.join(command)}\n{ran.text}```" in PAGE


def test_every_reason_is_explained() -> None:
    used = set()
    for name in ("ocel", "ocel_file", "array"):
        text = (ROOT / "journey" / "ingest" / f"{name}.py").read_text(encoding="utf-8")
        raised = r'(?:CannotAccept|BrokenRecord)\((?:\s*\w+(?:\.\w+)?,)?\s*"([a-z0-9-]+)"'
        used |= set(re.findall(raised, text))
    assert {"no-customer", "unused-object", "truncated-array"} <= used
    explained = PAGE + (ROOT / "docs" / "jsonl.md").read_text(encoding="utf-8")
    assert {code for code in used if f"`{code}`" not in explained} == set()
