"""Our writer of Avro bodies writes the bytes that fastavro writes, and refuses what it must."""

import io

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import contracts
from schemas.codec import halves
from schemas.encoder import encoder, long
from schemas.errors import ContractError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LONGS = st.integers(-(2**63), 2**63 - 1) | st.integers(-70_000, 70_000)
VALUES = {
    "string": TEXTS,
    "bytes": st.binary(max_size=40),
    "boolean": st.booleans(),
    "double": st.floats(allow_nan=False),
    "long": LONGS,
    "int": st.integers(-(2**31), 2**31 - 1),
}


def by_fastavro(schema, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()


def values_of(kind):
    if isinstance(kind, dict) and kind["type"] == "array":
        return st.lists(values_of(kind["items"]), max_size=4)
    if isinstance(kind, dict) and kind["type"] == "map":
        return st.dictionaries(TEXTS, values_of(kind["values"]), max_size=4)
    return VALUES[kind["type"] if isinstance(kind, dict) else kind]


def released_schemas():
    yield contracts.parse("envelope.v1")
    for name in contracts.released():
        if name != "envelope.v1":
            cut = halves(contracts.contract(name))
            yield cut.clear
            if cut.personal is not None:
                yield cut.personal


@given(LONGS)
def test_longs_are_those_of_fastavro(value):
    assert long(value) == by_fastavro("long", value)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_a_number_beyond_64_bits_is_refused(value):
    with pytest.raises(OverflowError):
        long(value)


@pytest.mark.parametrize("schema", list(released_schemas()), ids=lambda s: s["name"])
@given(data=st.data())
def test_records_are_those_of_fastavro(schema, data):
    fields = {f["name"]: values_of(f["type"]) for f in schema["fields"]}
    # fastavro itself cannot write the default of a field of bytes.
    required = {f["name"] for f in schema["fields"] if "default" not in f or f["type"] == "bytes"}
    record = data.draw(
        st.fixed_dictionaries(
            {name: values for name, values in fields.items() if name in required},
            optional={name: values for name, values in fields.items() if name not in required},
        )
    )
    write = encoder(schema, remember=data.draw(st.booleans()))
    assert write(record) == by_fastavro(schema, record)
    assert write(record) == by_fastavro(schema, record), "again, from what it remembers"


RECORD = {
    "type": "record",
    "name": "R",
    "fields": [{"name": "n", "type": "long"}, {"name": "s", "type": "string", "default": ""}],
}


@pytest.mark.parametrize(
    "record", [{}, {"n": "1"}, {"n": None}, {"n": 2**70}, {"n": 1, "s": 5}, {"n": 1, "s": "\ud800"}]
)
def test_what_does_not_fit_is_refused_by_name(record):
    with pytest.raises(ContractError, match="R, field"):
        encoder(RECORD, remember=True)(record)


def test_a_type_that_contracts_do_not_have_is_refused():
    odd = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "null"}]}
    with pytest.raises(ContractError, match="null"):
        encoder(odd, remember=False)
