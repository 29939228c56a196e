"""``docs/report.md`` keeps its word: its pictures are those there are, its example is accepted."""

import re

from journey.config.file import parse
from journey.config.questions import Question
from journey.pictures.catalogue import PICTURES
from journey.words import Words
from tests.cli.runner import ROOT

PAGE = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("| picture | questions |")[2].partition("\n\n")[0]


def test_it_names_every_question_that_has_a_picture() -> None:
    assert set(re.findall(r"`([a-z-]+)`", TABLE)) == PICTURES.keys()


def test_its_saved_questions_are_right() -> None:
    [toml] = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    questions = parse(toml).questions
    assert list(questions) == ["checkout", "week"]
    assert all(f"| `{name}` |" in PAGE for name in Question.__struct_fields__)


def test_it_names_every_section() -> None:
    sections = re.findall(r"^\| ([A-Z][a-z ]+) \|", PAGE, re.MULTILINE)
    titles = [
        Words()(f"{name}.title")
        for name in ("summary", "journey", "stages", "pains", "response", "metrics", "funnel")
    ]
    titles += [Words()(f"{name}.title") for name in ("retention", "channels", "changes")]
    titles.append(Words()("questions.title"))
    assert [title.split(" and ")[0] for title in titles] == sections
