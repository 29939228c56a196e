"""Pains that the generator planted are found, each once and at its time, and nothing besides."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.measures.pains import held
from journey.sample.planted.files import PlantedPains, plant, stories
from journey.sample.planted.story import PLOTS
from projections.pains.kinds import Kind

EACH = 6


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> PlantedPains:
    return plant(tmp_path_factory.mktemp("planted") / "planted.jsonl", EACH, seed=3)


def test_every_kind_is_found_exactly(planted: PlantedPains, tmp_path: Path) -> None:
    scores = held(planted, tmp_path / "journey-data")
    assert scores.keys() == {str(kind) for kind in Kind}
    missed = {
        kind: score
        for kind, score in scores.items()
        if score.planted < EACH or (score.precision, score.recall) != (1.0, 1.0)
    }
    assert not missed


def test_each_kind_has_cases_and_near_misses_of_several_sorts(planted: PlantedPains) -> None:
    assert planted.cases == planted.near_misses == {str(kind): EACH for kind in Kind}
    plots = Counter((plot.kind, plot.is_case) for plot in PLOTS)
    assert set(plots) == {(str(kind), is_case) for kind in Kind for is_case in (True, False)}
    assert not [plot for plot, story in stories(EACH, 3) if plot.is_case and not story.suffered]


def test_a_near_miss_does_not_suffer_from_what_it_misses() -> None:
    for plot, story in stories(EACH, 3):
        kinds = [pain.kind for pain in story.suffered]
        assert (plot.kind in kinds) == plot.is_case, plot.why


def test_the_same_seed_gives_the_same_bytes_and_some_arrive_late(tmp_path: Path) -> None:
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "c.jsonl"]
    made = [plant(file, 20, seed) for file, seed in zip(files, (3, 3, 4), strict=True)]
    first, second, other = (file.read_bytes() for file in files)
    assert first == second != other
    lines = [json.loads(line) for line in first.splitlines()]
    times = [line["time"] for line in lines]
    behind = sum(time < max(times[:n], default="") for n, time in enumerate(times))
    assert made[0].late > 0.01 * len(lines)
    assert behind >= 0.5 * made[0].late
