"""The generated parts of ``docs/data-model.md``, from the declarations in the code.

``python -m tests.data_model_page`` writes them into the page; a test holds the page against them.
"""

from pathlib import Path

from projections.configuration.stages import BEFORE, BUILT_IN, StageRules
from projections.tables import TABLES, Kind, Table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "data-model.md"

# What a column of each kind holds, for readers of tables.
IN_WORDS = {
    Kind.ID: "id",
    Kind.WORD: "word",
    Kind.TEXT: "text",
    Kind.WORDS: "list of words",
    Kind.TIME: "time",
    Kind.MAYBE_TIME: "time or null",
    Kind.SECONDS: "seconds",
    Kind.MAYBE_SECONDS: "seconds or null",
    Kind.COUNT: "count",
    Kind.WHOLE: "whole number",
    Kind.NUMBER: "number",
    Kind.MAYBE_NUMBER: "number or null",
    Kind.FLAG: "yes or no",
}


def tables() -> str:
    """A heading and a list of columns for every published table."""
    return "\n\n".join(_table(table) for table in TABLES)


def _table(table: Table) -> str:
    lines = [
        f"### {table.name}, version {table.version}",
        "",
        f"{table.about} Key: {', '.join(f'`{name}`' for name in table.key)}. "
        f"Cut by months of `{table.time}`.",
        "",
        "| column | kind | what |",
        "|---|---|---|",
    ]
    for column in table.columns:
        mark = " †" if column.of_record else ""
        lines.append(f"| `{column.name}`{mark} | {IN_WORDS[column.kind]} | {column.about} |")
    return "\n".join(lines)


def transitions() -> str:
    """The stages as a diagram: one arrow a pair of stages, with all signs that lead along it."""
    rules = StageRules()
    stages, order = [*rules.stages, BEFORE], [*rules.all_signs, *BUILT_IN]
    arrows: dict[tuple[str, str], list[str]] = {}
    for stage, moves in rules.moves().items():
        for sign, to in moves.items():
            arrows.setdefault((stage, to), []).append(sign)
    lines = ["```mermaid", "stateDiagram-v2", f"    state {quoted('the stage before')} as {BEFORE}"]
    lines.append(f"    [*] --> {rules.path[0]}: first touch")
    for left, entered in sorted(arrows, key=lambda pair: [stages.index(s) for s in pair]):
        signs = arrows[left, entered]
        lines.append(f"    {left} --> {entered}: {', '.join(sorted(signs, key=order.index))}")
    return "\n".join([*lines, "```"])


def quoted(text: str) -> str:
    """A text as mermaid writes it."""
    return f'"{text}"'


PARTS = {"tables": tables, "transitions": transitions}


def filled(page: str) -> str:
    """The page with every generated part as it should be."""
    for name, make in PARTS.items():
        start, end = f"<!-- {name}: generated -->\n", f"\n<!-- {name}: end -->"
        before, after = page.split(start)[0], page.split(end)[1]
        page = f"{before}{start}{make()}{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
