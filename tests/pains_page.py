"""The generated part of ``docs/pain-points.md``, from the table of kinds and their settings.

``python -m tests.pains_page`` writes it into the page; a test holds the page against it.
"""

from pathlib import Path

from projections.configuration import DEFAULT, in_words
from projections.configuration.pains import Graded, PainRule
from projections.pains.kinds import KINDS, Kind
from schemas.times import SECOND

PAGE = Path(__file__).resolve().parent.parent / "docs" / "pain-points.md"
START, END = "<!-- kinds: generated -->\n", "\n<!-- kinds: end -->"
DURATIONS = ("within", "after", "surveys_within")
COMMON = ("enabled", "severity", "worse_from")


def kinds() -> str:
    """A heading, the rule in words and the settings of every kind."""
    return "\n\n".join(_kind(kind) for kind in Kind)


def _kind(kind: Kind) -> str:
    told, rule = KINDS[kind], DEFAULT.pains.rule(kind)
    lines = [f"### {kind}", "", told.rule, "", f"- It ends {told.ends}.", _severity(kind, rule)]
    own = [_setting(name, getattr(rule, name)) for name in rule.__struct_fields__]
    settings = [text for text in own if text]
    if settings:
        lines.append(f"- Settings of `[pains.{kind}]`: {', '.join(settings)}.")
    return "\n".join(lines)


def _severity(kind: Kind, rule: PainRule) -> str:
    text = f"- Severity {rule.severity}"
    if isinstance(rule, Graded):
        steps = ", ".join(f"{step:g}" for step in rule.worse_from)
        return f"{text}, one more from each of {steps}: {KINDS[kind].worse}."
    return f"{text}; {KINDS[kind].worse}." if KINDS[kind].worse else f"{text}."


def _setting(name: str, value: object) -> str:
    if name in COMMON:
        return ""
    if name in DURATIONS and isinstance(value, int):
        return f"`{name}` ({in_words(value * SECOND)})"
    if isinstance(value, list):
        return f"`{name}` ({', '.join(each or 'unknown' for each in value)})"
    return f"`{name}` ({value})"


def filled(page: str) -> str:
    """The page with the kinds as they should be."""
    before, after = page.split(START)[0], page.split(END)[1]
    return f"{before}{START}{kinds()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
