"""The tables of ``docs/segment.md``, from those that the importer reads.

``python -m tests.segment_page`` writes them into the page; a test holds it against the code.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from journey.ingest.segment_vocabulary import CALLS, PEOPLE, THEMSELVES, VOCABULARIES, Meaning

PAGE = Path(__file__).resolve().parent.parent / "docs" / "segment.md"
BEGIN, END = "<!-- tables: begin -->\n", "<!-- tables: end -->"
NONE = "\N{EN DASH}"
HEAD = ["| {} | is | channel | ours ← theirs |", "|---|---|---|---|"]


def with_tables(text: str) -> str:
    """The page with the tables as they are now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{tables()}{END}{after}"


def tables() -> str:
    """Calls, vocabularies, identities."""
    parts = ["", "### Calls", "", *_table("call", CALLS)]
    for title, meanings in VOCABULARIES.items():
        parts += ["", f"### {title}", "", *_table("event", meanings)]
    parts += ["", "### Identities", "", "| kind | from |", "|---|---|"]
    for kind, paths in PEOPLE.items():
        own = [f"`{path}` of `identify`" for path in THEMSELVES.get(kind, ())]
        parts.append(f"| `{kind}` | {', '.join([*(f'`{p}`' for p in paths), *own])} |")
    parts.append("| by their `type` | `context.externalIds` of the collection `users` |")
    return "\n".join([*parts, "", ""])


def _table(first: str, meanings: Mapping[str, Meaning]) -> Iterator[str]:
    yield HEAD[0].format(first)
    yield HEAD[1]
    for name, meaning in meanings.items():
        ours = "; ".join(_ours(meaning)) or NONE
        yield f"| {name} | `{meaning.type}` | {meaning.channel or NONE} | {ours} |"


def _ours(meaning: Meaning) -> Iterator[str]:
    declared = dict(meaning.declared)
    if meaning.conversation:
        declared["conversation"] = meaning.conversation
    if meaning.actor_id:
        declared["actor.id"] = meaning.actor_id
    for name, paths in declared.items():
        shown = "`quantity`, below zero" if name == "removed" else f"`{name}`"
        short = (path.removeprefix("properties.") for path in paths)
        yield f"{shown} ← {', '.join(f'`{path}`' for path in short)}"
    if meaning.actor_kind:
        yield f"`actor.kind` = `{meaning.actor_kind}`"
    for name, value in meaning.always.items():
        yield f"`{name}` = `{value}`" + (" if none is told" if name in declared else "")
    if meaning.needs:
        yield f"custom without `{meaning.needs}`"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
