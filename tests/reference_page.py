"""``docs/reference.md``: settings, exit codes and named questions, from the code.

``python -m tests.reference_page`` writes it; a test holds the page against it.
"""

from pathlib import Path

from journey.cli.exits import codes
from journey.clickhouse import queries
from journey.settings import PREFIX, VARIABLES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference.md"


def page() -> str:
    """The whole page."""
    return "\n\n".join(
        ("# Reference", _settings(), _exit_codes(), _questions(), *map(_question, queries.names()))
    )


def _settings() -> str:
    rows = [
        f"| `{PREFIX}{name}` | {about} | {default} |"
        for name, (default, about) in VARIABLES.items()
    ]
    return _table(
        "## Settings\n\nEnvironment variables. Any other that begins so is refused, apart from "
        f"`{PREFIX}TEST_…`.",
        "| variable | what it says | without it |\n|---|---|---|",
        rows,
    )


def _exit_codes() -> str:
    rows = [f"| {code} | {about} |" for code, about in codes().items()]
    return _table("## Exit codes", "| code | meaning |\n|---:|---|", rows)


def _questions() -> str:
    return (
        "## Questions\n\n`journey query NAME parameter=value …`, and `query` in "
        "[Python](notebooks.md). A parameter without a default must be given."
    )


def _question(name: str) -> str:
    query = queries.named(name)
    rows = [
        f"| `{p.name}` | {p.sort} | {_default(p.default)} | {p.about}{_of(p.choices)} |"
        for p in query.parameters
    ]
    takes = _table("Takes:", "| parameter | kind | default | what |\n|---|---|---|---|", rows)
    gives = _table(
        "Gives:",
        "| column | kind | what |\n|---|---|---|",
        [f"| `{c.name}` | {c.unit} | {c.about} |" for c in query.columns],
    )
    return "\n\n".join((f"### {name}", query.about, *((takes,) if rows else ()), gives))


def _default(default: object) -> str:
    return "must be given" if default is None else f"`{default}`" if default != "" else "empty"


def _of(choices: tuple[str, ...]) -> str:
    return f" ({', '.join(choices)})" if choices else ""


def _table(above: str, head: str, rows: list[str]) -> str:
    return f"{above}\n\n{head}\n" + "\n".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page() + "\n", encoding="utf-8")
