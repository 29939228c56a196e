"""Given what is known of a customer, then where to reach them and why."""

import pytest

from journey.config.file import parse
from projections.configuration import DEFAULT
from projections.preference import Begun, Preferred, age_of, preferred_channel
from schemas.times import DAY
from tests.projections.story import at

NOW = at(days=200)
RULES = parse(
    '[personas.b]\nfact = "orders"\nat_least = 1\nprefers = "sms"\n'
    '[personas.a]\nfact = "orders"\nat_least = 1\n'
    '[personas.c]\nfact = "orders"\nat_least = 1\nprefers = "push"'
).rules


def begun(channel, *days_ago):
    return [Begun(NOW - days * DAY, channel) for days in days_ago]


def chosen(**known) -> tuple[str, str]:
    found: Preferred = preferred_channel(RULES, NOW, **known)
    return found.channel, found.because


THREE = begun("chat", 1, 2, 3)


def test_what_is_stated_wins_over_all():
    assert chosen(stated="phone", begun=THREE, personas=["b"]) == ("phone", "stated")


def test_the_channel_of_most_contacts_begun_counts_from_three_on():
    assert chosen(begun=THREE, personas=["b"]) == ("chat", "observed")
    assert chosen(begun=THREE[:2], personas=["b"]) == ("sms", "persona")
    assert chosen(begun=[*THREE, *begun("email", 1, 2, 3, 4)]) == ("email", "observed")


def test_only_contacts_of_the_last_180_days_count():
    assert chosen(begun=begun("chat", 1, 2, 180)) == ("chat", "observed")
    too_long_ago = [*begun("chat", 1, 2), Begun(NOW - 180 * DAY - 1, "chat")]
    assert chosen(begun=too_long_ago) == ("email", "default")


def test_of_two_channels_used_as_often_the_one_used_last_counts():
    assert chosen(begun=[*begun("phone", 2, 3, 4), *begun("chat", 1, 8, 9)]) == ("chat", "observed")
    assert chosen(begun=[*begun("chat", 2, 8, 9), *begun("phone", 1, 3, 4)]) == (
        "phone",
        "observed",
    )


def test_of_several_personas_the_first_by_name_that_says_something_counts():
    assert chosen(personas=["c", "b", "a"]) == ("sms", "persona")
    assert chosen(personas=["a"]) == ("email", "default")


@pytest.mark.parametrize(
    ("traits", "channel"),
    [
        ({}, "email"),
        ({"age": "54"}, "email"),
        ({"age": "55"}, "phone"),
        ({"age_group": "55-64"}, "phone"),
        ({"age_group": "65+"}, "phone"),
        ({"age_group": "45-54"}, "email"),
        ({"birth_year": "1900"}, "phone"),
        ({"birth_year": "2000"}, "email"),
        ({"age": "old"}, "email"),
    ],
)
def test_the_usual_channel_is_the_phone_from_55(traits, channel):
    assert chosen(traits=traits) == (channel, "default")


def test_the_usual_channel_is_one_that_reaches_the_customer_where_that_is_known():
    assert chosen(reachable={"sms", "push"}) == ("sms", "default")
    assert chosen(reachable={"store"}) == ("email", "default")


def test_who_was_born_55_years_ago_may_still_be_54():
    year = 2024  # of NOW
    assert age_of({"birth_year": str(year - 55)}, NOW) == 54
    assert DEFAULT.preference.older_from == 55
