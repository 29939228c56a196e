"""Pictures hold the numbers of the answers that they are made from, and nothing else."""

from datetime import date
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa
import pytest

from journey.clickhouse import queries
from journey.pictures import theme
from journey.pictures.catalogue import PICTURES, picture
from journey.words import Words
from projections.configuration import DEFAULT
from schemas.errors import UsageError


def drawn(query: str, rows: list[dict[str, Any]], **parameters: Any) -> go.Figure:
    return picture(query, pa.Table.from_pylist(rows), parameters)


def shown(figure: go.Figure) -> list[str]:
    """The names of its traces."""
    return [trace.name for trace in figure.data if trace.showlegend is not False]


def luminance(colour: str) -> float:
    """As WCAG 2 has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    told = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * told[0] + 0.7152 * told[1] + 0.0722 * told[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [0, 1], ids=["light", "dark"])
def test_colours_have_contrast(dark: int) -> None:
    ground = theme.GROUNDS["ground"][dark]
    for pair in theme.TEXTS.values():
        assert contrast(pair[dark], ground) >= 4.5
    for pair in theme.SERIES:  # bars have their figures in the ground's colour in them
        assert contrast(pair[dark], ground) >= 4.5


def test_every_colour_has_one_for_the_dark() -> None:
    told = theme.dark_of()
    colours = [*theme.GROUNDS.values(), *theme.TEXTS.values(), *theme.SERIES, *theme.SCALE]
    assert len({light for light, _ in colours}) == len(set(colours)), "one colour, two roles"
    assert all(told[light] == dark for light, dark in colours)


def test_every_picture_is_of_a_query() -> None:
    assert PICTURES.keys() <= set(queries.names())


def test_what_has_no_picture_says_what_has() -> None:
    with pytest.raises(UsageError, match=r"decision-list has no picture; these have one: .*nps"):
        drawn("decision-list", [{"decision_id": "a"}])


@pytest.mark.parametrize("query", PICTURES)
def test_nothing_is_drawn_with_words(query: str) -> None:
    columns = {c.name: pa.array([], queries.ARROW[c.unit]) for c in queries.named(query).columns}
    figure = picture(query, pa.table(columns), {}, Words("ja"))
    assert not figure.data
    assert [note.text for note in figure.layout.annotations] == [Words("ja")("picture.nothing")]


FUNNEL = [
    {"step": 1, "activity": "a", "customers": 200, "share": 1.0, "median_s": 0.0, "p90_s": 0.0},
    {"step": 2, "activity": "b", "customers": 50, "share": 0.25, "median_s": 60.0, "p90_s": 90.0},
]


def test_a_funnel() -> None:
    [bars] = drawn("funnel", FUNNEL, steps="a,b").data
    assert (list(bars.x), list(bars.y)) == ([200, 50], ["1. a", "2. b"])
    assert list(bars.text) == ["200 (100.0%)", "50 (25.0%)"]


def test_a_funnel_by_groups_shows_shares() -> None:
    rows = [row | {"channel": c} for c in ("web", "app") for row in FUNNEL]
    rows[2] |= {"customers": 300}
    figure = drawn("funnel", rows, steps="a,b", by="channel")
    assert shown(figure) == ["app", "web"]  # the largest first
    assert [list(trace.x) for trace in figure.data] == [[1.0, 0.25], [1.0, 0.25]]


def test_a_metric_by_group_stands_in_its_interval() -> None:
    rows = [
        {"channel": "email", "n": 10, "share": 0.5, "share_low": 0.25, "share_high": 0.75},
        {"channel": "chat", "n": 0, "share": None, "share_low": None, "share_high": None},
    ]
    [dots] = drawn("csat", rows, by="channel").data
    assert (list(dots.x), list(dots.y)) == ([0.5], ["email"])
    assert (list(dots.error_x.array), list(dots.error_x.arrayminus)) == ([0.25], [0.25])
    assert list(dots.text) == ["50.0% (25.0% to 75.0%, n = 10)"]


def test_a_line_breaks_where_nothing_is_known() -> None:
    rows = [
        {"month": day, "n": 9, "nps": value, "nps_low": value - 5, "nps_high": value + 5}
        for day, value in [("2026-01-01", 10.0), ("2026-02-01", 20.0), ("2026-05-01", 30.0)]
    ]
    figure = drawn("nps", rows, by="month")
    band, alone, line = figure.data
    assert list(band.x) == ["2026-01-01", "2026-02-01", "2026-02-01", "2026-01-01"]
    assert list(band.y) == [15.0, 25.0, 15.0, 5.0]
    assert (list(alone.x), list(alone.y)) == (["2026-05-01"] * 2, [25.0, 35.0])
    assert list(line.y) == [10.0, 20.0, None, 30.0, None]
    assert shown(figure) == ["95 % interval", "Net Promoter Score"]


def test_times_are_held_against_what_is_due() -> None:
    rows = [
        {"channel": c, "n": 9, "median_s": m, "median_s_low": m / 2, "median_s_high": m * 2}
        | {"p90_s": m * 3}
        for c, m in [("chat", 100.0), ("email", 0.0)]
    ]
    p90, median, due = drawn("first-response", rows, by="channel").data
    assert list(p90.x) == [300.0, 1.0]
    assert list(median.x) == [100.0, 1.0]  # nothing stands left of a second
    assert list(median.text)[1].startswith("0 s")
    assert list(due.x) == [DEFAULT.expectation(c) / 1e6 for c in ("chat", "email")]


def test_moves_between_stages_are_in_the_order_of_the_stages() -> None:
    rows = [
        {"from": "usage", "to": "at_risk", "n": 2, "customers": 2, "median_dwell_s": 60.0},
        {"from": "awareness", "to": "purchase", "n": 7, "customers": 6, "median_dwell_s": None},
    ]
    [flow] = drawn("stage-flow", rows).data
    assert list(flow.node.label) == ["awareness", "usage", "purchase", "at risk"]
    links = zip(flow.link.source, flow.link.target, flow.link.value, strict=True)
    assert set(links) == {(1, 3, 2), (0, 2, 7)}


def test_retention_has_a_row_for_each_cohort() -> None:
    rows = [
        {"cohort": date(2026, 1, 5), "size": 4, "after": 0, "customers": 4, "share": 1.0},
        {"cohort": date(2026, 1, 5), "size": 4, "after": 2, "customers": 1, "share": 0.25},
        {"cohort": date(2026, 1, 12), "size": 2, "after": 0, "customers": 2, "share": 1.0},
    ]
    [grid] = drawn("retention", rows).data
    assert list(grid.y) == ["2026-01-05 (4)", "2026-01-12 (2)"]
    assert [list(line) for line in grid.z] == [[1.0, None, 0.25], [1.0, None, None]]
    assert [list(line) for line in grid.text] == [["100%", "", "25%"], ["100%", "", ""]]


def test_pains_stay_in_the_order_of_their_rank() -> None:
    rows = [
        {"kind": "low_score", "customers": 3, "cost": 0.0},
        {"kind": "delivery_late", "customers": 9, "cost": 12.5},
    ]
    figure = drawn("pain-ranking", rows)
    assert [list(trace.x) for trace in figure.data] == [[3, 9], [0, 12.5]]
    assert list(figure.data[0].y) == ["low score", "late delivery"]
    assert figure.layout.yaxis.categoryarray == ("late delivery", "low score")  # from below
    [alone] = drawn("pain-ranking", rows[:1]).data
    assert list(alone.x) == [3]


def test_the_emotion_curve_breaks_at_what_is_hidden() -> None:
    rows = [
        {"stage": "usage", "n": 9, "told": 9, "emotion": 0.5},
        {"stage": "awareness", "n": 8, "told": 8, "emotion": -0.25},
        {"stage": "purchase", "n": 2, "told": 2, "emotion": None},
        {"stage": "lapsed", "n": 7, "told": 7, "emotion": 0.0},
    ]
    path, apart = drawn("journey-emotion", rows).data
    assert (list(path.x), list(path.y)) == (["awareness", "purchase", "usage"], [-0.25, None, 0.5])
    assert (list(apart.x), list(apart.y), apart.mode) == (["lapsed"], [0.0], "markers+text")


def test_layers_add_up_the_small_ones() -> None:
    rows: list[dict[str, Any]] = [
        {"period": date(2026, 1, 1), "channel": f"c{n}", "n": 100 - n, "customers": 1}
        for n in range(12)
    ]
    figure = drawn("volume", rows, by="channel")
    assert shown(figure)[-1] == "others"
    assert sum(sum(trace.y) for trace in figure.data) == sum(row["n"] for row in rows)


def test_a_trend_marks_what_chance_would_not_have() -> None:
    rows = [
        {"period": date(2026, 1, 5 + 7 * n), "topic": "billing", "n": v, "expected": 3.0}
        | {"ratio": v / 3, "p": 0.1, "q": 0.1, "trend": "up" if v > 5 else ""}
        for n, v in enumerate((3, 9))
    ]
    line, expected, marks = drawn("topic-trend", rows).data
    assert (list(line.y), list(expected.y), list(marks.y)) == ([3, 9], [3.0, 3.0], [9])
    assert list(marks.text) == ["more"]


def test_channels_are_compared_by_three_shares() -> None:
    row: dict[str, Any] = {"channel": "email", "contacts": 9, "turns": 8, "judged": 6, "csat_n": 0}
    for name, value in (("response_rate", 0.5), ("fcr", 0.25), ("csat", None)):
        ends = {f"{name}_low": value and value / 2, f"{name}_high": value and value * 2}
        row |= {name: value} | ends
    rate, fcr, csat = drawn("channels", [row]).data
    assert (list(rate.x), list(fcr.x), list(csat.x)) == ([0.5], [0.25], [])
    assert list(rate.text) == ["50.0% (25.0% to 100.0%, n = 8)"]


def test_names_are_no_markup() -> None:
    row = {"channel": '<a href="x">a & b</a>', "n": 9, "median_s": 60.0, "p90_s": 90.0}
    p90, _, due = drawn("first-response", [row], by="channel").data
    assert list(p90.y) == list(due.y) == ['&lt;a href="x"&gt;a &amp; b&lt;/a&gt;']
    layers = [
        {"period": date(2026, 1, 1), "channel": name, "n": 1, "customers": 1} for name in "<&"
    ]
    assert set(shown(drawn("volume", layers, by="channel"))) == {"&lt;", "&amp;"}


def test_a_stage_that_the_rules_no_longer_have_stands_last() -> None:
    rows = [
        {"stage": stage, "entered": 9, "n": 9, "median_s": 60.0, "p90_s": 90.0}
        for stage in ("gone", "usage", "awareness")
    ]
    assert list(drawn("stage-dwell", rows).data[0].y) == ["awareness", "usage", "gone"]
    moved = [{"from": "gone", "to": "usage", "n": 2, "customers": 2, "median_dwell_s": 60.0}]
    assert list(drawn("stage-flow", moved).data[0].node.label) == ["gone", "usage"]


def test_times_that_lie_together_have_two_marks() -> None:
    row = {"channel": "chat", "n": 9, "median_s": 65.0, "p90_s": 66.0}
    axis = drawn("queue-time", [row], by="channel").layout.xaxis
    assert list(axis.ticktext) == ["1 min", "2 min"]
    low, high = axis.range
    assert round(10**low) <= 60
    assert round(10**high) >= 120
