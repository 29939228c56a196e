"""Tables by the mappings of the documentation: made-up files, and the real ones if there.

Every figure is taken from the published tables, and held against the file, which is read here by
code that knows nothing of ours; the real ones against ``expected/cdnow_and_ecom.json`` as well.
What follows what (``dfg_top20``) and the funnels are held against it in ``test_paths.py``.
"""

import csv
import gzip
import json
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.runner import ROOT, answer, init, run

MADE_UP = ROOT / "tests" / "fixtures" / "tables"
MAPPINGS = ROOT / "docs" / "mappings"
REAL = {"purchases.txt": "cdnow/purchases.txt", "events.csv": "ecom/ecom.csv.gz"}
GAP = timedelta(minutes=30)

TOUCHPOINTS = """
import sys
from pathlib import Path
import msgspec
from journey.bootstrap import Workspace
from journey.settings import from_environment
from projections.tables import BY_NAME
with Workspace(Path(sys.argv[1]), from_environment()) as workspace:
    rows = workspace.analytics.rows(BY_NAME["touchpoints"]).to_pylist()
kept = ("customer_id", "occurred_at", "type", "name", "channel", "amount", "currency")
told = [[str(row[name]) for name in kept] for row in rows]
sys.stdout.buffer.write(msgspec.json.encode(told))
"""


class Touchpoint(NamedTuple):
    customer: str
    at: datetime
    type: str
    name: str
    channel: str
    amount: str
    currency: str


class Imported(NamedTuple):
    """A file in a workspace, imported twice."""

    is_real: bool
    duplicates: str
    rows: list[tuple[str, ...]]  # of the file; as often as each counts
    repeated: int  # rows that are equal to an earlier one
    workspace: Path
    first: Any
    second: Any
    touchpoints: list[Touchpoint]

    @property
    def expected(self) -> Any:
        """The figures that others found in the real file, duplicates kept."""
        if not (self.is_real and self.duplicates == "keep"):
            return None
        path = ROOT.parent / "shared" / "data" / "expected" / "cdnow_and_ecom.json"
        return json.loads(path.read_text())


def _imported(
    request: pytest.FixtureRequest,
    folder: Path,
    name: str,
    mapping: str,
) -> Imported:
    which, duplicates = request.param
    file = MADE_UP / name
    if which == "real":
        file = request.getfixturevalue("shared_data") / REAL[name]
        if not file.is_file():
            pytest.skip(f"missing: {file}")
    text = (MAPPINGS / mapping).read_text(encoding="utf-8")
    written = folder / mapping
    written.write_text(text.replace('duplicates = "keep"', f'duplicates = "{duplicates}"'))
    workspace = init(folder / "w")
    load = ("import", "csv", file, "--mapping", written, "--workspace", workspace)
    first, second = answer(*load), answer(*load)
    ran = run(sys.executable, "-c", TOUCHPOINTS, str(workspace))
    assert ran.code == 0, ran.err
    found = [Touchpoint(c, _time(at), *rest) for c, at, *rest in ran.json]
    rows = _rows(file)
    repeated = len(rows) - len(set(rows))
    if duplicates == "once":
        rows = list(dict.fromkeys(rows))
    is_real = which == "real"
    return Imported(is_real, duplicates, rows, repeated, workspace, first, second, found)


def _rows(file: Path) -> list[tuple[str, ...]]:
    if file.suffix == ".txt":
        return [tuple(line.split()) for line in file.read_text().splitlines()[1:]]
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as text:
        return [tuple(row) for row in csv.reader(text)][1:]


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


WAYS = [(which, what) for which in ("made-up", "real") for what in ("keep", "once")]
IDS = [f"{which}-{what}" for which, what in WAYS]


@pytest.fixture(scope="module", params=WAYS, ids=IDS)
def purchases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return _imported(request, tmp_path_factory.mktemp("buy"), "purchases.txt", "cdnow.toml")


@pytest.fixture(scope="module", params=WAYS, ids=IDS)
def events(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return _imported(request, tmp_path_factory.mktemp("shop"), "events.csv", "ecom.toml")


def _assert_counted(found: Imported) -> None:
    repeated = found.repeated if found.duplicates == "once" else 0
    assert found.repeated > 0
    first, second = found.first, found.second
    assert (first["appended"], first["duplicates"]) == (len(found.rows), repeated)
    assert (first["read"], first["quarantined"]) == (len(found.rows) + repeated, 0)
    assert (second["appended"], second["duplicates"]) == (0, first["read"])
    assert len(found.touchpoints) == len(found.rows)
    assert answer("verify", "--workspace", found.workspace)["clean"]


def test_every_purchase_is_in_once_however_often_the_file_comes(purchases: Imported) -> None:
    _assert_counted(purchases)
    if purchases.expected:
        expected = purchases.expected["cdnow"]
        assert len(purchases.touchpoints) == expected["transactions"]
        assert purchases.repeated == expected["exact_duplicate_rows"]


def test_customers_and_revenue(purchases: Imported) -> None:
    found = purchases.touchpoints
    assert {(t.type, t.channel, t.currency) for t in found} == {("order-placed", "web", "USD")}
    each = Counter(t.customer for t in found)
    assert sorted(each.values()) == sorted(Counter(r[0] for r in purchases.rows).values())
    revenue = sum((Decimal(t.amount) for t in found), Decimal())
    assert round(revenue, 2) == sum(Decimal(row[3]) for row in purchases.rows)
    days = Counter((t.customer, t.at) for t in found)
    assert all(at.time() == datetime.min.time() for _, at in days)
    again = sum(n - 1 for n in days.values())
    assert again == len(purchases.rows) - len({row[:2] for row in purchases.rows})
    if purchases.expected:
        expected = purchases.expected["cdnow"]
        assert len(each) == expected["customers"]
        assert float(round(revenue, 2)) == expected["revenue"]
        assert again == expected["same_day_repeat_rows"]
        assert sum(n == 1 for n in each.values()) == expected["one_time_buyers"]


def test_retention_by_month(purchases: Imported) -> None:
    def retention(bought: list[tuple[str, int]]) -> dict[int, dict[int, int]]:
        first: dict[str, int] = {}
        for who, month in sorted(bought, key=lambda b: b[1]):
            first.setdefault(who, month)
        found: dict[int, Counter[int]] = defaultdict(Counter)
        for who, month in set(bought):
            found[first[who]][month - first[who]] += 1
        return {month: dict(counts) for month, counts in found.items()}

    found = retention([(t.customer, t.at.year * 12 + t.at.month) for t in purchases.touchpoints])
    plain = [(row[0], int(row[1][:4]) * 12 + int(row[1][4:6])) for row in purchases.rows]
    assert found == retention(plain)
    if purchases.expected:
        for month, counts in purchases.expected["cdnow"]["monthly_retention_[k,customers]"].items():
            year, number = map(int, month.split("-"))
            assert found[year * 12 + number] == dict(counts)


def test_every_event_is_in_once_however_often_the_file_comes(events: Imported) -> None:
    _assert_counted(events)
    if events.expected:
        assert len(events.touchpoints) == events.expected["ecom"]["events"]
        assert events.repeated == events.expected["ecom"]["exact_duplicate_rows"]


def test_users_events_and_times(events: Imported) -> None:
    found, rows = events.touchpoints, events.rows
    users = Counter(t.customer for t in found)
    assert sorted(users.values()) == sorted(Counter(row[0] for row in rows).values())
    times = Counter(t.at.strftime("%Y-%m-%d %H:%M:%S") for t in found)
    assert times == Counter(row[3] for row in rows)
    platforms = {"desktop": "web", "mobile": "web-mobile", "tablet": "web-tablet"}
    assert Counter(t.channel for t in found) == Counter(platforms[row[4]] for row in rows)
    named = Counter(t.name for t in found if t.name)
    assert named == {n: k for n, k in Counter(row[2] for row in rows).items() if n in named}
    by_type = Counter(t.type for t in found)
    for name, type_ in (("purchase", "order-placed"), ("payment_error", "payment-failed")):
        assert by_type[type_] == sum(row[2] == name for row in rows)
    if events.expected:
        assert len(users) == events.expected["ecom"]["users"]


def test_sessions_by_a_gap_of_30_minutes(events: Imported) -> None:
    times: dict[str, list[datetime]] = defaultdict(list)
    for touchpoint in events.touchpoints:
        times[touchpoint.customer].append(touchpoint.at)
    sizes: list[int] = []
    for moments in times.values():
        before = datetime.min.replace(tzinfo=UTC)
        for at in sorted(moments):
            if at - before > GAP:
                sizes.append(0)
            sizes[-1] += 1
            before = at
    assert sorted(sizes) == sorted(Counter(row[1] for row in events.rows).values())
    if events.expected:
        expected = events.expected["ecom"]["sessions_30min"]
        assert len(sizes) == expected["sessions"] == events.expected["ecom"]["sessions_given"]
        assert max(sizes) == expected["events_per_session"]["max"]
