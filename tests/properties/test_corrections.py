"""A correction is what a late event or a merge changed, and nothing else."""

from dataclasses import replace

from hypothesis import given

from schemas.times import DAY, MINUTE
from tests.properties.gallery import LATER, plot, step, told
from tests.properties.plots import Plot, plots
from tests.properties.world import lived


def corrections(of: Plot):
    with lived(of, lives_once=True) as world:
        return list(world.store.corrections(999))


@given(plots())
def test_what_is_told_in_time_by_known_people_corrects_nothing(random_plot):
    steps = [
        replace(
            one,
            told=[replace(m, ago=0, way="mail") for m in one.told if m.kind != "links"],
            works="advance",
        )
        for one in random_plot.steps
    ]
    # Events of one time are ordered by their ids: only a later time is surely no earlier place.
    spread = [replace(one, wait=one.wait + MINUTE, told=one.told[:1]) for one in steps]
    assert corrections(replace(random_plot, steps=spread)) == []


def test_what_came_in_time_with_a_late_one_is_no_correction():
    before = step(told("asks", talk=0), told("asks", talk=1))
    late = told("says", talk=0, ago=DAY)
    on_time = told("replies", talk=1)
    alone = corrections(plot(before, step(late, wait=2 * DAY), LATER))
    together = corrections(plot(before, step(late, on_time, wait=2 * DAY), LATER))
    assert [(c.table, c.why, c.fields) for c in together] == [
        (c.table, c.why, c.fields) for c in alone
    ]
    assert {c.table for c in alone} <= {"conversations", "stages"}
