"""What every `Analytics` promises about maps and preferences: the same figures as plain Python."""

from projections.tables import CONTACTS, EMOTIONS, PERSONAS, STAGES, STATED, TOUCHPOINTS
from schemas.times import DAY, moment
from tests.contracts.analytics_rows import T0, block, row, touch

ANN, BEN, CAT = (f"{n:032x}" for n in (1, 2, 3))


def stage(who, day, ordinal, name, left=None, dwell=None):
    return row(
        STAGES,
        customer_id=who,
        entered_at=T0 + day * DAY,
        ordinal=ordinal,
        stage=name,
        left_at=None if left is None else T0 + left * DAY,
        dwell_s=dwell,
    )


def persona(who, name, since, until=None):
    end = None if until is None else T0 + until * DAY
    return row(PERSONAS, customer_id=who, persona=name, since=T0 + since * DAY, until=end)


def seen(n, who, day, **more):
    given = {"channel": "web", "type": "page-viewed", "direction": "inbound"} | more
    return touch(n, customer_id=who, occurred_at=T0 + day * DAY, **given)


class PeopleContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    def test_a_map_counts_for_the_personas_held_at_the_time(self, ready):
        stays = [
            stage(ANN, 0, 1, "awareness", 0, 0.0),
            stage(ANN, 0, 2, "purchase", 5, 5 * 86400.0),
            stage(ANN, 5, 3, "usage"),
            stage(BEN, 0, 1, "awareness"),
        ]
        held = [
            persona(ANN, "fan", 2, 4),
            persona(ANN, "fan", 5, 5),
            persona(ANN, "fan", 7),
            persona(BEN, "other", 0),
        ]
        touches = [seen(n, ANN, n) for n in range(9)] + [seen(20, BEN, 3)]
        touches.append(seen(21, ANN, 8, direction="internal"))
        ready.insert(block(STAGES, stays), 1)
        ready.insert(block(PERSONAS, held), 1)
        ready.insert(block(TOUCHPOINTS, touches), 1)
        of_all = ready.query("journey-map", {}).to_pylist()
        assert [(r["stage"], r["n"], r["customers"]) for r in of_all] == [
            ("awareness", 1, 1),
            ("purchase", 5, 1),
            ("usage", 4, 1),
        ]
        of_fans = ready.query("journey-map", {"persona": "fan"}).to_pylist()
        assert [(r["stage"], r["n"]) for r in of_fans] == [("purchase", 2), ("usage", 2)]
        dwell = ready.query("journey-dwell", {"persona": "other"}).to_pylist()
        assert [(r["stage"], r["customers"], r["n"]) for r in dwell] == [("awareness", 1, 0)]
        since = moment(T0 + 7 * DAY)
        assert ready.query("journey-map", {"since": since})["n"].to_pylist() == [2]
        declared = {"channel": ["app"]}  # and not used yet
        assert ready.query("journey-map", {"channel": "app"}, declared).num_rows == 0

    def test_an_emotion_is_a_mean_of_customers_and_hidden_where_they_are_few(self, ready):
        felt = [
            row(
                EMOTIONS,
                customer_id=f"{n:032x}",
                event_id=f"{n:032x}",
                felt_at=T0 + n,
                emotion=(1.0, -0.5, 0.25)[n % 3],
                stage="usage",
                personas=["fan"] if n < 4 else [],
            )
            for n in range(5)
        ]
        felt.append(
            row(
                EMOTIONS,
                customer_id=f"{0:032x}",
                event_id=f"{9:032x}",
                felt_at=T0,
                emotion=0.0,
                stage="usage",
            )
        )
        ready.insert(block(EMOTIONS, felt), 1)
        told = ready.query("journey-emotion", {}).to_pylist()
        mean = (0.5 - 0.5 + 0.25 + 1.0 - 0.5) / 5
        assert told == [{"stage": "usage", "n": 5, "told": 6, "emotion": mean}]
        fans = ready.query("journey-emotion", {"persona": "fan"}).to_pylist()
        assert fans == [{"stage": "usage", "n": 4, "told": 4, "emotion": None}]
        few = ready.query("journey-emotion", {"persona": "fan", "customers_min": 4}).to_pylist()
        assert few[0]["emotion"] == (1.0 - 0.5 + 0.25 + 1.0) / 4

    def test_a_preferred_channel_is_stated_else_shown(self, ready):
        def asked(n, who, day, channel):
            given = {"kind": "preference", "name": "channel", "value": channel}
            at = T0 + day * DAY
            return row(STATED, customer_id=who, stated_at=at, event_id=f"{n:032x}", **given)

        def contact(n, who, day, channel, **more):
            given = {"began_at": T0 + day * DAY, "contact_id": f"{n:032x}", "channel": channel}
            return row(CONTACTS, customer_id=who, **(given | more))

        contacts = [contact(n, BEN, 200 + n, "chat") for n in range(3)]
        contacts += [contact(n + 10, CAT, 200 + n, "chat") for n in range(2)]
        contacts += [contact(20, CAT, 203, "chat", is_invited=True), contact(21, CAT, 1, "chat")]
        ready.insert(block(CONTACTS, contacts), 1)
        ready.insert(block(STATED, [asked(1, ANN, 1, "sms"), asked(2, ANN, 2, "email")]), 1)
        ready.insert(
            block(TOUCHPOINTS, [seen(n, who, 204) for n, who in enumerate((ANN, BEN, CAT))]), 1
        )
        told = ready.query("preferred-channel", {}).to_pylist()
        assert {(r["channel"], r["because"]): r["n"] for r in told} == {
            ("email", "stated"): 1,
            ("chat", "observed"): 1,
            ("", "default"): 1,
        }
