"""Questions of paths on real files give what others found in them by code of their own.

``expected/cdnow_and_ecom.json`` tells each rule. Its funnels are held against the question in both
variants and all three windows, to the quantiles of how long it took; likewise what directly
follows what, sessions by their gap, and who comes back month by month.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import ROOT, answer, init

MAPPINGS = ROOT / "docs" / "mappings"
NAMED = ("page-viewed", "custom")  # whose events paths call by their name, others by their type


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> Any:
    file = shared_data / "expected" / "cdnow_and_ecom.json"
    if not file.is_file():
        pytest.skip(f"missing: {file}")
    return json.loads(file.read_text())


def _imported(file: Path, mapping: str, folder: Path) -> Path:
    if not file.is_file():
        pytest.skip(f"missing: {file}")
    workspace = init(folder / "w")
    answer("import", "csv", file, "--mapping", MAPPINGS / mapping, "--workspace", workspace)
    return workspace


@pytest.fixture(scope="module")
def shop(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = shared_data / "ecom" / "ecom.csv.gz"
    return _imported(file, "ecom.toml", tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def purchases(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = shared_data / "cdnow" / "purchases.txt"
    return _imported(file, "cdnow.toml", tmp_path_factory.mktemp("buy"))


@pytest.fixture(scope="module")
def called() -> dict[str, str]:
    """What paths call an event of the file."""
    types = tomllib.loads((MAPPINGS / "ecom.toml").read_text())["fields"]["type"]["values"]
    return {event: event if type_ in NAMED else type_ for event, type_ in types.items()}


def rows(workspace: Path, *question: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer("query", *question, "--workspace", workspace)["rows"]
    return found


@pytest.mark.parametrize("window", ["1h", "1d", "none"])
def test_funnels(shop: Path, expected: Any, called: dict[str, str], window: str) -> None:
    told = expected["ecom"]["funnel"]
    steps = "steps=" + ",".join(called[step] for step in told["steps"])
    seconds = told["windows_seconds"][window]
    given = [steps, *([f"window={seconds}"] if seconds else [])]
    found = rows(shop, "funnel", *given)
    result = told["result"][window]
    assert [each["customers"] for each in found] == result["users_reaching_step"]
    shares = [round(each["share"], 6) for each in found]
    assert shares == result["conversion_from_step1"]
    took = result["seconds_first_to_last_step_first_completing_attempt"]
    last = found[-1]
    assert (last["customers"], last["median_s"], last["p90_s"]) == (
        took["n"],
        took["median"],
        took["p90"],
    )
    once = rows(shop, "funnel", *given, "attempts=first")
    variant = told["variant_only_first_occurrence_of_step1_starts_an_attempt"][window]
    assert [each["customers"] for each in once] == variant


def test_sessions(shop: Path, expected: Any) -> None:
    told = expected["ecom"]["sessions_30min"]
    (found,) = rows(shop, "sessions", "cases=session", "gap=30 min")
    events = told["events_per_session"]
    assert found["n"] == told["sessions"] == events["n"]
    assert found["customers"] == expected["ecom"]["users"]
    assert found["events"] == expected["ecom"]["events"]
    for name in ("p25", "median", "p75", "p90", "p95", "max"):
        assert found[f"{name}_events"] == events[name], name
    assert round(found["mean_events"], 6) == events["mean"]


def test_what_follows_what(shop: Path, expected: Any, called: dict[str, str]) -> None:
    top = expected["ecom"]["dfg_top20"]
    found = rows(shop, "directly-follows", f"limit={len(top)}")
    assert [(f["from"], f["to"], f["n"]) for f in found] == [
        (called[t["from"]], called[t["to"]], t["count"]) for t in top
    ]


def test_retention_by_month(purchases: Path, expected: Any) -> None:
    told = expected["cdnow"]["monthly_retention_[k,customers]"]
    found = rows(purchases, "retention", "period=month")
    cohorts = {f"{month}-01" for month in told}
    assert {each["cohort"] for each in found} == cohorts
    for month, counts in told.items():
        own = [each for each in found if each["cohort"] == f"{month}-01"]
        assert [[each["after"], each["customers"]] for each in own] == counts
        assert {each["size"] for each in own} == {counts[0][1]}
    assert sum(counts[0][1] for counts in told.values()) == expected["cdnow"]["customers"]
