"""Watches: when a figure that crossed its line opens an action, and when that is closed."""

import json

import pytest

from journey import answers
from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.config.file import parse
from journey.enforcing import enforce
from journey.importing import import_file
from journey.settings import from_environment
from journey.watching import watched
from journey.workspace import make
from schemas.errors import ConfigurationError, NotFound, WorkspaceError
from schemas.times import parse_rfc3339
from tests.journey.test_planning import lines

WATCH = """
[watches.angry]
metric = "csat"
column = "share"
line = 0.6
bad = "below"
n_min = 3
only_sure = false
text = "Customers are angry"
owner = "kim"
"""
BAD_DAY, GOOD_DAY = "2024-03-11T00:00:00Z", "2024-03-16T00:00:00Z"


@pytest.fixture
def workspace(tmp_path):
    make(tmp_path / "w", with_key=True)
    file = tmp_path / "e.jsonl"
    told = [line for line in lines() if line["type"] == "survey-answered"]
    file.write_text("\n".join(map(json.dumps, told)) + "\n", encoding="utf-8")
    with Workspace(tmp_path / "w", from_environment()) as opened:
        import_file(opened, "jsonl", str(file), lambda _: None)
        yield opened


def look(workspace, now, toml=WATCH):
    workspace.clock = SimulatedClock(parse_rfc3339(now))
    [found] = watched(workspace, parse(toml).watches)
    return found


def actions(workspace):
    return answers.query(workspace, "actions", {})


def test_a_figure_beyond_its_line_opens_an_action_once_and_closes_it_when_it_is_good_again(
    workspace,
):
    # From 4 to 10 March 1, 2, 1, 4 and 2 were answered: one of five was satisfied.
    found = look(workspace, BAD_DAY)
    assert (found.state, found.did, found.figure.value, found.figure.n) == ("bad", "opened", 0.2, 5)
    again = look(workspace, BAD_DAY)
    assert (again.state, again.did, again.action) == ("bad", "", found.action)
    [action] = actions(workspace)
    assert action["action"] == f"angry@{BAD_DAY}"
    assert action["name"] == "Customers are angry: csat share 0.2, below 0.6"
    assert (action["responsible"], action["done_at"]) == ("kim", None)
    # From 9 to 15 March 2, 5, 4, 4, 1 and 5: four of six.
    found = look(workspace, GOOD_DAY)
    assert (found.state, found.did) == ("good", "closed")
    assert found.figure.value == pytest.approx(4 / 6)
    [action] = actions(workspace)
    assert action["done_at"] is not None
    assert look(workspace, GOOD_DAY).did == ""


def test_the_line_itself_is_good_and_either_side_may_be_bad(workspace):
    assert look(workspace, BAD_DAY, WATCH.replace("0.6", "0.2")).state == "good"
    above = WATCH.replace("below", "above")
    assert look(workspace, BAD_DAY, above.replace("0.6", "0.2")).state == "good"
    assert look(workspace, BAD_DAY, above.replace("0.6", "0.19")).did == "opened"


def test_of_few_and_of_what_may_be_chance_nothing_is_told(workspace):
    assert look(workspace, BAD_DAY, WATCH.replace("n_min = 3", "n_min = 6")).state == "too few"
    sure = WATCH.replace("only_sure = false", "")
    found = look(workspace, BAD_DAY, sure)  # Wilson's interval of 1 in 5 ends at 0.624
    assert (found.state, found.did) == ("unsure", "")
    assert found.figure.high == pytest.approx(0.6245, abs=1e-4)
    assert look(workspace, BAD_DAY, sure.replace("line = 0.6", "line = 0.63")).did == "opened"
    assert look(workspace, "2020-01-01T00:00:00Z").state == "too few"
    assert len(actions(workspace)) == 1


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ('"csat"', '"cast"', "did you mean csat"),
        ('"share"', '"n_max"', "is no figure of csat"),
        ('"below"', '"under"', "below"),
        ("n_min = 3", 'window = "5 s"', "is too short"),
    ],
)
def test_a_watch_that_is_wrong_is_refused(old, new, wrong):
    with pytest.raises(ConfigurationError, match=wrong):
        parse(WATCH.replace(old, new))


def test_a_watch_that_is_not_there_is_told(workspace):
    with pytest.raises(NotFound, match="there are angry"):
        watched(workspace, parse(WATCH).watches, "calm")


def test_a_name_with_an_at_in_it_opens_one_action(workspace):
    text = WATCH.replace("[watches.angry]", '[watches."a@b"]')
    looked = [look(workspace, BAD_DAY, text).did for _ in range(2)]
    assert looked == ["opened", ""]


def test_nothing_is_recorded_that_the_next_look_would_not_see(workspace, tmp_path):
    (tmp_path / "w" / "journey.toml").write_text('[stages]\nlapse = "9 d"\n', encoding="utf-8")
    enforce(workspace, rebuilds=False)  # tables answer under the old rules until a rebuild
    last = workspace.log.last_position()
    workspace.close()
    with Workspace(tmp_path / "w", from_environment()) as again:
        with pytest.raises(WorkspaceError, match="journey rebuild"):
            look(again, BAD_DAY)
        assert again.log.last_position() == last
