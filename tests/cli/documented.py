"""Keys as ``docs/json.md`` tells them, and whether an answer has just these."""

import re
from typing import Any

from tests.cli.runner import ROOT

PAGE = ROOT / "docs" / "json.md"
_ROW = re.compile(r"\| `([^`]+)` \| (.+) \|")
_AS_OF = re.compile(r".*as of (a moment of )?`journey ([^`]+)`")


def documented() -> dict[str, set[str]]:
    """Command -> the paths of its keys; what is told "as of" another command is spelt out."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## journey "):
            rows[line.removeprefix("## journey ")] = []
        elif (row := _ROW.fullmatch(line)) and rows:
            list(rows.values())[-1].append((row[1], row[2]))
    return {command: _paths(command, rows) for command in rows}


def _paths(command: str, rows: dict[str, list[tuple[str, str]]]) -> set[str]:
    found = set()
    for key, about in rows[command]:
        if other := _AS_OF.fullmatch(about):
            inner = _paths(other[2], rows)
            if other[1]:
                inner = {path.removeprefix("moments[].") for path in inner}
            found |= {f"{key}.{path}" for path in inner}
        else:
            found.add(key)
    return found


def assert_has_just(answer: Any, paths: set[str], at: str = "") -> None:
    """Every documented key is there, and no other."""
    if isinstance(answer, dict):
        if f"{at}.*" in paths:
            return
        prefix = f"{at}." if at else ""
        rest = [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
        assert set(answer) == {re.split(r"\.|\[\]", path)[0] for path in rest}, at or "the answer"
        for name, value in answer.items():
            assert_has_just(value, paths, f"{prefix}{name}")
    elif isinstance(answer, list):
        for value in answer:
            assert_has_just(value, paths, f"{at}[]")
    elif answer is not None:
        assert at in paths
