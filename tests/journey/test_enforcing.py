"""Publishing journey.toml: in force at once and everywhere, meaning made again, decisions kept."""

import json
import signal
from contextlib import closing

import pytest

from journey import answers, enforcing
from journey.audit.rebuild import rebuild
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.config.published import history, published_in
from journey.enforcing import enforce
from journey.importing import import_file, import_live
from journey.log.reading import ClearReader
from journey.log.recorder import read_only_name
from journey.outreach.explaining import explain
from journey.ports import Draft
from journey.settings import Settings
from journey.workspace import make
from projections.configuration import DEFAULT, Configuration, document
from projections.rulebook import Rulebook
from projections.tables import DECISIONS, STAGES
from schemas.errors import ConfigurationError, WorkspaceError
from schemas.events import ConfigurationPublished, MessageReceived
from schemas.times import DAY, parse_rfc3339
from tests.cli.runner import assert_one_sentence, journey
from tests.replay.tampering import rewrite, stored

KEY = {"JOURNEY_MASTER_KEY": "5a" * 32}
SETTINGS = Settings(master_key=bytes.fromhex("5a" * 32))
SOON = '[conversations.expectation]\nemail = "1 h"\n'
LAPSE = '[stages]\nlapse = "2 d"\n'


def line(number, type_, at, email="ann@example.com", **more):
    told = {
        "id": f"e-{number}",
        "source": "desk",
        "type": type_,
        "time": f"2024-03-{at}:00Z",
        "identities": {"email": email},
        "channel": "email",
    }
    return json.dumps(told | more)


ASKED = (
    line(1, "message-received", "01T10:00", conversation="c-1"),
    line(2, "order-placed", "02T10:00", "bo@example.com"),
    line(3, "message-sent", "04T10:00", conversation="c-1", actor={"kind": "human"}),
    line(4, "page-viewed", "09T10:00", "bo@example.com"),
)


@pytest.fixture
def folder(tmp_path):
    """Two people; one waited for an answer, of which a decision told."""
    (tmp_path / "asked.jsonl").write_text("\n".join(ASKED))
    folder = tmp_path / "w"
    make(folder, with_key=False)
    import_live(folder, SETTINGS, "jsonl", str(tmp_path / "asked.jsonl"))
    return folder


def write(folder, told):
    (folder / "journey.toml").write_text(told, encoding="utf-8")


def opened(folder):
    return Workspace(folder, SETTINGS)


def stages(workspace):
    return [row["stage"] for row in workspace.analytics.rows(STAGES).to_pylist()]


def decisions(workspace):
    return workspace.analytics.rows(DECISIONS).to_pylist()


def test_the_first_append_publishes_the_file(tmp_path):
    (tmp_path / "asked.jsonl").write_text("\n".join(ASKED))
    make(tmp_path / "w", with_key=False)
    write(tmp_path / "w", LAPSE)
    import_live(tmp_path / "w", SETTINGS, "jsonl", str(tmp_path / "asked.jsonl"))
    (first,) = published_in(tmp_path / "w")
    assert (first.number, first.rules.stages.lapse) == (1, 2 * 86400)
    with opened(tmp_path / "w") as workspace:
        assert stages(workspace).count("lapsed") == 3
        assert verify_workspace(workspace).is_clean


def test_the_file_alone_changes_nothing_and_status_says_so(folder, tmp_path):
    (tmp_path / "more.jsonl").write_text(line(9, "page-viewed", "10T10:00"))
    with opened(folder) as workspace:
        assert answers.status(workspace).journey_toml == "same"
    write(folder, LAPSE)
    with opened(folder) as workspace:
        assert not workspace.is_outdated
        assert import_file(workspace, "jsonl", str(tmp_path / "more.jsonl")).appended == 1
        status = answers.status(workspace)
        assert (status.configuration, status.made_under, status.journey_toml) == (1, 1, "differs")
        assert workspace.configuration == document(DEFAULT)
        assert verify_workspace(workspace).is_clean
    write(folder, "[stages]\nlapse = 'x'")
    with opened(folder) as workspace:
        assert answers.status(workspace).journey_toml == "wrong"
        with pytest.raises(ConfigurationError, match=r"line 2, stages\.lapse"):
            enforce(workspace)
        assert workspace.log.configuration_number == 1


def test_publishing_makes_meaning_again_and_keeps_decisions(folder):
    write(folder, LAPSE + SOON)
    with opened(folder) as workspace:
        before = decisions(workspace)
        assert [row["configuration"] for row in before] == [1]
        was = stages(workspace)
        done = enforce(workspace)
        assert (done.number, done.published) == (2, True)
        assert [change.key for change in done.changes] == [
            "conversations.expectation.email",
            "stages.lapse",
        ]
        assert done.rebuilt is not None
        assert stages(workspace).count("lapsed") == 3 > was.count("lapsed")
        assert decisions(workspace) == before
        assert verify_workspace(workspace).is_clean
        status = answers.status(workspace)
        assert (status.configuration, status.made_under, status.journey_toml) == (2, 2, "same")
        assert explain(workspace, before[0]["decision_id"]).expectation_s == 6 * 3600
    with opened(folder) as workspace:
        assert not workspace.is_outdated
        assert verify_workspace(workspace).is_clean


def test_what_comes_after_is_decided_under_it(folder):
    write(folder, SOON)
    with opened(folder) as workspace:
        enforce(workspace)
        now = workspace.log.last_recorded_at
    clock = SimulatedClock(now + DAY)
    with Workspace(folder, SETTINGS, clock) as workspace:
        fact = MessageReceived(channel="email", direction="inbound")
        ben = {"email": ["ben@example.com"]}
        told = Draft(
            source="desk", message_id="x", fact=fact, occurred_at=now + DAY, identities=ben
        )
        workspace.log.append([told])
        clock.put(now + 2 * DAY)
        workspace.engine.advance()
        workspace.engine.flush()
        latest = max(decisions(workspace), key=lambda row: row["decided_at"])
        assert latest["configuration"] == 2
        assert explain(workspace, latest["decision_id"]).expectation_s == 3600
        assert verify_workspace(workspace).is_clean


def test_what_is_in_force_already_is_not_published_again(folder):
    write(folder, '[stages]\nlapse = "180 d"')
    with opened(folder) as workspace:
        last = workspace.log.last_position()
        done = enforce(workspace)
        assert (done.number, done.published, done.changes, done.rebuilt) == (1, False, [], None)
        assert workspace.log.last_position() == last
        assert answers.status(workspace).generation == 1


def test_into_an_empty_log_nothing_is_published(tmp_path):
    make(tmp_path / "w", with_key=False)
    write(tmp_path / "w", LAPSE)
    with opened(tmp_path / "w") as workspace:
        assert enforce(workspace).number == 0
        assert workspace.log.last_position() == 0


def test_left_for_later_questions_are_answered_from_the_old(folder, tmp_path):
    (tmp_path / "more.jsonl").write_text(line(9, "page-viewed", "10T10:00"))
    write(folder, LAPSE)
    with opened(folder) as workspace:
        was = stages(workspace)
        assert enforce(workspace, rebuilds=False).rebuilt is None
        assert workspace.is_outdated
        assert answers.table(workspace, "stages").num_rows == len(was)
    with opened(folder) as workspace:
        status = answers.status(workspace)
        assert (status.configuration, status.made_under) == (2, 1)
        for act in (
            lambda: import_file(workspace, "jsonl", str(tmp_path / "more.jsonl")),
            lambda: verify_workspace(workspace),
        ):
            with pytest.raises(WorkspaceError, match="journey rebuild"):
                act()
        rebuild(workspace)
        assert answers.status(workspace).made_under == 2
        assert stages(workspace).count("lapsed") == 3
        assert verify_workspace(workspace).is_clean


def test_back_and_forth_ends_where_it_began(folder):
    with opened(folder) as workspace:
        was = workspace.analytics.rows(STAGES).to_pylist()
        write(folder, LAPSE)
        enforce(workspace)
        write(folder, "")
        assert enforce(workspace).number == 3
        assert workspace.analytics.rows(STAGES).to_pylist() == was
        assert verify_workspace(workspace).is_clean
    told = history(published_in(folder))
    assert [len(each.changes) for each in told] == [0, 1, 1]
    assert told[0].rules == told[2].rules != told[1].rules


def test_a_kill_in_the_middle_leaves_it_in_force_everywhere_or_nowhere(folder, monkeypatch):
    write(folder, LAPSE)

    def dies(*_):
        raise KeyboardInterrupt

    with opened(folder) as workspace, monkeypatch.context() as patched:
        patched.setattr(workspace.log, "_take_note", dies)  # it is on disk, nobody knows yet
        with pytest.raises(KeyboardInterrupt):
            enforce(workspace)
    with opened(folder) as workspace:
        assert (workspace.log.configuration_number, workspace.is_outdated) == (2, True)
        rebuild(workspace)
        assert verify_workspace(workspace).is_clean
    write(folder, "")
    with opened(folder) as workspace, monkeypatch.context() as patched:
        patched.setattr(enforcing, "rebuild", dies)
        with pytest.raises(KeyboardInterrupt):
            enforce(workspace)
    with opened(folder) as workspace:
        assert (workspace.log.configuration_number, workspace.is_outdated) == (3, True)
        assert enforce(workspace).published is False, "a repeat finds it in force"
        rebuild(workspace)
        assert verify_workspace(workspace).is_clean


@pytest.mark.parametrize(
    "point", ["before-state-commit:0", "before-state-commit:1", "after-flush:0"]
)
def test_a_process_that_is_killed_while_it_makes_meaning_again(folder, point):
    write(folder, LAPSE)
    env = KEY | {"JOURNEY_TEST_FAULT": point}
    killed = journey("config", "publish", "--workspace", folder, env=env)
    assert killed.code == -signal.SIGKILL
    asked = journey("config", "publish", "--workspace", folder, env=KEY)
    assert (asked.code, asked.err) == (0, "")
    assert "configuration 2 is in force and says the same" in asked.text
    assert "journey rebuild" in asked.text
    assert journey("rebuild", "--workspace", folder, env=KEY).code == 0
    assert journey("verify", "--workspace", folder, env=KEY).code == 0


def test_beside_an_owner_it_is_refused_and_the_rest_answers(folder):
    write(folder, LAPSE)
    at = ("--workspace", folder)
    with opened(folder):
        ran = journey("config", "publish", *at, env=KEY)
        assert_one_sentence(ran, 5, "in use by process")
        for command in ("check", "show", "diff", "log"):
            ran = journey("config", command, *at, env=KEY)
            assert (ran.code, ran.err) == (0, ""), command
        assert "journey config publish" in journey("config", "check", *at, env=KEY).text
    with closing(ClearReader(read_only_name(str(folder / "log.db")))) as log:
        assert len(log.published()) == 64


def test_commands_say_what_is_missing_or_wrong(folder, tmp_path):
    at = ("--workspace", folder)
    assert_one_sentence(journey("config", "check", *at, env=KEY), 3, "There is no", "journey.toml")
    assert_one_sentence(journey("config", "diff", "4", *at, env=KEY), 3, "1 to 1")
    assert_one_sentence(journey("config", "diff", "1", "1", "1", *at, env=KEY), 2, "two")
    write(folder, "[stages]\nlapse = 4.5\nx = 1\n[outreach]\nstale_after = []")
    ran = journey("config", "check", *at, env=KEY)
    assert ran.code == 8
    assert [told.split(", ")[1] for told in ran.err.splitlines()] == ["line 2", "line 3", "line 5"]
    ran = journey("config", "publish", *at, env=KEY)
    assert_one_sentence(ran, 8, "line 2", "2 more follow")
    empty = tmp_path / "empty"
    make(empty, with_key=False)
    ran = journey("config", "diff", "--workspace", empty, env=KEY)
    assert_one_sentence(ran, 3, "first import")


def test_one_that_is_forged_in_a_partition_is_found_and_changes_nothing(folder):
    for partition in ("p-000", "p-063"):
        (one,) = [
            e
            for e in stored(folder, ConfigurationPublished.TYPE)
            if e.envelope.partition == int(partition[2:])
        ]
        other = document(Configuration(stages=type(DEFAULT.stages)(lapse=1)))
        rewrite(folder, one, ConfigurationPublished(number=1, document=other))
        with opened(folder) as workspace:
            assert workspace.configuration == document(DEFAULT)
            found = verify_workspace(workspace).findings
            assert [f.where for f in found] == ["configuration 1"], found


@pytest.mark.parametrize("told", ['{"lapse_s":15552000,"stale_after_s":86400}', "{}"])
def test_a_log_whose_configuration_an_older_version_published(tmp_path, told):
    (tmp_path / "asked.jsonl").write_text("\n".join(ASKED))
    folder = tmp_path / "w"
    make(folder, with_key=False)
    with opened(folder) as workspace:
        workspace.log.publish(told)
        import_file(workspace, "jsonl", str(tmp_path / "asked.jsonl"))
        assert workspace.configuration == told, "not replaced by what this version would write"
        assert verify_workspace(workspace).is_clean
        assert answers.status(workspace).journey_toml == "same"
        assert enforce(workspace).published is False
        write(folder, LAPSE)
        assert [c.key for c in enforce(workspace).changes] == ["stages.lapse"]
        assert verify_workspace(workspace).is_clean


def test_one_that_this_version_cannot_read_is_named(tmp_path):
    folder = tmp_path / "w"
    make(folder, with_key=False)
    with opened(folder) as workspace:
        workspace.log.publish('{"stages":{"lapse":"a while"}}')
        for act in (lambda: enforce(workspace), lambda: answers.status(workspace)):
            with pytest.raises(ConfigurationError, match=r"number 1.*use the version that"):
                act()
    assert_one_sentence(
        journey("config", "log", "--workspace", folder, env=KEY), 4, "Configuration 1"
    )


def test_states_of_other_defaults_are_noticed(folder, monkeypatch):
    """What a document leaves out has the defaults of the program, which may be others one day."""
    usual = Rulebook("{}").fingerprint
    assert usual == Rulebook(document(DEFAULT)).fingerprint
    other = Configuration(stages=type(DEFAULT.stages)(lapse=1))
    monkeypatch.setattr("projections.rulebook.configuration", lambda text: other)
    assert Rulebook("{}").fingerprint != usual


def test_the_log_tells_when_each_was_published(folder):
    write(folder, LAPSE)
    with opened(folder) as workspace:
        enforce(workspace)
        facts = [e for e in workspace.log.published() if e.partition == 0]
    assert [e.fact.number for e in facts if isinstance(e.fact, ConfigurationPublished)] == [1, 2]
    times = [parse_rfc3339(each.published_at) for each in published_in(folder)]
    assert times == [e.recorded_at for e in facts]
