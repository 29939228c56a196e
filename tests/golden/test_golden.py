"""What was written once is written so today, and read as what it was."""

import io
import shutil
from typing import Any

import fastavro
import msgspec
import pytest

from schemas import contracts, derive, envelope
from schemas.codec import Codec
from schemas.events import SHIPPED
from schemas.fact import PERSONAL
from schemas.upcast import STEPS, newest
from tests.golden import files, make, values

CODEC = Codec()
TYPES = sorted(t.TYPE for t in SHIPPED)
STORED = sorted(path.name.removesuffix(".json") for path in files.EVENTS.glob("*.json"))
BY_TYPE = {t.TYPE: t for t in SHIPPED}


def golden(type_):
    file = files.load(files.EVENTS / f"{type_}.json")
    fields = files.from_json(type_, file["fields"])
    return fields, bytes.fromhex(file["payload"]), bytes.fromhex(file["sealed"])


def standard_reader(body, written_as, read_as=None) -> Any:
    return fastavro.schemaless_reader(io.BytesIO(body), written_as, read_as)


def part(type_, *, personal):
    """The contract with logical types, cut as our codec cuts it, for a reader that is not ours."""
    contract = contracts.contract(type_)
    fields = [f for f in contract["fields"] if bool(f.get(PERSONAL)) == personal]
    return fastavro.parse_schema(contract | {"fields": fields})


def test_every_shipped_type_has_a_golden_file():
    missing = set(TYPES) - set(STORED)
    assert not missing, "add a value to tests/golden/values.py, then: python -m tests.golden.make"


@pytest.mark.parametrize("type_", TYPES)
def test_todays_code_writes_those_bytes(type_):
    fields, payload, sealed = golden(type_)
    assert CODEC.encode(BY_TYPE[type_](**fields)) == (payload, sealed)


@pytest.mark.parametrize("type_", TYPES)
def test_todays_code_reads_those_bytes(type_):
    fields, payload, sealed = golden(type_)
    assert CODEC.decode(type_, payload, sealed) == BY_TYPE[type_](**fields)


@pytest.mark.parametrize("type_", STEPS)
def test_what_an_older_version_wrote_is_read_as_the_newest(type_):
    fields, payload, sealed = golden(type_)
    read = CODEC.decode(type_, payload, sealed)
    assert newest(type_) == read.TYPE
    told = msgspec.structs.asdict(read)
    assert {n: v for n, v in told.items() if n in fields} == fields
    fresh = msgspec.structs.asdict(BY_TYPE[read.TYPE]())
    assert {n: v for n, v in told.items() if n not in fields} == {
        n: v for n, v in fresh.items() if n not in fields
    }


@pytest.mark.parametrize("type_", TYPES)
def test_without_the_key_personal_fields_are_unset_and_the_rest_is_there(type_):
    fields, payload, _ = golden(type_)
    read = msgspec.structs.asdict(CODEC.decode(type_, payload))
    personal = {f["name"] for f in contracts.contract(type_)["fields"] if f.get(PERSONAL)}
    assert {n for n, v in read.items() if v is msgspec.UNSET} == personal
    assert {n: v for n, v in read.items() if n not in personal} == {
        n: v for n, v in fields.items() if n not in personal
    }


@pytest.mark.parametrize("type_", TYPES)
def test_a_golden_value_fills_every_field(type_):
    fields, _, _ = golden(type_)
    defaults = {f["name"]: f["default"] for f in contracts.contract(type_)["fields"]}
    assert fields.keys() == defaults.keys()
    assert [n for n, v in fields.items() if v == defaults[n]] == []


@pytest.mark.parametrize("type_", STORED)
def test_a_standard_reader_reads_the_bytes_of_every_version(type_):
    fields, payload, sealed = golden(type_)
    full = fastavro.parse_schema(contracts.contract(type_))
    told = standard_reader(payload, part(type_, personal=False), full)
    if sealed:
        told |= standard_reader(sealed, part(type_, personal=True))
    for name, value in fields.items():
        if name.endswith("_at"):
            assert told[name] == fastavro_moment(value), name
        else:
            assert told[name] == value, name


def fastavro_moment(micros):
    schema = {"type": "long", "logicalType": "timestamp-micros"}
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, micros)
    moment = standard_reader(out.getvalue(), schema)
    assert moment.tzinfo is not None
    return moment


# --- contracts --------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", TYPES)
def test_a_class_of_today_is_its_released_contract(type_):
    assert derive.schema_of(BY_TYPE[type_]) == contracts.contract(type_)


def test_every_contract_has_a_type_and_every_type_a_contract():
    assert len(TYPES) == len(set(TYPES))
    assert set(contracts.released()) - {"envelope.v1"} == {*TYPES, *STEPS}


def test_released_contracts_never_change():
    now, then = files.contract_hashes(), files.manifest()
    assert then.items() <= now.items(), "a released contract changed: restore it, release a v2"
    assert now.keys() <= then.keys(), "a new contract: python -m tests.golden.make"


def test_the_envelope_of_today_is_its_contract():
    names = [f["name"] for f in contracts.contract("envelope.v1")["fields"]]
    assert list(envelope.Envelope.__struct_fields__) == names
    logical = [
        f["name"]
        for f in contracts.contract("envelope.v1")["fields"]
        if isinstance(f["type"], dict)
    ]
    assert logical == ["recorded_at", "occurred_at"]


def test_the_envelope_keeps_its_bytes_and_its_leaf():
    file = files.load(files.ENVELOPE)
    told = envelope.Envelope(**files.from_json("envelope.v1", file["fields"]))
    stored = bytes.fromhex(file["stored"])
    assert envelope.encode(told) == stored
    assert envelope.decode(stored) == told
    leaf = envelope.leaf_hash(told.partition, told.offset, told.type, stored)
    assert leaf.hex() == file["leaf_hash"]


def test_a_standard_reader_reads_the_envelope():
    file = files.load(files.ENVELOPE)
    read = standard_reader(bytes.fromhex(file["stored"]), contracts.contract("envelope.v1"))
    told = files.from_json("envelope.v1", file["fields"])
    assert read["recorded_at"] == fastavro_moment(told["recorded_at"])
    assert read["occurred_at"] == fastavro_moment(told["occurred_at"])
    assert {n: v for n, v in read.items() if not n.endswith("_at")} == {
        n: v for n, v in told.items() if not n.endswith("_at")
    }


def test_flags_keep_their_bits():
    assert {f.name: int(f) for f in envelope.Flag}.items() >= {
        "IMPORTED": 1,
        "SIMULATED": 2,
        "ENGINE": 4,
        "SOURCE_SEQUENCE": 8,
    }.items()


# --- the script -------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The golden files in a place where they may be harmed."""
    here = tmp_path / "golden"
    shutil.copytree(files.HERE, here, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("EVENTS", "ENVELOPE", "MANIFEST"):
        monkeypatch.setattr(files, name, here / getattr(files, name).name)
    monkeypatch.setattr(files, "HERE", here)
    return here


def test_the_script_adds_what_is_missing(copied):
    path = copied / "events" / "page-viewed.v1.json"
    was = path.read_bytes()
    path.unlink()
    assert make.main() == 0
    assert path.read_bytes() == was


def test_the_script_refuses_to_change_a_golden_file(copied, capsys, monkeypatch):
    was = (copied / "events" / "page-viewed.v1.json").read_bytes()
    other = [msgspec.structs.replace(f, topic="other") for f in values.FACTS if hasattr(f, "topic")]
    monkeypatch.setattr(make, "FACTS", other)
    assert make.main() == 1
    assert "page-viewed.v1.json would change" in capsys.readouterr().err
    assert (copied / "events" / "page-viewed.v1.json").read_bytes() == was


def test_the_script_refuses_a_changed_contract(copied, capsys):
    text = files.MANIFEST.read_text(encoding="ascii")
    digest = files.manifest()["page-viewed.v1.avsc"]
    files.MANIFEST.write_text(text.replace(digest, "0" * 64), encoding="ascii")
    assert make.main() == 1
    assert "page-viewed.v1.avsc would change" in capsys.readouterr().err
    assert files.manifest()["page-viewed.v1.avsc"] == "0" * 64
