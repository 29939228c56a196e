"""Older versions are read as the newest: one worked example, from v1 through v2 to v3.

A parcel was told with `kg` and one `address` line; v2 calls the weight `weight_kg`; v3 splits the
address, which is personal, into `street` and `city`. The contracts of v1 and v2 stay as released.
"""

from typing import Annotated, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, UnsetType

from schemas import contracts
from schemas.codec import Codec, halves
from schemas.derive import schema_of
from schemas.encoder import encoder
from schemas.errors import ContractError, UnknownType
from schemas.fact import PERSONAL, Fact
from schemas.upcast import STEPS, Upcast, newest, upcast

PersonalText = Annotated[str | UnsetType, Meta(extra={PERSONAL: True})]


class ParcelWeighed(Fact, frozen=True, kw_only=True):
    """A parcel was put on the scales."""

    TYPE: ClassVar[str] = "parcel-weighed.v3"

    weight_kg: float = 0.0
    street: PersonalText = UNSET
    city: PersonalText = UNSET


def text(name):
    return {"name": name, "type": "string", "default": "", PERSONAL: True}


def contract_with(*fields):
    return {"type": "record", "name": "ParcelWeighed", "namespace": "journey", "fields": [*fields]}


def number(name):
    return {"name": name, "type": "double", "default": 0.0}


RELEASED = {
    "parcel-weighed.v1": contract_with(number("kg"), text("address")),
    "parcel-weighed.v2": contract_with(number("weight_kg"), text("address")),
    "parcel-weighed.v3": schema_of(ParcelWeighed),
}


def rename_weight(record):
    return {"weight_kg": record["kg"]} | {n: v for n, v in record.items() if n != "kg"}


def split_address(record):
    """Without the key the address is not there, and its parts are not either."""
    rest = {n: v for n, v in record.items() if n != "address"}
    if "address" not in record:
        return rest
    street, _, city = record["address"].partition(", ")
    return rest | {"street": street, "city": city}


TO_NEWEST = {
    "parcel-weighed.v1": Upcast("parcel-weighed.v2", rename_weight),
    "parcel-weighed.v2": Upcast("parcel-weighed.v3", split_address),
}
CODEC = Codec([ParcelWeighed], RELEASED.__getitem__, TO_NEWEST)


def stored(type_, clear, personal):
    cut = halves(RELEASED[type_])
    assert cut.personal is not None
    return encoder(cut.clear, remember=False)(clear), encoder(cut.personal, remember=False)(
        personal
    )


ADDRESS = {"address": "Storgatan 1, Umeå"}
WHOLE = ParcelWeighed(weight_kg=2.5, street="Storgatan 1", city="Umeå")


@pytest.mark.parametrize(
    ("type_", "clear", "personal"),
    [
        ("parcel-weighed.v1", {"kg": 2.5}, ADDRESS),
        ("parcel-weighed.v2", {"weight_kg": 2.5}, ADDRESS),
        ("parcel-weighed.v3", {"weight_kg": 2.5}, {"street": "Storgatan 1", "city": "Umeå"}),
    ],
)
def test_every_version_is_read_as_the_newest(type_, clear, personal):
    payload, plaintext = stored(type_, clear, personal)
    assert CODEC.decode(type_, payload, plaintext) == WHOLE
    assert CODEC.decode(type_, payload) == ParcelWeighed(weight_kg=2.5)


@given(st.floats(allow_nan=False), st.text("abc, ", max_size=9))
def test_what_is_read_from_v1_is_written_as_v3_and_read_the_same(kg, address):
    payload, plaintext = stored("parcel-weighed.v1", {"kg": kg}, {"address": address})
    fact = CODEC.decode("parcel-weighed.v1", payload, plaintext)
    again = CODEC.decode(ParcelWeighed.TYPE, *CODEC.encode(fact))
    assert CODEC.difference(fact, again) == []


def test_two_tellings_are_compared_as_the_newest():
    payload, plaintext = stored("parcel-weighed.v1", {"kg": 2.5}, ADDRESS)
    kept = CODEC.decode("parcel-weighed.v1", payload, plaintext)
    assert CODEC.difference(kept, WHOLE) == []
    assert CODEC.difference(kept, ParcelWeighed(weight_kg=3.0, street="Storgatan 1")) == [
        "city",
        "weight_kg",
    ]


def test_a_step_changes_no_record_but_its_own():
    record = {"kg": 2.5, "address": "Storgatan 1, Umeå"}
    told = dict(record)
    assert upcast("parcel-weighed.v1", record, TO_NEWEST)[0] == "parcel-weighed.v3"
    assert record == told


def test_newest_follows_all_steps():
    assert newest("parcel-weighed.v1", TO_NEWEST) == "parcel-weighed.v3"
    assert newest("parcel-weighed.v3", TO_NEWEST) == "parcel-weighed.v3"


def test_without_the_steps_an_older_version_is_a_clear_error():
    payload, plaintext = stored("parcel-weighed.v1", {"kg": 2.5}, ADDRESS)
    with pytest.raises(UnknownType, match=r"parcel-weighed\.v1"):
        Codec([ParcelWeighed], RELEASED.__getitem__, {}).decode(
            "parcel-weighed.v1", payload, plaintext
        )


def test_a_step_that_forgets_a_field_is_a_clear_error():
    forgetful = TO_NEWEST | {"parcel-weighed.v2": Upcast("parcel-weighed.v3", dict)}
    payload, plaintext = stored("parcel-weighed.v1", {"kg": 2.5}, ADDRESS)
    with pytest.raises(ContractError, match="address"):
        Codec([ParcelWeighed], RELEASED.__getitem__, forgetful).decode(
            "parcel-weighed.v1", payload, plaintext
        )


def test_every_shipped_step_leads_to_a_released_contract():
    released = set(contracts.released())
    assert all(type_ in released and step.to in released for type_, step in STEPS.items())
