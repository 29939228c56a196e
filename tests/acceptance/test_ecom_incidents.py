"""Incidents that lie in the shop data are told by pains and trends, with their weeks."""

from pathlib import Path

import pytest

from tests.cli.runner import ROOT, init, journey

MAPPING = ROOT / "docs" / "mappings" / "ecom.toml"
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = SHARED / "ecom" / "ecom.csv.gz"
    if not file.is_file():
        pytest.skip(f"missing: {file}")
    folder = tmp_path_factory.mktemp("ecom")
    init(folder / "journey-data")
    assert journey("import", "csv", file, "--mapping", MAPPING, cwd=folder).code == 0
    return folder


def alarms(folder: Path, *question: str) -> list[tuple[str, str, str]]:
    rows = journey("query", *question, "--json", cwd=folder).json["rows"]
    return [(*list(row.values())[:2], row["trend"]) for row in rows if row["trend"]]


def test_payment_errors_from_19_may_to_7_june_and_nothing_else(shop: Path) -> None:
    weeks = ["2024-05-20", "2024-05-27", "2024-06-03"]
    expected = [(week, "payment_failed", "up") for week in weeks]
    assert alarms(shop, "pain-trend") == expected
    days = alarms(shop, "pain-trend", "per=day")
    assert {kind for _, kind, _ in days} == {"payment_failed"}
    assert "2024-05-19" <= min(days)[0] <= max(days)[0] <= "2024-06-07"
    assert len(days) >= 7


def test_a_checkout_bug_from_9_april_to_9_may_and_chats_about_payments(shop: Path) -> None:
    told = alarms(shop, "volume-trend", "by=name")
    bug = [week for week, name, trend in told if (name, trend) == ("checkout_bug", "up")]
    assert bug == ["2024-04-15", "2024-04-22", "2024-04-29"]
    others = {(week, name) for week, name, _ in told if name != "checkout_bug"}
    weeks = ("2024-05-20", "2024-05-27", "2024-06-03")
    assert others == {(week, "support_chat") for week in weeks}
