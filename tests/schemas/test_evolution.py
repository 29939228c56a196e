"""Every version reads every other: what breaks that is named, what does not is let through."""

import copy
import io
from typing import Any

import fastavro
import pytest

from schemas import contracts
from schemas.errors import ContractError
from schemas.events import SHIPPED, OrderPlaced
from schemas.evolution import breaks, check_types
from schemas.upcast import Upcast

OLD = contracts.contract("order-placed.v2")


def changed(change):
    new = copy.deepcopy(OLD)
    change({field["name"]: field for field in new["fields"]}, new["fields"])
    return new


def added(fields, of):
    of.append({"name": "coupon", "type": "string", "default": ""})


def added_without_default(fields, of):
    of.append({"name": "coupon", "type": "string"})


def removed(fields, of):
    of.remove(fields["promised_at"])


def retyped(fields, of):
    fields["currency"]["type"] = "bytes"


def laid_open(fields, of):
    del fields["order_id"]["personal"]


def closed(fields, of):
    fields["currency"]["personal"] = True


@pytest.mark.parametrize("change", [added, removed])
def test_what_has_a_default_may_come_and_go(change):
    new = changed(change)
    assert breaks(OLD, new) == []
    assert breaks(new, OLD) == []
    for written_as, read_as in ((OLD, new), (new, OLD)):  # as a standard reader sees it
        out = io.BytesIO()
        told = {f["name"]: f["default"] for f in written_as["fields"]}
        record = told | {f["name"]: b"" for f in written_as["fields"] if f["type"] == "bytes"}
        fastavro.schemaless_writer(out, written_as, record)
        out.seek(0)
        read: Any = fastavro.schemaless_reader(out, written_as, read_as)
        assert read.keys() == {f["name"] for f in read_as["fields"]}


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        (added_without_default, "coupon", "is new and has no default"),
        (retyped, "currency", "has another type"),
        (laid_open, "order_id", "is no longer personal"),
        (closed, "currency", "became personal"),
    ],
)
def test_what_breaks_is_named(change, field, reason):
    assert breaks(OLD, changed(change)) == [(field, reason)]
    assert [each.field for each in breaks(changed(change), OLD)] == [field]


def test_the_types_of_today_read_everything_that_was_released():
    checked = check_types()
    assert checked.breaks == []
    assert checked.types == len(SHIPPED)
    assert checked.contracts == len(contracts.released()) - 1  # the envelope's


def test_a_class_that_left_its_contract_is_named():
    released = {OrderPlaced.TYPE: changed(retyped)}
    (found,) = check_types([OrderPlaced], released).breaks
    assert found == {"type": "order-placed.v2", "field": "currency", "reason": "has another type"}
    (found,) = check_types([OrderPlaced], {OrderPlaced.TYPE: changed(added)}).breaks
    assert found["reason"] == "differs from its class"
    (found,) = check_types([OrderPlaced], {}).breaks
    assert found["reason"] == "has no released contract"


def test_an_old_version_needs_a_step():
    released = {OrderPlaced.TYPE: OLD, "order-placed.v0": changed(retyped)}
    (found,) = check_types([OrderPlaced], released).breaks
    assert found["type"] == "order-placed.v0"
    step = Upcast(OrderPlaced.TYPE, dict)
    assert check_types([OrderPlaced], released, {"order-placed.v0": step}).breaks == []
    astray = Upcast("order-lost.v1", dict)
    (found,) = check_types([OrderPlaced], released, {"order-placed.v0": astray}).breaks
    assert "order-lost.v1, which is no type" in found["reason"]


def test_a_contract_that_is_none_is_an_error():
    with pytest.raises(ContractError):
        contracts.contract("order-lost.v1")
