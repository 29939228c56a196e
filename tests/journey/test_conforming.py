"""The designed map as a row of steps, and journeys held against it."""

import json

import pytest

from journey import answers
from journey.bootstrap import Workspace
from journey.config.file import parse
from journey.conforming import Of, conformance, designed_steps
from journey.importing import import_file
from journey.settings import from_environment
from journey.workspace import make
from schemas.errors import NotFound, UsageError

STAGES = ("awareness", "consideration", "purchase", "usage", "loyalty", "at_risk", "lapsed")
MAPS = """
[personas.asker]
fact = "questions"
at_least = 1

[map.everybody.purchase]
touchpoints = ["checkout-started", "order-placed"]

[map.everybody.consideration]
touchpoints = ["product-viewed"]

[map.everybody.awareness]
goal = "Hear of it."

[map.asker.usage]
goal = "Get it going."
"""
JOURNEYS = {
    "ann": ["page-viewed", "product-viewed", "product-viewed", "checkout-started", "order-placed"],
    "ben": ["product-viewed", "order-placed"],
    "cho": ["page-viewed"],
    "dee": ["product-viewed", "checkout-started", "page-viewed"],
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conforming")
    make(folder / "w", with_key=True)
    (folder / "w" / "journey.toml").write_text(MAPS)
    lines = [
        {
            "id": f"{who}-{n}",
            "source": "shop",
            "type": type_,
            "time": f"2024-01-01T08:00:{n:02}Z",
            "identities": {"user_id": who},
        }
        for who, types in JOURNEYS.items()
        for n, type_ in enumerate(types)
    ]
    file = folder / "told.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Workspace(folder / "w", from_environment()) as opened:
        import_file(opened, "jsonl", file)
        yield opened


def test_steps_are_in_the_order_of_stages_and_as_they_are_written():
    maps = parse(MAPS).maps
    assert designed_steps(maps, STAGES) == ["product-viewed+", "checkout-started+", "order-placed+"]
    stages = ["awareness", "consideration", "purchase"]
    assert designed_steps(maps, STAGES, of=Of.STAGE) == stages
    assert designed_steps(maps, STAGES, "asker", Of.STAGE) == ["usage"]


@pytest.mark.parametrize("persona", ["", "asker"])
def test_what_is_not_designed_is_told_with_the_place_to_write_it(persona):
    maps = parse(MAPS).maps if persona else {}
    with pytest.raises(UsageError, match=rf"\[map\.{persona or 'everybody'}\.STAGE\]"):
        designed_steps(maps, STAGES, persona)


def test_journeys_by_touchpoints(workspace):
    found = conformance(workspace, parse(MAPS).maps)
    assert found.answer["n"] == 3
    assert found.answer["elsewhere"] == 1
    assert found.answer["fitting"] == 1
    assert {(each["due"], each["came"]) for each in found.leaves} == {
        ("checkout-started+", "order-placed"),
        ("order-placed+", "(ended)"),
    }
    asked = {"steps": "product-viewed+,checkout-started+,order-placed+", "of": "type"}
    assert answers.query(workspace, "conformance", asked) == [found.answer]


def test_journeys_by_stages(workspace):
    found = conformance(workspace, parse(MAPS).maps, of=Of.STAGE)
    told = answers.query(workspace, "top-paths", {"of": "stage"})
    as_designed = "awareness > consideration > purchase"
    assert found.answer["fitting"] == sum(t["n"] for t in told if t["path"] == as_designed)
    assert found.answer["n"] == len(JOURNEYS)
    assert found.answer["fitting"] + sum(each["n"] for each in found.leaves) == len(JOURNEYS)


def test_other_parameters_and_unknown_personas(workspace):
    later = conformance(workspace, parse(MAPS).maps, given={"since": "2025-01-01T00:00:00Z"})
    assert later.answer["n"] == 0
    assert later.leaves == []
    with pytest.raises(NotFound, match="asker"):
        conformance(workspace, parse(MAPS).maps, persona="askers")
