"""A line that was made and never written is read as if it had been written: same draft, or same
refusal. So what is faster is also right.
"""

from contextlib import suppress
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.ingest import jsonl
from journey.ingest.declared import property_names
from journey.ingest.forms import FORMS
from journey.ingest.made import MadeExact
from journey.ingest.mapped.times import reader
from journey.ingest.translate import draft_of, line_of
from schemas.errors import CannotAccept
from schemas.times import parse_rfc3339

NOW = parse_rfc3339("2024-06-01T00:00:00Z")
TEXTS = st.text(st.sampled_from('ab1 .,/-é"\\'), max_size=8) | st.sampled_from(["x" * 513, " "])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
RAW = JSON.map(lambda value: msgspec.Raw(msgspec.json.encode(value)))
NUMBERS = st.sampled_from(["12.50", "1e2", "-3", "0.0000001", "3.0", "1E-400"]).map(
    lambda text: msgspec.Raw(text.encode())
)
GOOD = {
    "id": "m-1",
    "source": "shop",
    "type": "page-viewed",
    "time": "2024-05-01T12:00:00Z",
    "identities": {"email": "ann@example.com"},
}
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from([*sorted(FORMS), "bike-rented", "merged-out", "custom.v2"]) | JSON,
        "time": st.just("2024-05-01T12:00:00.5+02:00") | JSON,
        "identities": st.dictionaries(
            st.sampled_from(["email", "user_id", "Bad Kind"]),
            TEXTS | st.lists(TEXTS, max_size=3),
            max_size=2,
        )
        | JSON,
        "owner": st.just({"user_id": ["u-1"]}) | JSON,
        "conversation": TEXTS | JSON,
        "channel": st.sampled_from(["web", "Web!"]) | JSON,
        "direction": st.sampled_from(["inbound", "outbound", "up"]) | JSON,
        "actor": st.fixed_dictionaries(
            {"kind": st.sampled_from(["customer", "human", "x"])},
            optional={"id": TEXTS, "team": TEXTS, "more": JSON},
        ),
        "sequence": st.integers(-1, 2**63) | JSON,
    },
)
NAMES = st.sampled_from(sorted(jsonl.known())) | TEXTS
PROPERTIES = st.dictionaries(NAMES, JSON | RAW | NUMBERS, max_size=6)


def outcome(make):
    """A draft, or why there is none."""
    try:
        return make()
    except CannotAccept as refused:
        return refused.code, str(refused)


@given(FIELDS, PROPERTIES)
def test_a_made_line_is_read_as_a_written_one(changed, properties):
    fields = GOOD | changed
    as_written = dict(properties)
    made = outcome(lambda: jsonl.parse_made(fields, properties, 7, NOW))
    line = jsonl.written(fields, as_written)
    assert made == outcome(lambda: jsonl.parse(line, 7, NOW))
    assert properties == as_written, "what was handed in was changed"


MEMBERS = st.dictionaries(NAMES | TEXTS.map(lambda t: "/" + t), RAW, max_size=5)


@given(FIELDS, PROPERTIES, MEMBERS, MEMBERS)
def test_a_foreign_object_is_read_as_its_line(changed, declared, inner, outer):
    fields = GOOD | changed
    left = [("properties", inner), ("", outer)]
    line = line_of(fields, declared, left)
    made = outcome(lambda: draft_of(fields, declared, left, line, 7, NOW))
    assert made == outcome(lambda: jsonl.parse(line, 7, NOW))


@pytest.mark.parametrize("text", ["nul\0", "x" * 100_001])
def test_bad_texts_are_seen_in_what_was_never_written(text):
    data = msgspec.json.encode({"deep": text})
    left = [("", {"deep": msgspec.Raw(msgspec.json.encode(text))})]
    with pytest.raises(CannotAccept) as caught:
        draft_of(GOOD, {}, left, data, 7, NOW)
    assert caught.value.code in ("nul-character", "text-too-long")


FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y",
    "%Y%m%d",
    "%H%M%S %Y%m%d",
    "%Y-%m-%dT%H:%M",
    "%Y+%m(%d)",
    "%d/%m/%y %I:%M %p",
    "%Y-%j",
    "%A %d %B %Y",
    "100%% %Y-%m-%d",
]
MOMENTS = st.datetimes(datetime(1000, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - local


@given(st.sampled_from(FORMATS), MOMENTS, st.data())
def test_times_of_a_format_are_read_as_strptime_reads_them(format_, moment, data):
    text = moment.strftime(format_)
    if data.draw(st.booleans(), label="damaged"):
        at = data.draw(st.integers(0, len(text) - 1))
        text = (
            text[:at] + data.draw(st.sampled_from(["", "0", "9", " ", "x", "٣"])) + text[at + 1 :]
        )
    text = text.strip()
    try:
        meant = datetime.strptime(text, format_)  # noqa: DTZ007 - local
    except ValueError:
        meant = None
    try:
        found = reader([format_], "UTC", "first")(text)
    except CannotAccept:
        assert meant is None
    else:
        assert meant is not None
        assert parse_rfc3339(found) == parse_rfc3339(f"{meant.isoformat()}+00:00")


@pytest.mark.parametrize("name", FORMS)
def test_each_declared_property_can_be_taken(name):
    """What reads a type is made when its first event comes: here that is shown of every type."""
    properties = dict.fromkeys(property_names(FORMS[name].fact))
    fields = {"channel": "web", "identities": {"email": ["a@example.com", "b@example.com"]}}
    with suppress(CannotAccept):  # some cannot do without a value
        FORMS[name].read(properties, fields, MadeExact(GOOD, properties))
