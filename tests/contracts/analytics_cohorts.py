"""What every `Analytics` promises of cohorts: the same as walking each customer's periods."""

from collections import defaultdict
from datetime import date

import pytest

from projections.tables import PERSONAS, TOUCHPOINTS
from schemas.times import DAY, EARLIEST, LATEST, moment
from tests.contracts.analytics_paths import distance, first_day, following, histories
from tests.contracts.analytics_rows import T0, block, row, touch

PAYING = {"a": "order-placed", "b": "refunded", "c": "subscription-renewed"}


def amount_of(sequence: int) -> tuple[float | None, str]:
    """Now and then nothing is told, or it is in another currency."""
    if sequence % 5 == 0:
        return None, ""
    return (sequence % 997) / 4, "JPY" if sequence % 7 == 0 else "EUR"


class CohortsContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.mark.parametrize("counts", ["in", "since"])
    @pytest.mark.parametrize("begins", ["once", "every"])
    @pytest.mark.parametrize(
        ("by", "period"),
        [
            ("none", "month"),
            ("activity", "week"),
            ("channel", "month"),
            ("month", "week"),
            ("persona", "month"),
            ("activity", "day"),
        ],
    )
    def test_cohorts_against_python(self, ready, by, period, begins, counts):
        first, again = (
            ("a", "b") if by == "channel" else ("", "b, c") if by == "month" else ("", "")
        )
        told = histories(seed=20, ticks=140, unit=DAY)
        ready.insert(
            block(
                TOUCHPOINTS,
                [
                    touch(
                        0,
                        customer_id=customer,
                        event_id=f"{n:032x}",
                        occurred_at=e.at,
                        sequence=e.sequence,
                        activity=e.activity,
                        type=PAYING.get(e.activity, e.activity),
                        channel=e.channel,
                        amount=amount_of(e.sequence)[0],
                        currency=amount_of(e.sequence)[1],
                    )
                    for customer, events in told.items()
                    for n, e in enumerate(events)
                ],
            ),
            1,
        )
        held = {
            customer: [("regular", T0, T0 + 60 * DAY), ("member", T0 + 30 * DAY, None)][: n % 3]
            for n, customer in enumerate(sorted(told))
        }
        ready.insert(
            block(
                PERSONAS,
                [
                    row(PERSONAS, customer_id=customer, persona=name, since=since, until=until)
                    for customer, spans in held.items()
                    for name, since, until in spans
                ],
            ),
            1,
        )
        last = max(first_day(e.at, period) for events in told.values() for e in events)
        size: dict[tuple[str, int], int] = defaultdict(int)
        there: dict[tuple[str, int], int] = defaultdict(int)
        paid: dict[tuple[str, int], float] = defaultdict(float)
        for customer, events in told.items():
            came = {first_day(e.at, period) for e in events if not again or e.activity in again}
            started: set[date] = set()
            for event in events:
                start = first_day(event.at, period)
                if first not in ("", event.activity) or start in started:
                    continue
                if begins == "once" and started:
                    break
                started.add(start)
                labels = {
                    "none": [""],
                    "activity": [event.activity],
                    "channel": [event.channel],
                    "month": [str(moment(event.at).date().replace(day=1))],
                    "persona": [
                        name
                        for name, since, until in held[customer]
                        if since <= event.at and (until is None or event.at < until)
                    ]
                    or [""],
                }[by]
                day = start
                while day <= last and distance(start, day, period) <= 5:
                    for label in labels:
                        key = label, distance(start, day, period)
                        size[key] += 1
                        there[key] += (
                            day in came
                            if counts == "in"
                            else max(came, default=start) >= day and bool(came)
                        )
                        for e in events:
                            amount, currency = amount_of(e.sequence)
                            if (
                                first_day(e.at, period) == day
                                and e.activity in PAYING
                                and currency == "EUR"
                            ):
                                paid[key] += (amount or 0) * (-1 if e.activity == "b" else 1)
                    day = following(day, period)
        given = {"by": by, "period": period, "begins": begins, "counts": counts, "periods": 5}
        found = ready.query("cohorts", given | {"first": first, "again": again}).to_pylist()
        name = {"none": "grouped"}.get(by, by)
        assert {(f.get(name, ""), f["after"]): f["size"] for f in found} == size
        to_date: dict[str, float] = defaultdict(float)
        for f in found:
            key = f.get(name, ""), f["after"]
            assert (f["customers"], f["share"]) == (there[key], there[key] / size[key])
            assert f["revenue"] == pytest.approx(paid[key])
            assert f["per_customer"] == pytest.approx(paid[key] / size[key])
            to_date[key[0]] += f["per_customer"]
            assert f["per_customer_to_date"] == pytest.approx(to_date[key[0]])
            assert f["currency"] == "EUR"

    @pytest.mark.parametrize(
        ("period", "after"),
        [
            ("day", {0, 40, 25566, 25567, 109572}),
            ("week", {0, 5, 3652, 15653}),
            ("month", {0, 1, 839, 840, 3599}),
        ],
    )
    def test_periods_from_the_first_day_to_the_last(self, ready, period, after):
        """1900 begins with a Monday; Wednesday and Thursday around 1970 are of one week."""
        times = (EARLIEST, EARLIEST + 40 * DAY, -DAY, 0, LATEST - 1)
        rows = [touch(1, event_id=f"{n}", occurred_at=at) for n, at in enumerate(times)]
        ready.insert(block(TOUCHPOINTS, rows), 1)
        found = ready.query("retention", {"period": period}).to_pylist()
        assert {(f["cohort"], f["after"]) for f in found} == {(date(1900, 1, 1), k) for k in after}
        cohorts = ready.query("cohorts", {"by": "none", "period": period, "periods": 200_000})
        assert {f["after"] for f in cohorts.to_pylist() if f["customers"]} == after
        lives = ready.query("lifecycle", {"period": period})
        there = [f for f in lives.to_pylist() if f["new"] or not (f["at_risk"] or f["dormant"])]
        assert len(there) == len(after)
        assert there[0]["period"] == date(1900, 1, 1)
