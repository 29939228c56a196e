"""SIGKILL while it lives, while it is rebuilt, and while it is exported."""

import shutil
import signal
import sys
import time

import pytest

from journey.audit.rebuild import rebuild
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.clickhouse.chdb_adapter import ChdbAnalytics
from journey.faults import POINTS
from journey.settings import Settings
from tests.cli.runner import JOURNEY, answer, init, journey, run, running
from tests.faults.conftest import KEY, held, sample

pytestmark = pytest.mark.xdist_group("lived")  # one worker makes what all of them need
LIVE = (sys.executable, "-m", "tests.faults.live")
SETTINGS = Settings(master_key=bytes.fromhex(KEY["JOURNEY_MASTER_KEY"]))


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A file, and the workspace that lived through it undisturbed."""
    folder = tmp_path_factory.mktemp("lived")
    file, _ = sample(folder, 40)
    workspace = init(folder / "whole", KEY)
    done = run(*LIVE, str(workspace), str(file), env=KEY)
    assert done.code == 0, done.err
    assert answer("verify", "--workspace", workspace, env=KEY)["rows"]["decisions"] > 5
    return file, workspace, held(workspace)


@pytest.mark.parametrize("order", [POINTS, POINTS[::-1]], ids=["there", "back"])
def test_a_life_with_a_kill_at_every_point_is_the_same_life(lived, tmp_path, order):
    file, _, reference = lived
    workspace = init(tmp_path / "killed", KEY)
    for passes, point in enumerate(order):
        fault = KEY | {"JOURNEY_TEST_FAULT": f"{point}:{passes % 2}"}
        killed = run(*LIVE, str(workspace), str(file), env=fault)
        assert killed.code == -signal.SIGKILL, (point, killed.err)
    assert journey("verify", "--workspace", workspace, env=KEY).code == 0
    done = run(*LIVE, str(workspace), str(file), env=KEY)
    assert done.code == 0, done.err
    assert journey("verify", "--workspace", workspace, env=KEY).code == 0
    assert held(workspace) == reference


@pytest.fixture
def copy(lived, tmp_path):
    return shutil.copytree(lived[1], tmp_path / "copy", symlinks=True)


def test_a_kill_in_a_rebuild_leaves_the_old_generation_in_use(lived, copy):
    for point in ("before-state-commit:1", "after-flush:3"):
        fault = KEY | {"JOURNEY_TEST_FAULT": point}
        killed = journey("rebuild", "--workspace", copy, env=fault)
        assert killed.code == -signal.SIGKILL, point
        assert answer("status", "--workspace", copy, env=KEY)["generation"] == 1
        assert held(copy) == lived[2]
    assert answer("rebuild", "--workspace", copy, env=KEY)["generation"] == 2
    assert journey("verify", "--workspace", copy, env=KEY).code == 0
    assert held(copy) == lived[2]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_rebuild_that_ends_around_the_switch(copy, moment, monkeypatch):
    """The rename of the state file is the switch: what comes after it is done when next opened."""

    def ends(*_):
        raise KeyboardInterrupt

    with Workspace(copy, SETTINGS) as workspace:
        assert workspace.analytics is not None  # opened before it is broken
        before: tuple[type, str] = (Workspace, "replace_states")
        target, name = before if moment == "before" else (ChdbAnalytics, "prepare")
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(target, name, ends)
            rebuild(workspace)
    with Workspace(copy, SETTINGS) as workspace:
        assert verify_workspace(workspace).is_clean
        assert workspace.engine.generation == (1 if moment == "before" else 2)


def test_a_rebuild_decides_what_had_not_been_decided_yet(lived, tmp_path):
    """A kill after the append, before anything was folded: a rebuild must not skip it."""
    file, _, reference = lived
    workspace = init(tmp_path / "killed", KEY)
    fault = KEY | {"JOURNEY_TEST_FAULT": "after-append:9"}
    assert run(*LIVE, str(workspace), str(file), env=fault).code == -signal.SIGKILL
    assert journey("rebuild", "--workspace", workspace, env=KEY).code == 0
    assert journey("verify", "--workspace", workspace, env=KEY).code == 0
    assert run(*LIVE, str(workspace), str(file), env=KEY).code == 0
    assert journey("verify", "--workspace", workspace, env=KEY).code == 0
    assert held(workspace) == reference


def test_a_kill_in_an_export_leaves_no_half_file_under_the_name(copy):
    file = copy.parent / "log.avro"
    partial = file.with_name("log.avro.partial")
    command = [*JOURNEY, "export", str(file), "--workspace", str(copy)]
    with running(*command, env=KEY) as child:
        until = time.monotonic() + 60
        while not partial.exists() and time.monotonic() < until:
            time.sleep(0.001)
        child.process.kill()
    assert partial.exists()
    assert not file.exists()
    assert answer("export", file, "--workspace", copy, env=KEY)["events"] > 100
    assert not partial.exists()
    assert run(sys.executable, "-m", "replay", "verify", str(file)).code == 0
