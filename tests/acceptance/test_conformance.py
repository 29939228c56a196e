"""pm4py's token replay of the same net on an exported log finds the same tokens.

The histories are made up: most go nearly as designed, some share their times. Case by case pm4py is
held against the game that the contract plays by hand, and over all cases against the question.

Where a step repeats, the net has two transitions of one name, and pm4py lends a token to either;
which one is chance. So of those designs only the cases that fit are held against each other.
"""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.test_process_mining import read_xes
from tests.cli.runner import ROOT, answer, init, run
from tests.contracts.analytics_conformance import play, steps_of

TOOL = ROOT / "tests" / "pm4py_replay.py"
PLAIN = ["a,b,c", "a|b,c,d", "d,c,b,a"]
WITH_OPTIONAL = ["a,b?,c", "a,b?,c?,d", "a?,b,c?"]
REPEATING = ["a+,b,c+", "a,b|c+,d"]
DESIGNS = PLAIN + WITH_OPTIONAL + REPEATING


class Tokens(NamedTuple):
    consumed: int
    missing: int
    remaining: int
    produced: int
    is_fit: bool


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conformance")
    draw = random.Random(3)
    lines = []
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for who in range(200):
        names = list("abcd")
        for _ in range(draw.randrange(4)):
            place = draw.randrange(5)
            names[place : place + draw.randrange(2)] = draw.choices("abcdx", k=draw.randrange(2))
        lines += [
            {
                "id": f"{who}-{n}",
                "source": "made-up",
                "type": name,
                "time": (start + timedelta(seconds=n // 2)).isoformat(),
                "identities": {"user_id": f"u-{who}"},
            }
            for n, name in enumerate(names)
        ]
    file = folder / "made-up.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    made_at = init(folder / "w")
    answer("import", "jsonl", file, "--workspace", made_at)
    answer("export-xes", folder / "log.xes", "--workspace", made_at)
    return made_at


@pytest.fixture(scope="module")
def theirs(workspace: Path, pm4py: Path) -> dict[str, dict[str, Tokens]]:
    """Of each design, what the tool finds of each case."""
    told, found = workspace.parent / "designs.json", workspace.parent / "answer.json"
    designs = [
        [
            {"names": sorted(s.names), "is_optional": s.is_optional, "repeats": s.repeats}
            for s in steps_of(design)
        ]
        for design in DESIGNS
    ]
    told.write_text(json.dumps(designs))
    log = workspace.parent / "log.xes"
    ran = run(str(pm4py), str(TOOL), str(log), str(told), str(found))
    assert ran.code == 0, ran.err
    return {
        design: {case: Tokens(*tokens) for case, tokens in cases.items()}
        for design, cases in zip(DESIGNS, json.loads(found.read_text()), strict=True)
    }


@pytest.mark.parametrize("design", DESIGNS)
def test_the_tool_finds_the_same(
    workspace: Path, theirs: dict[str, dict[str, Tokens]], design: str
) -> None:
    cases = read_xes(workspace.parent / "log.xes")
    games = {
        case: play([name for name, _ in events], steps_of(design)) for case, events in cases.items()
    }
    found = theirs[design]
    assert found.keys() == games.keys()
    for case, game in games.items():
        tokens = found[case]
        if game is None:  # none of the steps: the token waits at the beginning
            assert tokens == Tokens(1, 1, 1, 1, is_fit=False)
        else:
            assert tokens.is_fit == (game.left is None)
            if design not in REPEATING:
                assert (tokens.consumed, tokens.missing) == (game.consumed, game.missing)
                assert (tokens.produced, tokens.remaining) == (game.consumed, game.missing)
    played = [found[case] for case, game in games.items() if game]
    question = ("query", "conformance", f"steps={design}", "--workspace", workspace)
    (ours,) = answer(*question)["rows"]
    assert ours["n"] == len(played)
    assert ours["elsewhere"] == len(games) - len(played)
    assert ours["fitting"] == sum(tokens.is_fit for tokens in played)
    if design not in REPEATING:
        assert ours["consumed"] == sum(tokens.consumed for tokens in played)
        assert ours["missing"] == sum(tokens.missing for tokens in played)
