"""Colours and manners of all pictures.

Each colour has a role, and for each role there are two: on a light ground and on a dark one. A
figure is made in the light ones; a page changes them to dark by ``dark_of``. Text has a contrast of
at least 4.5 to its ground, everything else that tells something at least 3; a test counts them.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

FONT = 'system-ui, "Segoe UI", "Hiragino Sans", "Noto Sans JP", "IPAGothic", sans-serif'
BAND = 0.2  # how much of an interval's colour covers what lies below
LINK = 0.45  # the same of a flow

# role -> (on light, on dark)
GROUNDS = {"ground": ("#ffffff", "#14181f"), "grid": ("#dde2ea", "#343d4b")}
TEXTS = {"text": ("#1a202c", "#e8ecf2"), "muted": ("#4a5465", "#aeb8c7")}
SERIES = (
    ("#1d5fbf", "#7db2ff"),  # blue
    ("#b45309", "#f4a95c"),  # orange
    ("#0f766e", "#4fd1c0"),  # teal
    ("#7c3aed", "#bfa2ff"),  # violet
    ("#b91c1c", "#ff8d8d"),  # red
    ("#4d7c0f", "#a6d85f"),  # green
    ("#be185d", "#f791c2"),  # pink
    ("#525c6b", "#a9b3c1"),  # grey
    ("#0369a1", "#5cc4f5"),  # sky
    ("#854d0e", "#dcb35b"),  # ochre
)
BLUE, ORANGE, TEAL, VIOLET, RED, GREEN, PINK, GREY, *_ = (light for light, _ in SERIES)
TEXT, MUTED = TEXTS["text"][0], TEXTS["muted"][0]
GROUND, GRID = GROUNDS["ground"][0], GROUNDS["grid"][0]
SCALE = (("#eaf1fc", "#1f2a3a"), ("#1d5fbf", "#7db2ff"))  # from nothing to all


def series(n: int) -> str:
    """The colour of the series number ``n``, from 0; they come again after ten."""
    return SERIES[n % len(SERIES)][0]


def seen_through(colour: str, share: float) -> str:
    """A colour that lets through what lies below."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def dark_of() -> dict[str, str]:
    """The colour on a dark ground for each that a figure has on a light one."""
    plain = [*GROUNDS.values(), *TEXTS.values(), *SERIES, *SCALE]
    clear = [
        (seen_through(light, share), seen_through(dark, share))
        for light, dark in SERIES
        for share in (BAND, LINK)
    ]
    return dict([*plain, *clear])


def scale() -> list[list[float | str]]:
    """The colours of a grid, from nothing to all."""
    return [[0.0, SCALE[0][0]], [1.0, SCALE[1][0]]]


def figure(*, height: int = 380, least_width: int = 0, **layout: Any) -> go.Figure:
    """An empty figure with our manners.

    Args:
        height: in pixels; the width is that of its place.
        least_width: below which it cannot be read: a page lets it be moved sideways then.
    """
    axis = {"gridcolor": GRID, "zerolinecolor": GRID, "linecolor": MUTED, "automargin": True}
    axis |= {"tickangle": 0}
    made = go.Figure()
    made.update_layout(
        template="none",
        height=height,
        meta={"least_width": least_width},
        paper_bgcolor=GROUND,
        plot_bgcolor=GROUND,
        font={"family": FONT, "size": 13, "color": TEXT},
        margin={"l": 8, "r": 16, "t": 16, "b": 8},
        legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0},
        xaxis=axis,
        yaxis=axis,
        dragmode=False,
        bargap=0.3,
        colorway=[light for light, _ in SERIES],
        hoverlabel={"font": {"family": FONT}},
    )
    return made.update_layout(**layout)


def said(sentence: str) -> go.Figure:
    """A picture of nothing, which says so."""
    made = figure(height=120)
    made.update_xaxes(visible=False).update_yaxes(visible=False)
    return made.add_annotation(
        text=sentence, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper"
    )
