"""The page: sections become one file of HTML that fetches nothing."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import msgspec
import plotly.io as pio
from jinja2 import Environment, StrictUndefined
from plotly.offline import get_plotlyjs

from journey.pictures import theme
from journey.report.blocks import Section
from journey.words import Words


def page(title: str, under: Sequence[str], sections: Sequence[Section], words: Words) -> str:
    """The whole page.

    Args:
        under: lines below the title.
    """
    pictures = {
        f"{section.name}-{block.name}": block.picture
        for section in sections
        for block in section.blocks
        if block.picture is not None
    }
    told = ",".join(
        f"{msgspec.json.encode(name).decode()}:{pio.to_json(figure, validate=False)}"
        for name, figure in pictures.items()
    )
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_file("page.html")).render(
        title=title,
        under=under,
        sections=sections,
        words=words,
        begun=lambda sentence: sentence[:1].upper() + sentence[1:],
        style=_file("page.css"),
        pictures=_in_script("{" + told + "}") if pictures else "",
        dark=_in_script(msgspec.json.encode(theme.dark_of()).decode()),
        plotly=get_plotlyjs() if pictures else "",
        script=_file("page.js"),
    )


def _in_script(told: str) -> str:
    """JSON that no reader of HTML takes for the end of its element."""
    return told.replace("<", "\\u003c")


def _file(name: str) -> str:
    return (files("journey.report") / name).read_text("utf-8")
