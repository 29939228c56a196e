"""An exported log proves itself, and nothing can be done to the file that does not show."""

import io
import sys
from hashlib import sha256
from typing import Any

import fastavro
import msgspec
import pytest

from journey.audit.export import SYNC, export
from replay.file import METADATA, Proof, verify_file
from replay.findings import Kind
from schemas.codec import Codec
from schemas.contracts import contract
from schemas.envelope import Envelope, encode, leaf_hash
from schemas.errors import UsageError
from schemas.events import MergedOut, OutreachDecided
from schemas.times import instant
from tests.cli import runner
from tests.replay import tampering as t

pytestmark = pytest.mark.xdist_group("tampered-file")  # one worker makes what all need


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "workspace"
    t.build(folder)
    made = folder.parent / "log.avro"
    with t.opened(folder) as workspace:
        workspace.engine.catch_up()
        export(workspace, made)
    return made


@pytest.fixture(scope="module")
def whole(file):
    return file.read_bytes()


def findings(data):
    return verify_file(io.BytesIO(data)).findings


def shows(data):
    """Whether the file is refused in a sentence, or something in it is found."""
    try:
        return bool(findings(data))
    except UsageError as error:
        assert "\n" not in str(error)
        return True


def first_block(data):
    return data.index(SYNC) + len(SYNC)


def envelopes(data):
    schema: Any = fastavro.parse_schema(contract("envelope.v1"))
    _, *blocks = data.split(SYNC)
    for block in blocks[:-1]:
        stream = io.BytesIO(block)
        count, _ = _long(stream), _long(stream)
        for _ in range(count):
            found: Any = fastavro.schemaless_reader(stream, schema, None)
            times = {n: instant(found[n]) for n in ("recorded_at", "occurred_at")}
            yield Envelope(**found | times)


def _long(stream):
    value = shift = 0
    while (byte := stream.read(1)[0]) > 0x7F:
        value, shift = value | (byte & 0x7F) << shift, shift + 7
    return (value | byte << shift) >> 1


def proof_of(data):
    return msgspec.json.decode(fastavro.reader(io.BytesIO(data)).metadata[METADATA], type=Proof)


def written(events, proof):
    """A container of these events with that proof, each in a block of its own."""
    out = io.BytesIO()
    metadata = {METADATA: msgspec.json.encode(proof).decode()}
    schema = contract("envelope.v1")
    fastavro.writer(out, schema, [], metadata=metadata, sync_marker=SYNC)
    whole = out.getvalue()
    for event in events:
        body = encode(event)
        whole += _avro(1) + _avro(len(body)) + body + SYNC
    return whole


def _avro(value):
    left, out = value << 1, bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*out, left])


def leaves_of(events, partitions):
    whole = [sha256() for _ in range(partitions)]
    for e in events:
        whole[e.partition].update(leaf_hash(e.partition, e.offset, e.type, encode(e)))
    return [each.hexdigest() for each in whole]


def test_an_export_proves_itself(whole):
    report = verify_file(io.BytesIO(whole))
    assert report.is_clean
    assert report.events > 100
    found = list(envelopes(whole))
    assert {e.type for e in found} >= {MergedOut.TYPE, OutreachDecided.TYPE}
    assert leaves_of(found, 64) == proof_of(whole).leaves
    assert verify_file(io.BytesIO(written(found, proof_of(whole)))).is_clean


def test_no_byte_can_be_flipped(whole, full_size):
    start, end = first_block(whole), len(whole)
    every = 11 if full_size else 211
    header_every = 1 if full_size else 31
    places = [*range(0, start, header_every), *range(start, start + 40), *range(start, end, every)]
    for place in [*places, *range(end - 20, end)]:
        data = bytearray(whole)
        data[place] ^= 1 << (place % 8)
        assert shows(bytes(data)), f"byte {place} of {end}"


def test_no_end_can_be_cut(whole):
    start, end = first_block(whole), len(whole)
    for place in [0, 1, 4, start - 1, start, start + 1, *range(start, end, 997), end - 16, end - 1]:
        assert shows(whole[:place]), place
    assert shows(whole + b"\0")
    assert shows(whole + whole[start:])


def test_no_block_can_be_dropped_or_moved(whole):
    header, *blocks, end = whole.split(SYNC)
    assert end == b""
    assert len(blocks) > 50
    for n in range(0, len(blocks), 5):
        kept = blocks[:n] + blocks[n + 1 :]
        assert shows(SYNC.join([header, *kept, b""])), n
    turned = [blocks[1], blocks[0], *blocks[2:]]
    assert shows(SYNC.join([header, *turned, b""]))


@pytest.mark.parametrize("field", ["leaves", "digests", "meaning", "decisions", "check"])
def test_what_the_header_claims(whole, field):
    events, proof = list(envelopes(whole)), proof_of(whole)
    claims: dict[str, dict[str, Any]] = {
        "leaves": {"leaves": [proof.leaves[1], *proof.leaves[1:]]},
        "digests": {"digests": [proof.digests[0] | {"stages": "00" * 32}, *proof.digests[1:]]},
        "meaning": {"meaning": t.START_AT},
        "decisions": {"decisions": t.START_AT},
        "check": {"check": ""},
    }
    changed = msgspec.structs.replace(proof, **claims[field])
    found = findings(written(events, changed))
    assert [f for f in found if f.kind is Kind.DIGEST and f.where == METADATA]
    rest = [f for f in findings(written(events, changed.sealed())) if f.where != METADATA]
    kinds = {"leaves": Kind.BYTES, "digests": Kind.DIGEST, "meaning": Kind.DIGEST}
    kinds |= {"decisions": Kind.DECISION}
    assert {f.kind for f in rest} == ({kinds[field]} if field in kinds else set())


@pytest.mark.parametrize("what", ["changed", "removed", "added"])
def test_a_decision_with_all_hashes_made_to_fit(whole, what):
    """Leaves and check can be made again by whoever can count; decisions cannot."""
    events, proof = list(envelopes(whole)), proof_of(whole)
    n = next(n for n, e in enumerate(events) if e.type == OutreachDecided.TYPE)
    one = events[n]
    fact = Codec().decode(one.type, one.payload)
    assert isinstance(fact, OutreachDecided)
    other = msgspec.structs.replace(fact, reason="Because.", cause=fact.cause)
    same = [e for e in events if e.partition == one.partition]
    if what == "changed":
        events[n] = msgspec.structs.replace(one, payload=Codec().encode(other)[0])
    elif what == "removed":
        events = [
            msgspec.structs.replace(e, offset=e.offset - 1)
            if e.partition == one.partition and e.offset > one.offset
            else e
            for e in events
            if e is not one
        ]
    else:
        other = msgspec.structs.replace(fact, cause=b"c" * 16)
        last = max(e.offset for e in same)
        new = msgspec.structs.replace(
            one, offset=last + 1, event_id=b"d" * 16, payload=Codec().encode(other)[0]
        )
        events.insert(events.index(same[-1]) + 1, new)
    fitting = msgspec.structs.replace(proof, leaves=leaves_of(events, 64)).sealed()
    found = findings(written(events, fitting))
    assert {Kind.DECISION} <= {f.kind for f in found} <= {Kind.DECISION, Kind.DIGEST}


def test_a_circle_of_merges_ends(whole):
    events, proof = list(envelopes(whole)), proof_of(whole)
    n = next(n for n, e in enumerate(events) if e.type == MergedOut.TYPE)
    fact = MergedOut(into=events[n].customer_id)
    events[n] = msgspec.structs.replace(events[n], payload=Codec().encode(fact)[0])
    assert findings(written(events, proof))


# --- the command ------------------------------------------------------------------------------

PROOF = """
import sys
class NothingOfOurs:
    def find_spec(self, name, path=None, target=None):
        root = name.split(".")[0]
        assert root not in {"journey", "tests", "chdb", "eventsourcing", "cryptography"}, name
sys.meta_path.insert(0, NothingOfOurs())
from replay.__main__ import main
code = main(sys.argv[1:])
assert not [m for m in sys.modules if m.split(".")[0] == "journey"]
sys.exit(code)
"""


def run(*arguments: str, program: str = PROOF) -> runner.Ran:
    command = ["-c", program] if program else ["-m", "replay"]
    return runner.run(sys.executable, *command, *arguments)


def test_the_proof_needs_neither_journey_nor_keys(file, tmp_path):
    alone = tmp_path / "alone.avro"
    alone.write_bytes(file.read_bytes())
    done = run("verify", str(alone))
    assert (done.code, done.err) == (0, "")
    assert "everything agrees" in done.text


def test_the_command_exits_with_1(whole, tmp_path):
    bad = tmp_path / "bad.avro"
    data = bytearray(whole)
    data[first_block(whole) + 200] ^= 4
    bad.write_bytes(data)
    done = run("verify", "--json", str(bad), program="")
    assert (done.code, done.err) == (1, "")
    assert msgspec.json.decode(done.text)["clean"] is False


@pytest.mark.parametrize(
    ("content", "code"), [(None, 3), (b"", 2), (b"Obj\x01", 2), (b"{}", 2), ("header", 2)]
)
def test_what_is_no_export_is_refused_in_a_sentence(whole, tmp_path, content, code):
    file = tmp_path / "other.avro"
    if content == "header":
        out = io.BytesIO()
        fastavro.writer(out, {"type": "record", "name": "R", "fields": []}, [{}])
        content = out.getvalue()
    if content is not None:
        file.write_bytes(content)
    done = run("verify", str(file), program="")
    assert done.code == code
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
