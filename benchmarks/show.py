"""The table for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.report import Measured, Outcome, Spread, Verdict

_STYLES = {Verdict.GOAL: "green", Verdict.FLOOR: "yellow", Verdict.MISSED: "red"}


def show(outcome: Outcome, console: Console) -> None:
    """Print one benchmark."""
    shown = Table(title=f"{outcome.name}: {outcome.about}", title_justify="left")
    for name in ("figure", "unit", "journey", "reference", "share", "floor / goal", ""):
        is_text = name in ("figure", "unit", "")
        shown.add_column(name, justify="left" if is_text else "right", no_wrap=True)
    for figure in outcome.figures:
        style = _STYLES.get(figure.verdict, "dim")
        shown.add_row(
            figure.name,
            figure.unit,
            _spread(figure.ours),
            _spread(figure.reference),
            _spread(figure.ratio),
            _targets(figure),
            f"[{style}]{figure.verdict.value}[/{style}]",
        )
    console.print(shown)
    console.print(f"  {outcome.runs} runs each, taking turns: median (least to greatest).")
    for name, about in outcome.sides.items():
        console.print(f"  {name}: {about}", markup=False, style="dim")
    for name, facts in outcome.facts.items():
        told = ", ".join(f"{key} {value}" for key, value in facts.items())
        console.print(f"  {name} told: {told}", markup=False, style="dim")
    for note in outcome.notes:
        console.print(f"  {note}", markup=False, style="dim")


def _spread(values: Spread | None) -> str:
    if values is None:
        return ""
    middle, least, greatest = (_number(v) for v in (values.median, values.min, values.max))
    return middle if len(values.runs) == 1 else f"{middle} ({least} to {greatest})"


def _targets(figure: Measured) -> str:
    if figure.floor is None:
        return ""
    wanted = _number(figure.floor)
    if figure.goal is not None:
        wanted += f" / {_number(figure.goal)}"
    return f"share {wanted}" if figure.judged == "ratio" else wanted


def _number(value: float) -> str:
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
