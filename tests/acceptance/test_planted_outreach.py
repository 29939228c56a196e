"""The triggers that ship reach whom the generator planted, and nobody else, for its reasons."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pytest

from benchmarks.measures.outreach import SHIPPED, Agreement, compared, entries_of, held
from journey.bootstrap import Workspace
from journey.config.file import parse
from journey.outreach import doorway
from journey.sample.files import beside
from journey.sample.reach.files import PlantedOutreach, plant_outreach, stories
from journey.sample.reach.offers import SHARES
from journey.sample.reach.story import PLOTS
from journey.settings import Settings
from projections.outreach import audience
from projections.outreach.guardrails import GUARDRAILS
from schemas.times import DAY, HOUR, SECOND

EACH = 20
JOURNEY = Path(sys.executable).with_name("journey")
MEMORY = Path("/dev/shm")
SETTINGS = Settings(master_key=bytes(range(32)))  # the same ids, so the same draw for the holdout
TRIGGERS = parse(SHIPPED.read_text(encoding="utf-8")).rules.triggers
BY_CONFIGURATION = {"stated"}  # guardrails that no trigger that ships makes use of


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> PlantedOutreach:
    return plant_outreach(tmp_path_factory.mktemp("planted") / "planted.jsonl", EACH, seed=3)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # Thousands of commits: in memory, where the machine lets us, each costs no wait for a disk.
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as made:
        yield Path(made) / "w"


@pytest.fixture(scope="module")
def found(planted: PlantedOutreach, folder: Path) -> dict[str, Agreement]:
    return held(planted, folder, SETTINGS)


def test_everybody_who_must_be_reached_is_and_nobody_else(found: dict[str, Agreement]) -> None:
    assert found.keys() == {*TRIGGERS, "unanswered"}
    assert [d for one in found.values() for d in one.disagreements] == []


def test_each_trigger_has_enough_of_both_and_some_in_the_holdout(
    found: dict[str, Agreement],
) -> None:
    for name, one in found.items():
        assert one.about >= 2 * EACH
        assert one.reached >= EACH, name
        assert one.planted - one.reached >= EACH, name
    assert {name for name, one in found.items() if one.kept["holdout"]} == set(SHARES)
    assert {name: t.holdout for name, t in TRIGGERS.items() if t.holdout} == SHARES


def test_every_guardrail_has_kept_somebody_back_or_held_somebody(
    found: dict[str, Agreement], planted: PlantedOutreach
) -> None:
    by = {v.get("by", "") for entry in entries_of(planted) for v in entry["verdicts"]}
    by |= {why for one in found.values() for why in one.kept}
    assert set(GUARDRAILS) - by == BY_CONFIGURATION


@pytest.fixture
def lived(found: dict[str, Agreement], folder: Path) -> Iterator[Workspace]:
    with Workspace(folder, SETTINGS) as workspace:
        yield workspace


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("time", "2025-01-06T00:00:00Z"),
        ("by", "stated"),
        ("what", "ended"),
        ("channel", "phone"),
        ("door", {"end": "expired"}),
        ("door", {"end": "ready", "by": "lee"}),
    ],
)
def test_a_ledger_that_says_otherwise_is_not_agreed_with(
    lived: Workspace, planted: PlantedOutreach, field: str, other: object
) -> None:
    entries = entries_of(planted)
    entry = next(e for e in entries if e["trigger"] == "delivery-late" and e["verdicts"])
    entry["verdicts"][0][field] = other
    wrong = compared(lived, entries)["delivery-late"].disagreements
    assert {entry["customer"] in said for said in wrong} == {True}


def test_who_is_reached_and_in_no_ledger_is_told(
    lived: Workspace, planted: PlantedOutreach
) -> None:
    entries = entries_of(planted)
    gone = next(e for e in entries if e["trigger"] == "low-score" and e["verdicts"])
    entries.remove(gone)
    (wrong,) = compared(lived, entries)["low-score"].disagreements
    assert "is in no ledger" in wrong


def test_why_nothing_began_is_held_against_the_answer(
    lived: Workspace, planted: PlantedOutreach
) -> None:
    entries = entries_of(planted)
    entry = next(e for e in entries if e.get("silent") == "called off" and not e["verdicts"]
                 and e["trigger"] in TRIGGERS)  # fmt: skip
    entry["silent"] = "again"
    wrong = compared(lived, entries)[entry["trigger"]].disagreements
    assert [entry["customer"] in said for said in wrong] == [True]


# --- the door ---------------------------------------------------------------------------------

R, W, X = "ready", "waiting_for_approval", "expired"
# Worked out by hand: 499 customers are known, so four may go out in a day; of one more, five.
# Two of those that wait are approved a day and six seconds after the first.
CROWD: tuple[tuple[str, str, str, str], ...] = (
    ("03T03:00:00", R, R, "the first of four"),
    ("03T03:00:01", R, R, ""),
    ("03T03:00:02", R, R, ""),
    ("03T03:00:03", R, R, "the fourth of four"),
    ("03T03:00:04", X, X, "the fifth of four, and nobody said a word within a day"),
    ("03T03:00:05", X, X, "that day was over a second before"),
    ("03T03:00:06", W, R, "it is just not over"),
    ("03T03:00:07", W, R, ""),
    ("03T04:59:59", W, X, "the third that waits, and two are approved"),
    ("03T05:00:00", R, R, "the fifth of five"),
    ("03T05:00:01", W, X, "the sixth"),
    ("04T02:59:59", W, X, "the sixth"),
    ("04T03:00:00", R, R, "of 03T03:00:00 the day is over"),
    ("04T03:00:01", R, R, "of the next one, too"),
    ("04T04:00:00", "", X, "05:00:00, 03:00:00, 03:00:01, and two approved: the sixth"),
    ("04T05:00:00", "", R, "of 03T05:00:00 the day is over"),
    ("04T05:00:01", "", X, "the sixth"),
    ("05T03:00:02", "", R, "two approved, 05:00:00: the fourth"),
    ("05T03:00:03", "", R, "the fifth"),
    ("05T03:00:05", "", X, "the sixth"),
    ("05T03:00:06", "", R, "of the two approved the day is over"),
    ("05T03:00:07", "", R, "there was room for one more"),
)


def test_the_ledger_of_the_crowd_is_what_one_works_out_by_hand(planted: PlantedOutreach) -> None:
    verdicts = [v for e in entries_of(planted) for v in e["verdicts"] if v["time"] < "2024-07"]
    told = [(v["time"][8:-1], v["door"].get("between", ""), v["door"]["end"]) for v in verdicts
            if v["what"] == "decided"]  # fmt: skip
    assert told == [(at, between, end) for at, between, end, _ in CROWD]
    assert [v["time"][8:-1] for v in verdicts if "by" in v.get("door", {})] == [
        at for at, between, end, _ in CROWD if (between, end) == (W, R)
    ]


def test_the_outbox_was_asked_of_all_that_was_decided_and_of_the_crowd_twice(
    found: dict[str, Agreement], planted: PlantedOutreach
) -> None:
    decided = Counter(
        e["trigger"] for e in entries_of(planted) for v in e["verdicts"] if v["what"] == "decided"
    )
    twice = Counter({planted.approved.trigger: sum(1 for each in CROWD if each[1])})
    asked = {name: one.doors for name, one in found.items()}
    assert {n: asked[n] for n in asked.keys() - SHARES.keys()} == {
        n: decided[n] + twice[n] for n in asked.keys() - SHARES.keys()
    }
    assert all(asked[name] >= EACH for name in SHARES)


@pytest.mark.parametrize(
    ("where", "name", "broken"),
    [
        (audience, "WINDOW", DAY - HOUR),
        (audience, "WINDOW", DAY + SECOND),
        (doorway, "limit", lambda *told: audience.limit(*told) + 1),  # as if <= stood for <
        (doorway, "limit", lambda most, share, _: audience.limit(most, share, 499)),
        (doorway, "HOUR", 0),  # customers count before the hour in which they come is over
        (doorway, "HOUR", 2 * HOUR),
    ],
)
def test_a_broken_rule_of_the_door_is_found_out(
    lived: Workspace,
    planted: PlantedOutreach,
    monkeypatch: pytest.MonkeyPatch,
    where: ModuleType,
    name: str,
    broken: object,
) -> None:
    entries = [e for e in entries_of(planted) if e["trigger"] == planted.approved.trigger]
    monkeypatch.setattr(where, name, broken)
    assert compared(lived, entries)[planted.approved.trigger].disagreements


# --- the stories themselves -------------------------------------------------------------------


def test_a_story_says_of_its_own_trigger_what_its_plot_says() -> None:
    for plot, story in stories(EACH, 3):
        is_reached = any(v.what == "decided" for v in story.verdicts.get(plot.trigger, ()))
        assert is_reached == plot.is_case, plot.why
        assert plot.trigger in story.verdicts.keys() | story.silent.keys(), plot.why


def test_each_trigger_that_ships_has_plots_of_both_kinds_and_all_are_told() -> None:
    kinds = {(plot.trigger, plot.is_case) for plot in PLOTS}
    assert kinds == {(name, kind) for name in (*TRIGGERS, "unanswered") for kind in (True, False)}
    told = Counter((plot.trigger, plot.why) for plot, _ in stories(EACH, 3))
    assert told.keys() == {(plot.trigger, plot.why) for plot in PLOTS}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    made = [plant_outreach(tmp_path / f"{n}.jsonl", 3, seed) for n, seed in enumerate((3, 3, 4))]
    files = [Path(one.file).read_bytes() for one in made]
    ledgers = [Path(one.ledger).read_bytes() for one in made]
    assert files[0] == files[1] != files[2]
    assert ledgers[0] == ledgers[1] != ledgers[2]
    recipe = json.loads(ledgers[0].splitlines()[0])
    assert recipe == {
        "what": "recipe",
        "outreach": 3,
        "seed": 3,
        "reviewed_on": "2025-03-01",
        "approved": {
            "trigger": "payment-failed",
            "time": "2024-06-04T03:00:06.000001Z",
            "number": 2,
            "by": "kim",
        },
    }


def test_the_same_seed_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    made = []
    for seed in "12":  # of hashes: sets come in another order
        file = tmp_path / f"{seed}.jsonl"
        command = [str(JOURNEY), "generate", str(file), "--outreach", "3"]
        subprocess.run(command, check=True, timeout=60, env=os.environ | {"PYTHONHASHSEED": seed})
        made.append((file.read_bytes(), beside(str(file)).read_bytes()))
    assert made[0] == made[1]


def test_the_generator_knows_nothing_of_what_decides() -> None:
    folder = Path(__file__).parents[2] / "journey" / "sample"
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    assert len(texts) > 10
    assert not [text for text in texts if re.search("(import|from) (projections|replay)", text)]
