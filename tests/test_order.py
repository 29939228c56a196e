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
    for some in ({LONG[0]: 1, LONG[1]: 1}, {"tests/stream/test_acts.py": 1}, {}):
        assert sorted(in_turn(some)) == sorted(some)


def test_files_and_folders_with_a_place_of_their_own_are_there():
    for begin in (*LONG, *WAITING):
        assert any(name.startswith(begin) for name in FILES), begin


def test_long_files_begin_first():
    computing = [name for name in in_turn(FILES) if not name.startswith(WAITING)]
    long = [name for name in computing if name.startswith(LONG)]
    assert computing[: len(long)] == long
    assert long[:3] == list(LONG[:3])


def test_what_waits_never_keeps_all_workers_waiting():
    order = [name.startswith(WAITING) for name in in_turn(FILES)]
    assert order[0]
    assert not any(one and two for one, two in pairwise(order))
    last = max(place for place, waits in enumerate(order) if waits)
    assert len(order) * 0.5 < last < len(order) * 0.9
