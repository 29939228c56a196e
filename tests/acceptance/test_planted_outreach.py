"""The triggers that ship reach whom the generator planted, and nobody else, for its reasons."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.measures.outreach import SHIPPED, Agreement, compared, entries_of, held
from journey.bootstrap import Workspace
from journey.config.file import parse
from journey.sample.reach.files import PlantedOutreach, plant_outreach, stories
from journey.sample.reach.offers import SHARES
from journey.sample.reach.story import PLOTS
from journey.settings import Settings
from projections.outreach.guardrails import GUARDRAILS

EACH = 20
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
    [("time", "2025-01-06T00:00:00Z"), ("by", "stated"), ("what", "ended"), ("channel", "phone")],
)
def test_a_ledger_that_says_otherwise_is_not_agreed_with(
    lived: Workspace, planted: PlantedOutreach, field: str, other: str
) -> None:
    entries = entries_of(planted)
    entry = next(e for e in entries if e["trigger"] == "delivery-late" and e["verdicts"])
    entry["verdicts"][0][field] = other
    wrong = compared(lived, entries)["delivery-late"].disagreements
    assert [entry["customer"] in said for said in wrong] == [True]


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
    assert recipe == {"what": "recipe", "outreach": 3, "seed": 3, "reviewed_on": "2025-03-01"}


def test_the_generator_knows_nothing_of_what_decides() -> None:
    folder = Path(__file__).parents[2] / "journey" / "sample"
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    assert len(texts) > 10
    assert not [text for text in texts if re.search("(import|from) (projections|replay)", text)]
