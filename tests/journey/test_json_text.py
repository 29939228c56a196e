"""Any file of JSON is cut into its objects: whole, in pieces, and when it is broken."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.ingest.json_text import read_json
from journey.ingest.records import RECORD_BYTES_MAX, BrokenRecord
from journey.ingest.source import Source

TEXTS = st.text(alphabet='ab"\\{}[]\n,: é', max_size=8)
VALUES = st.recursive(
    TEXTS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), min_size=1, max_size=5)


def cut(data: bytes, size: int = 1 << 20) -> list[Any]:
    """The records as (line, bytes), a broken one as (line, code, bytes)."""
    found: list[Any] = []
    for record in read_json(Source(data[at : at + size] for at in range(0, len(data), size))):
        if isinstance(record, BrokenRecord):
            found.append((record.line, record.code, b"".join(record.data)))
        else:
            found.append((record.line, record.data))
    return found


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@given(OBJECTS)
def test_objects_come_back_in_whatever_form_they_lie(indent, size, objects):
    spread = "\n".join(json.dumps(each, indent=indent) for each in objects)
    if indent is None or objects[0]:  # an empty object first tells nothing of the others' form
        assert [json.loads(data) for _, data in cut(spread.encode(), size)] == objects
    array = json.dumps(objects, indent=indent).encode()
    assert [json.loads(data) for _, data in cut(b"\xef\xbb\xbf \r\n" + array, size)] == objects


def test_lines_have_their_numbers():
    assert cut(b'\n\n{"a": 1}\n\n{"a": 2}', 1) == [(3, b'{"a": 1}'), (5, b'{"a": 2}')]
    assert cut(b'{\n"a": 1\n}\n\n{"a":\n2}', 1) == [(1, b'{\n"a": 1\n}'), (5, b'{"a":\n2}')]
    assert cut(b"") == cut(b" \n \t") == []


def test_a_bad_line_costs_only_itself():
    lines = [b'{"a": {"b": 1}', b'{"a": 2}', b'{"a": "', b'{"a": 3}', b"]"]
    assert cut(b"\n".join(lines)) == [(n, line) for n, line in enumerate(lines, 1)]


def test_an_object_that_ends_too_early_is_handed_on_as_it_is():
    assert cut(b'{\n"a": [1,\n{"b": 2}') == [(1, b'{\n"a": [1,\n{"b": 2}')]


def test_an_object_that_never_closes_takes_the_rest_and_no_memory():
    filler = b'"' + b"a" * 1000 + b'",\n'
    data = b'{"a": [\n' + filler * (RECORD_BYTES_MAX // len(filler) + 10)
    ((line, code, kept),) = cut(data, 1 << 16)
    assert (line, code, kept) == (1, "record-too-long", data)


def test_what_is_looked_through_once_is_not_looked_through_again():
    """A string of escapes that never ends would take hours in a pattern that goes back."""
    hostile = b'{"a": "' + b'\\"' * 200_000 + b"\n}"
    assert len(cut(hostile)) == 1
