"""Triggers that start by a watch: when a crossing alerts, waits, ends, and what is told of it."""

import json

import pytest
from msgspec.structs import replace

from journey import answers
from journey.audit.export import export
from journey.audit.rebuild import rebuild
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.config.document import Wrong
from journey.config.file import parse
from journey.enforcing import enforce
from journey.importing import import_file
from journey.outreach.box import outbox
from journey.outreach.explaining import explain
from journey.outreach.pausing import pause, triggers
from journey.settings import from_environment
from journey.watching import not_in_force, watched
from journey.workspace import make
from projections.rulebook import History
from replay.crossings import compare_crossings
from replay.file import verify_file
from schemas.errors import ConfigurationError
from schemas.events import ActionOpened, ConfigurationPublished
from schemas.times import parse_rfc3339
from tests.journey.test_planning import lines
from tests.journey.test_watching import WATCH

ALERT = """
[triggers.tell]
about = "Tell the team"
action = "alert_team"
start = { watch = "angry" }
steps = [{ text = "Customers are angry", team = "care" }]
again_after = "7 d"
owner = "kim"
"""
# With this line: bad until 13 March (the 11th 0.2, then 0.6), good on the 14th (0.67), bad on the
# 15th (0.6), good on the 16th (0.67), bad on the 21st (0.6).
LINE = WATCH.replace("0.6", "0.65")


def opened(folder, text=LINE + ALERT, brand=""):
    """A workspace of seven answers, with this journey.toml in force."""
    make(folder, with_key=True)
    (folder / "journey.toml").write_text(text, encoding="utf-8")
    file = folder.parent / "e.jsonl"
    told = [line for line in lines() if line["type"] == "survey-answered"]
    told = [line | ({"brand": brand} if brand else {}) for line in told]
    file.write_text("\n".join(map(json.dumps, told)) + "\n", encoding="utf-8")
    workspace = Workspace(folder, from_environment())
    import_file(workspace, "jsonl", str(file), lambda _: None)
    return workspace


@pytest.fixture
def workspace(tmp_path):
    with opened(tmp_path / "w") as found:
        yield found


def day(n, time="00:00:00"):
    return f"2024-03-{n}T{time}Z"


def look(workspace, now, toml=LINE):
    """One look: how the figure stands, and the verdict of each trigger."""
    workspace.clock = SimulatedClock(parse_rfc3339(now))
    [found] = watched(workspace, parse(toml).watches)
    return found.state, {told.trigger: told.verdict for told in found.told}


def decisions(workspace):
    """What 'journey decisions' lists, the oldest first."""
    return answers.query(workspace, "decision-list", {})[::-1]


def assert_proved(workspace, tmp_path):
    """What was recorded proves itself, here, after a rebuild, and as a file of its own."""
    assert verify_workspace(workspace).findings == []
    before = decisions(workspace)
    rebuild(workspace)
    assert decisions(workspace) == before
    assert verify_workspace(workspace).findings == []
    export(workspace, tmp_path / "log.avro")
    with (tmp_path / "log.avro").open("rb") as file:
        assert verify_file(file).findings == []


def in_force(workspace, text):
    (workspace.folder.path / "journey.toml").write_text(text, encoding="utf-8")
    enforce(workspace, rebuilds=False)


def test_a_crossing_alerts_once_and_the_next_one_again(workspace, tmp_path):
    assert look(workspace, day(11)) == ("bad", {"tell": "decided"})
    assert look(workspace, day(11)) == ("bad", {})
    assert look(workspace, day(13)) == ("bad", {})
    assert look(workspace, day(14)) == ("good", {})
    assert look(workspace, day(21)) == ("bad", {"tell": "decided"})
    first, second = decisions(workspace)
    assert (first["trigger"], first["action"], first["verdict"]) == (
        "tell",
        "alert_team",
        "decided",
    )
    assert first["customer_id"] == ""
    assert first["reason"] == "Customers are angry: csat share 0.2, below 0.65"
    assert second["reason"] == "Customers are angry: csat share 0.6, below 0.65"
    [told] = answers.query(workspace, "decisions", {})
    assert (told["n"], told["customers"], told["decided"]) == (2, 0, 2)
    assert_proved(workspace, tmp_path)


def test_the_outbox_has_it_without_a_customer(workspace):
    look(workspace, day(11))
    [item] = outbox(workspace)
    assert (item.status, item.action, item.customer_id, item.note) == (
        "ready",
        "alert_team",
        "",
        "",
    )
    assert item.text == "Customers are angry: csat share 0.2, below 0.65"
    assert outbox(workspace, trigger="tell", status="ready") == [item]
    assert outbox(workspace, status="dry_run") == []


@pytest.mark.parametrize(("again_after", "came"), [("4 d", "decided"), (4 * 86400 + 1, "held")])
def test_again_after_holds_until_the_second_it_is_over(tmp_path, again_after, came):
    told = f'"{again_after}"' if isinstance(again_after, str) else str(again_after)
    with opened(tmp_path / "w", LINE + ALERT.replace('"7 d"', told)) as workspace:
        look(workspace, day(11))
        look(workspace, day(14))
        assert look(workspace, day(15)) == ("bad", {"tell": came})
        assert look(workspace, day(15)) == ("bad", {})
        if came == "held":
            assert [item.trigger for item in outbox(workspace)] == ["tell"]
            assert look(workspace, day(15, "00:00:00.999999")) == ("bad", {})
            assert look(workspace, day(15, "00:00:01")) == ("bad", {"tell": "decided"})
        assert [item.trigger for item in outbox(workspace)] == ["tell", "tell"]
        assert_proved(workspace, tmp_path)


def test_what_is_held_ends_when_the_figure_is_good_again(workspace, tmp_path):
    look(workspace, day(11))
    look(workspace, day(14))
    assert look(workspace, day(15)) == ("bad", {"tell": "held"})
    assert look(workspace, day(16)) == ("good", {"tell": "ended"})
    assert look(workspace, day(21)) == ("bad", {"tell": "decided"})
    told = decisions(workspace)
    assert [row["verdict"] for row in told] == ["decided", "held", "ended", "decided"]
    assert told[1]["reason"] == (
        "again_after: it was decided at 2024-03-11T00:00:00Z, again from 2024-03-18T00:00:00Z on"
    )
    assert told[2]["reason"] == ("the figure is good again: csat share 0.666667, not below 0.65")
    assert_proved(workspace, tmp_path)


def test_what_is_held_stays_so_while_nobody_can_be_sure(workspace):
    """At its time the figure is of too few, then unsure: it waits for one that is bad."""
    look(workspace, day(11))
    look(workspace, day(14))
    look(workspace, day(15))
    few = LINE.replace("n_min = 3", "n_min = 99")
    assert look(workspace, day(21), few) == ("too few", {})
    sure = LINE.replace("only_sure = false", "only_sure = true")
    assert look(workspace, day(21), sure) == ("unsure", {})
    assert look(workspace, day(21)) == ("bad", {"tell": "decided"})


def test_an_action_that_somebody_closed_ends_what_is_held(workspace, tmp_path):
    look(workspace, day(11))
    look(workspace, day(14))
    look(workspace, day(15))
    done = {"action": f"angry@{day(15)}", "outcome": "done by hand"}
    line = {"id": "d", "source": "s", "type": "action-done", "time": day(15), "properties": done}
    file = tmp_path / "done.jsonl"
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert import_file(workspace, "jsonl", str(file), lambda _: None).appended == 1
    assert look(workspace, day(15, "01:00:00")) == ("bad", {"tell": "held"})
    told = sorted((row["verdict"], row["reason"].partition(":")[0]) for row in decisions(workspace))
    assert told == [
        ("decided", "Customers are angry"),
        ("ended", "its action was closed"),
        ("held", "again_after"),
        ("held", "again_after"),
    ]
    assert look(workspace, day(15, "02:00:00")) == ("bad", {})
    assert_proved(workspace, tmp_path)


def test_a_paused_trigger_decides_nothing_and_what_crossed_meanwhile_starts_nothing(
    workspace, tmp_path
):
    pause(workspace, ["tell"], paused=True)
    assert look(workspace, day(11)) == ("bad", {})
    pause(workspace, ["tell"], paused=False)
    assert look(workspace, day(12)) == ("bad", {})
    assert look(workspace, day(14)) == ("good", {})
    assert look(workspace, day(15)) == ("bad", {"tell": "decided"})
    assert_proved(workspace, tmp_path)


def test_one_that_is_paused_or_gone_in_a_wait_ends(workspace, tmp_path):
    look(workspace, day(11))
    look(workspace, day(14))
    assert look(workspace, day(15)) == ("bad", {"tell": "held"})
    pause(workspace, ["tell"], paused=True)
    assert look(workspace, day(15, "01:00:00")) == ("bad", {})
    assert look(workspace, day(21)) == ("bad", {"tell": "ended"})
    assert decisions(workspace)[-1]["reason"].startswith("the trigger is paused: ")
    assert look(workspace, day(21)) == ("bad", {})
    assert_proved(workspace, tmp_path)
    in_force(workspace, LINE)
    assert look(workspace, day(21)) == ("bad", {})
    assert_proved(workspace, tmp_path)


def test_a_dry_run_is_told_as_one(tmp_path):
    with opened(tmp_path / "w", LINE + ALERT + "dry_run = true\n") as workspace:
        assert look(workspace, day(11)) == ("bad", {"tell": "decided"})
        assert [(item.trigger, item.status) for item in outbox(workspace)] == [("tell", "dry_run")]
        assert explain(workspace, decisions(workspace)[0]["decision_id"]).is_dry
        assert_proved(workspace, tmp_path)


def test_what_may_be_chance_or_is_of_too_few_starts_nothing(workspace):
    assert look(workspace, day(11), LINE.replace("n_min = 3", "n_min = 6")) == ("too few", {})
    sure = LINE.replace("only_sure = false", "only_sure = true").replace("0.65", "0.62")
    assert look(workspace, day(11), sure) == ("unsure", {})
    assert look(workspace, "2020-01-01T00:00:00Z") == ("too few", {})
    assert decisions(workspace) == []


def test_several_triggers_decide_in_the_order_of_their_names_and_only_those_of_the_watch(tmp_path):
    plan = ALERT.replace("tell", "an-action").replace("alert_team", "open_action")
    other = ALERT.replace("tell", "other").replace('"angry"', '"calm"')
    calm = WATCH.replace("angry", "calm")
    with opened(tmp_path / "w", LINE + calm + ALERT + plan + other) as workspace:
        workspace.clock = SimulatedClock(parse_rfc3339(day(11)))
        found = watched(workspace, parse(LINE + calm).watches, "angry")
        assert [(t.trigger, t.verdict) for one in found for t in one.told] == [
            ("an-action", "decided"),
            ("tell", "decided"),
        ]
        [calmed] = watched(workspace, parse(LINE + calm).watches, "calm")
        assert [t.trigger for t in calmed.told] == ["other"]
        actions = {item.trigger: item.action for item in outbox(workspace)}
        assert actions == {"an-action": "open_action", "tell": "alert_team", "other": "alert_team"}
        assert_proved(workspace, tmp_path)


def test_a_watch_of_a_brand_is_told_with_the_brand(tmp_path):
    """Brands are apart: what was decided of the one holds back nothing of the other."""
    branded = LINE + 'parameters = { brand = "north" }\n'
    with opened(tmp_path / "w", LINE + ALERT, brand="north") as workspace:
        assert look(workspace, day(11)) == ("bad", {"tell": "decided"})
        assert look(workspace, day(14)) == ("good", {})
        assert look(workspace, day(15), branded) == ("bad", {"tell": "decided"})
        assert [row["brand"] for row in decisions(workspace)] == ["", "north"]
        assert len(answers.query(workspace, "decision-list", {"brand": "north"})) == 1
        assert_proved(workspace, tmp_path)


def test_putting_one_in_force_makes_nothing_anew(tmp_path):
    with opened(tmp_path / "w", LINE) as workspace:
        look(workspace, day(11))
        in_force(workspace, LINE + ALERT)  # for the open action it comes too late
        assert look(workspace, day(13)) == ("bad", {})
        assert look(workspace, day(14)) == ("good", {})
        assert look(workspace, day(15)) == ("bad", {"tell": "decided"})
        assert decisions(workspace)[0]["reason"].endswith("csat share 0.6, below 0.65")
        assert_proved(workspace, tmp_path)


def test_without_a_trigger_nothing_but_the_action_is_recorded(tmp_path):
    with opened(tmp_path / "w", LINE) as workspace:
        before = workspace.log.last_position()
        assert look(workspace, day(11)) == ("bad", {})
        assert workspace.log.last_position() == before + 1


def test_an_explanation_tells_the_figure_and_the_watch_as_they_were(workspace):
    look(workspace, day(11))
    look(workspace, day(14), LINE.replace("0.65", "0.66"))
    told = explain(workspace, decisions(workspace)[0]["decision_id"])
    figure = told.crossed
    assert figure is not None
    assert (figure.metric, figure.column, figure.value, figure.n) == ("csat", "share", 0.2, 5)
    assert (figure.low, figure.high) == pytest.approx((0.036, 0.624), abs=1e-3)  # Wilson, 1 of 5
    assert (figure.line, figure.bad, figure.n_min, figure.only_sure) == (0.65, "below", 3, False)
    assert (figure.since, figure.until) == (day("04"), day(11))
    assert (figure.team, told.about, told.configuration) == ("care", "Tell the team", 1)
    assert [moment.type for moment in told.inputs] == ["action-opened"]
    assert [(each.what, each.told) for each in told.followed] == [("action-done", "recovered")]


def test_of_what_was_held_it_tells_what_came_of_it(workspace):
    for n in (11, 14, 15, 16):
        look(workspace, day(n))
    [held] = [row for row in decisions(workspace) if row["verdict"] == "held"]
    told = explain(workspace, held["decision_id"])
    assert told.release_at == day(18)
    assert [each.what for each in told.followed] == ["action-done", "crossing-decided"]
    assert told.followed[-1].told.startswith("ended: the figure is good again")


def test_it_is_listed_and_what_is_not_published_is_told(workspace):
    [listed] = triggers(workspace)
    assert (listed.starts, listed.action, listed.state) == ("watch angry", "alert_team", "running")
    more = LINE + ALERT + ALERT.replace("tell", "more")
    assert not_in_force(workspace, parse(more)) == ["more"]
    assert not_in_force(workspace, parse(LINE + ALERT)) == []


def test_an_import_cannot_say_it(workspace, tmp_path):
    line = {"id": "x", "source": "s", "type": "crossing-decided", "time": day(11), "properties": {}}
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    counts = import_file(workspace, "jsonl", str(file), lambda _: None)
    assert (counts.appended, counts.quarantined) == (0, 1)


WRONG = [
    ('action = "alert_team"', "", "action: message_customer means nothing of a figure"),
    ('"angry" }', '"angri" }', "angri is no watch (did you mean angry?): use one of angry"),
    ('"angry" }', '"angry", after = "1 h" }', "start.after: means nothing beside watch"),
    ('"angry" }', '"angry", events = ["x"] }', "start.events: means nothing beside watch"),
    ('owner = "kim"\n', 'when = { fact = "orders", at_least = 1 }\n', "when: means nothing of a"),
    ('owner = "kim"\n', 'exits = ["inbound"]\n', "exits: means nothing of a watch"),
    ('owner = "kim"\n', "holdout = 0.1\n", "holdout: means nothing of a watch"),
    ('owner = "kim"\n', 'again = "once"\n', "again: is once: a figure may cross"),
    ("team =", 'after = "1 d", team =', "after: means nothing of a watch: it is told at once"),
    ('"care" }]', '"care" }, { text = "Still" }]', "steps.1: is too much"),
    ('text = "Customers are angry", ', "", "text: is missing: say what alert_team says"),
]


@pytest.mark.parametrize(("old", "new", "wrong"), WRONG)
def test_what_means_nothing_of_a_figure_is_refused(old, new, wrong):
    assert old in ALERT
    with pytest.raises(Wrong) as refused:
        parse(LINE + ALERT.replace(old, new))
    assert wrong in str(refused.value)
    assert len(refused.value.complaints) == 1


def test_a_watch_is_needed_for_it():
    with pytest.raises(ConfigurationError, match=r"angry is no watch: write \[watches.NAME\]"):
        parse(ALERT)


# --- what is found when the log says something else -------------------------------------------


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    """The events of a log in which one crossing was decided, and the next one held."""
    with opened(tmp_path_factory.mktemp("crossed") / "w") as workspace:
        assert look(workspace, day(11)) == ("bad", {"tell": "decided"})
        look(workspace, day(14))
        assert look(workspace, day(15)) == ("bad", {"tell": "held"})
        return [event for _, event in workspace.log.read(0, 10_000)]


def findings(events, change):
    """What a proof finds where one verdict was told differently."""
    history = History()
    for event in events:
        if isinstance(event.fact, ConfigurationPublished):
            history.publish(event)
    brands = [change(event) for event in events if event.is_of_brand]
    return list(compare_crossings(history, [event for event in brands if event is not None]))


CHANGED = {
    "figure": 0.5,
    "line": 0.1,
    "reason": "Everybody is happy",
    "configuration": 2,
    "is_dry": True,
    "n_min": 6,
    "verdict": "held",
    "action": "open_action",
    "trigger": "other",
    "crossing": "angry@2020-01-01T00:00:00Z",
    "watch": "calm",
    "attempt": 1,
}


@pytest.mark.parametrize("field", CHANGED)
def test_a_verdict_that_its_grounds_do_not_bear_is_found(crossed, field):
    def change(event):
        if getattr(event.fact, "verdict", "") != "decided":
            return event
        return replace(event, fact=replace(event.fact, **{field: CHANGED[field]}))

    assert findings(crossed, lambda event: event) == []
    found = findings(crossed, change)
    assert found
    assert {each.kind for each in found} == {"decision"}


def test_a_crossing_without_its_action_is_found(crossed):
    first = next(event for event in crossed if isinstance(event.fact, ActionOpened))
    assert len(findings(crossed, lambda event: None if event is first else event)) == 1


def test_one_that_should_have_been_held_is_found(crossed):
    def hurried(event):
        if getattr(event.fact, "verdict", "") != "held":
            return event
        return replace(event, fact=replace(event.fact, verdict="decided", release_at=0))

    [found] = findings(crossed, hurried)
    assert (found.field, found.expected, found.found) == ("verdict", "held", "decided")
