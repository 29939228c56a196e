"""Files go to workers so that none is left alone at the end, and none is left out."""

from itertools import pairwise
from pathlib import Path

from tests.order import LONG, WAITING, in_turn

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("def test_")
    for path in sorted((ROOT / "tests").rglob("test_*.py"))
}


def test_every_file_has_its_turn():
    assert sorted(in_turn(FILES)) == sorted(FILES)
    for some in (dict.fromkeys(LONG, 1), {"tests/stream/test_acts.py": 1}, {}):
        assert sorted(in_turn(some)) == sorted(some)


def test_files_and_folders_with_a_place_of_their_own_are_there():
    assert set(LONG) <= FILES.keys()
    for folder in WAITING:
        assert any(name.startswith(folder) for name in FILES), folder


def test_long_files_begin_first():
    computing = [name for name in in_turn(FILES) if not name.startswith(WAITING)]
    assert computing[: len(LONG)] == list(LONG)


def test_what_waits_never_keeps_all_workers_waiting():
    order = [name.startswith(WAITING) for name in in_turn(FILES)]
    assert order[0]
    assert not any(one and two for one, two in pairwise(order))
    last = max(place for place, waits in enumerate(order) if waits)
    assert len(order) * 0.5 < last < len(order) * 0.9
