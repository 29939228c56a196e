"""Any fact of any shipped type, drawn from the contract of its type."""

from hypothesis import strategies as st

from schemas import contracts
from schemas.events import SHIPPED, MentionObserved, ReviewPosted, SurveyAnswered

LONGS = st.integers(-(2**63), 2**63 - 1)
# No lone surrogates: they are no text. NUL, emoji and right-to-left marks are.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.floats(allow_nan=False)

PLAIN = {
    "string": TEXTS,
    "bytes": st.binary(max_size=20),
    "long": LONGS,
    "boolean": st.booleans(),
    "double": NUMBERS,
}


def values(avro_type):
    """The values that a contract's type allows."""
    match avro_type:
        case str():
            return PLAIN[avro_type]
        case {"type": "array", "items": items}:
            return st.lists(values(items), max_size=3)
        case {"type": "map", "values": held}:
            return st.dictionaries(TEXTS, values(held), max_size=3)
        case {"type": str(name)}:
            return PLAIN[name]
    raise AssertionError(avro_type)


@st.composite
def facts(draw, types=SHIPPED):
    """A fact; each of its fields may be left out."""
    of = draw(st.sampled_from(types))
    fields = {f["name"]: values(f["type"]) for f in contracts.contract(of.TYPE)["fields"]}
    if of is SurveyAnswered:
        on_scale = {n: fields.pop(n) for n in ("score", "scale_min", "scale_max")}
        assert len(on_scale) == 3
        low, score, high = sorted(draw(st.lists(NUMBERS, min_size=3, max_size=3, unique=True)))
        given = draw(st.fixed_dictionaries({}, optional=fields))
        return of(**given, scale_min=low, score=score, scale_max=high)
    if of is ReviewPosted:
        del fields["stars"], fields["stars_max"]
        stars, most = sorted(draw(st.lists(st.floats(0, 10), min_size=2, max_size=2)))
        return of(**draw(st.fixed_dictionaries({}, optional=fields)), stars=stars, stars_max=most)
    if of is MentionObserved:
        fields["subject"] = st.sampled_from(["own", "competitor"])
        fields["sentiment"] = st.floats(-1, 1)
    return of(**draw(st.fixed_dictionaries({}, optional=fields)))
