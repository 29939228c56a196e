"""The documentation is true: its examples are accepted, its generated parts are current."""

import re
from pathlib import Path

import pytest

from journey.ingest import jsonl
from journey.ingest.forms import FORMS
from journey.log.identity import LOOKUP_ONLY, RANKS
from journey.settings import PREFIX, VARIABLES, from_environment
from schemas.times import parse_rfc3339
from tests import event_types_page, reference_page
from tests.data_model_page import PAGE, filled

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EVENT_TYPES = event_types_page.PAGE.read_text(encoding="utf-8")
JSONL = (ROOT / "docs" / "jsonl.md").read_text(encoding="utf-8")
NOW = parse_rfc3339("2026-02-01T00:00:00Z")

EXAMPLES = [
    line
    for page in (README, JSONL, EVENT_TYPES)
    for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    for line in block.splitlines()
]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODES = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", JSONL.partition("## What is refused")[2]))
FROM_THE_LOG = {"nobody", "told-differently"}  # not the parser's, but of the same list


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_line_is_accepted(line: str) -> None:
    jsonl.parse(line.encode(), 1, NOW)


def test_every_type_has_an_example() -> None:
    types = {re.search(r'"type": "([a-z-]+)"', line)[1] for line in EXAMPLES}  # type: ignore[index]
    assert types == set(FORMS)


def test_every_reason_of_the_readers_is_explained() -> None:
    ingest = ROOT / "journey" / "ingest"
    places = [
        ingest / f"{name}.py"
        for name in ("declared", "fields", "forms", "jsonl", "line", "objects")
    ]
    places += [ROOT / "schemas" / "events" / f"{name}.py" for name in ("feedback", "listening")]
    text = "".join(place.read_text(encoding="utf-8") for place in places)
    used = set(re.findall(r'CannotAccept\(\s*"([a-z0-9-]+)"', text))
    assert used - CODES == set()


def test_every_kind_of_identity_is_explained() -> None:
    section = JSONL.partition("## Identities")[2].partition("## Whose")[0]
    for kind, rank in RANKS.items():
        assert re.search(rf"`{kind}`[^\n|]*\| {rank} \|", section), kind
    assert all(f"`{kind}`" in section for kind in LOOKUP_ONLY)


def test_the_data_model_is_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == filled(page), "run: python -m tests.data_model_page"


def test_the_event_types_are_current() -> None:
    assert event_types_page.page() == EVENT_TYPES, "run: python -m tests.event_types_page"


def test_settings_exit_codes_and_questions_are_current() -> None:
    page = reference_page.PAGE.read_text(encoding="utf-8")
    assert page == reference_page.page() + "\n", "run: python -m tests.reference_page"


def test_every_documented_setting_is_read() -> None:
    named = [f"{PREFIX}{name}" for name in VARIABLES]
    assert named
    from_environment(dict.fromkeys(named, ""))  # an unknown one is an error


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    found = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in found if not (page.parent / link).exists()] == []
