"""Pictures as files: PNG and SVG by a browser that the machine has; nothing is fetched."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from journey.clickhouse import queries
from journey.pictures.catalogue import drawn_by
from schemas.errors import JourneyError, UsageError

if TYPE_CHECKING:
    import plotly.graph_objects as go

PAGE = ".html"
IMAGES = {".png": "png", ".svg": "svg"}
WIDTH = 960  # pixels of an image
SCALE = 2  # dots of a PNG for each of them


def drawable(query: str, path: Path) -> None:
    """Refuse what cannot be drawn, before it is asked.

    Raises:
        NotFound: there is no such question.
        UsageError: the question has no picture, or the file is of another kind.
    """
    queries.named(query)
    drawn_by(query)
    if path.suffix.lower() not in (PAGE, *IMAGES):
        raise UsageError(f"{path} is no kind of picture: end its name in .html, .png or .svg.")


def image(figure: go.Figure, path: Path) -> None:
    """Write a figure as PNG or SVG.

    Raises:
        JourneyError: there is no browser to draw it, or it failed.
    """
    import kaleido
    from choreographer.errors import ChromeNotFoundError

    for name in ("choreographer", "kaleido"):  # what fails is raised; the rest is their own affair
        logging.getLogger(name).setLevel(logging.CRITICAL)

    options = {"format": IMAGES[path.suffix.lower()], "width": WIDTH, "scale": SCALE}
    options["height"] = figure.layout.height
    try:
        drawn = kaleido.calc_fig_sync(figure, opts=options, kopts={"mathjax": False})
    except ChromeNotFoundError:
        raise JourneyError(
            "PNG and SVG are drawn by Chromium or Chrome, and there is none: install one, name it "
            "in BROWSER_PATH, or end the file's name in .html."
        ) from None
    except (RuntimeError, OSError) as error:  # it does not start, ends too early, takes for ever
        raise JourneyError(
            f"The browser could not draw it ({type(error).__name__}): see that it starts, or end "
            "the file's name in .html."
        ) from None
    path.write_bytes(drawn)
