"""Who and where, for any drafts in any batches: the same customers, and those of simple models."""

from contextlib import contextmanager
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from journey.log.identity import ANONYMOUS, rank
from journey.log.keys import key_id
from journey.log.sqlite_log import SqliteEventLog
from journey.ports import Draft, Outcome
from schemas.envelope import decode
from schemas.events import Absorbed, ConfigurationPublished, IdentityLinked, MergedOut
from schemas.fact import Identities
from tests.contracts.event_log import check_order
from tests.controls import Opening, draft, link, message

EXAMPLES = 30  # each opens two or three logs
NAMES = [
    ("user_id", "u1"),
    ("email", "e1"),
    ("email", "e2"),
    ("handle", "h1"),
    ("device", "d1"),
    ("anonymous", "a1"),
    ("anonymous", "a2"),
    ("anonymous", "a3"),
]

Name = tuple[str, str]


def grouped(names: list[Name]) -> Identities:
    found: Identities = {}
    for kind, value in names:
        found.setdefault(kind, []).append(value)
    return found


names = st.lists(st.sampled_from(NAMES), unique=True, max_size=3)
some_names = st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=3)
conversations = st.sampled_from(["", "", "c1", "c2"])
is_link = st.integers(0, 4).map(lambda n: n == 0)


@st.composite
def any_drafts(draw) -> list[Draft]:
    """Drafts with everything that bears on placing; some of them told twice."""
    count = draw(st.integers(1, 14))
    return [
        draft(
            f"m-{draw(st.integers(0, count))}",
            link() if draw(is_link) else message(),
            identities=grouped(draw(names)),
            owner=grouped(draw(names)) if draw(is_link) else {},
            author=grouped(draw(names)) if draw(is_link) else {},
            conversation=draw(conversations),
        )
        for _ in range(count)
    ]


@st.composite
def plain_drafts(draw) -> list[Draft]:
    """Drafts that name people and nothing else."""
    told = draw(st.lists(st.tuples(some_names, is_link), min_size=1, max_size=14))
    return [
        draft(f"m-{n}", link() if stated else message(), identities=grouped(who))
        for n, (who, stated) in enumerate(told)
    ]


@contextmanager
def a_log():
    opening = Opening(None)
    try:
        yield opening.log()
    finally:
        opening.close()


def story(log: SqliteEventLog) -> list[Any]:
    """All that was recorded, with whose key sealed it; and who is whom."""
    sealed = {
        (partition, offset): key_id(decode(stored).sealed)
        for partition in range(64)
        for offset, stored, _ in log.stored(partition)
    }
    events = [
        (e.event_id, e.customer_id, e.place, e.fact, sealed[e.partition, e.offset])
        for _, e in log.read(0, 10_000)
    ]
    return [events, {value: log.find(value) for _, value in NAMES}]


@settings(max_examples=EXAMPLES)
@given(any_drafts(), st.lists(st.integers(1, 6), max_size=14), st.booleans())
def test_batches_change_nothing(drafts, sizes, is_cold):
    with a_log() as whole, a_log() as single, a_log() as pieces:
        outcome = [r.outcome for r in whole.append(drafts)]
        for n, one in enumerate(drafts):
            assert single.append([one])[0].outcome is outcome[n]
        rest = list(drafts)
        for size in [*sizes, len(drafts)]:
            if is_cold:
                pieces._placer.forget()
            pieces.append(rest[:size])
            rest = rest[size:]
        assert story(single) == story(whole) == story(pieces)
        check_order(whole)


def test_who_absorbed_somebody_in_this_batch_is_known_in_it():
    """Found by attack: the merge made the batch forget the rank that it had not yet stored."""
    ann, dee, visitor = NAMES[1], NAMES[2], NAMES[5]
    told = [[ann], [visitor], [ann, visitor], [dee], [ann, dee], [dee, visitor]]
    drafts = [draft(f"m-{n}", identities=grouped(who)) for n, who in enumerate(told)]
    with a_log() as whole, a_log() as single:
        whole.append(drafts)
        for one in drafts:
            single.append([one])
        assert story(whole) == story(single)
        assert whole.find(ann[1]) == whole.find(visitor[1]) != whole.find(dee[1])


@settings(max_examples=EXAMPLES)
@given(any_drafts())
def test_merges_are_told_in_both_partitions_and_add_up(drafts):
    """Whoever reads the events alone comes to the same customers as the index."""
    with a_log() as log:
        log.append(drafts)
        into: dict[bytes, bytes] = {}
        events = [e for _, e in log.read(0, 10_000)]
        for event in events:
            if isinstance(event.fact, MergedOut):
                assert event.customer_id not in into, "merged twice"
                assert event.fact.into not in into, "merged into somebody who is gone"
                into[event.customer_id] = event.fact.into
                (other,) = (
                    e
                    for e in events
                    if isinstance(e.fact, Absorbed) and e.fact.customer == event.customer_id
                )
                assert other.customer_id == event.fact.into
                assert (other.fact.partition, other.fact.last_offset, other.fact.cause) == (
                    event.partition,
                    event.offset,
                    event.fact.cause,
                )
            elif not isinstance(event.fact, Absorbed | ConfigurationPublished):
                assert event.customer_id not in into, "recorded with somebody who is gone"
        for customer in {e.customer_id for e in events} - {b""}:
            last = customer
            while last in into:
                last = into[last]
            assert log.current(customer) == last


class Model:
    """The rules for drafts that name people only, as one would write them on a napkin."""

    def __init__(self) -> None:
        self.people: list[set[Name]] = []  # one set of names a customer

    def tell(self, told: Draft) -> set[Name]:
        own = sorted(
            ((k, v) for k, values in told.identities.items() for v in values),
            key=lambda name: (-rank(name[0]), name[0], told.identities[name[0]].index(name[1])),
        )
        known: list[set[Name]] = []
        for name in own:
            known += [p for p in self.people if name in p and not any(p is k for k in known)]
        firm = [p for p in known if any(rank(kind) > ANONYMOUS for kind, _ in p)]
        customer = (firm or known or [set()])[0]
        for other in known:
            is_anonymous = not any(other is f for f in firm)
            if other is not customer and (is_anonymous or isinstance(told.fact, IdentityLinked)):
                customer |= other
                self.people = [p for p in self.people if p is not other]
        if not known:
            self.people.append(customer)
        customer |= {name for name in own if not any(name in p for p in self.people)}
        return customer


@settings(max_examples=EXAMPLES)
@given(plain_drafts())
def test_customers_are_those_of_the_model(drafts):
    model = Model()
    with a_log() as log:
        for told in drafts:
            expected = model.tell(told)
            before = max(log.last_position(), 64)
            assert log.append([told])[0].outcome is Outcome.APPENDED
            event = log.read(before, 1)[0][1]
            assert event.is_touchpoint
            assert log.find(min(expected)[1]) == [event.customer_id]
        found: dict[bytes, set[Name]] = {}
        for name in NAMES:
            for customer in log.find(name[1]):
                found.setdefault(customer, set()).add(name)
        assert sorted(map(sorted, found.values())) == sorted(map(sorted, model.people))


@settings(max_examples=EXAMPLES)
@given(plain_drafts())
def test_stated_links_are_a_union_find(drafts):
    """Where every draft with several names states the link, customers are connected components."""
    stated = [
        draft(d.message_id, link() if sum(map(len, d.identities.values())) > 1 else message(),
              identities=d.identities)
        for d in drafts
    ]  # fmt: skip
    root = {name: name for name in NAMES}

    def find(name: Name) -> Name:
        while root[name] != name:
            name = root[name]
        return name

    told: set[Name] = set()
    with a_log() as log:
        for one in stated:
            own = [(kind, value) for kind, values in one.identities.items() for value in values]
            told.update(own)
            for name in own[1:]:
                root[find(name)] = find(own[0])
        log.append(stated)
        customers = {name: log.find(name[1]) for name in told}
        for one_name in told:
            for other in told:
                is_same = customers[one_name] == customers[other]
                assert is_same == (find(one_name) == find(other))
