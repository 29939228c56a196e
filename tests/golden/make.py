"""Adds the contracts and golden files that are missing: `python -m tests.golden.make`.

Never changes one.

A released version keeps its bytes for ever. If a test says that they changed, change the code back,
or release a new version of the type (`….v2`) with an upcasting step.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from schemas import derive, envelope
from schemas.codec import Codec
from schemas.events import SHIPPED
from schemas.fact import Fact
from tests.golden import files
from tests.golden.values import ENVELOPE, FACTS


def golden_files() -> dict[Path, dict[str, Any]]:
    """What today's code makes of the golden values, by file."""
    codec, made = Codec(), {}
    for fact in FACTS:
        payload, sealed = codec.encode(fact)
        fields = files.to_json(fact.TYPE, msgspec.structs.asdict(fact))
        made[files.EVENTS / f"{fact.TYPE}.json"] = {
            "fields": fields,
            "payload": payload.hex(),
            "sealed": sealed.hex(),
        }
    stored = envelope.encode(ENVELOPE)
    fields = files.to_json("envelope.v1", msgspec.structs.asdict(ENVELOPE))
    leaf = envelope.leaf_hash(ENVELOPE.partition, ENVELOPE.offset, ENVELOPE.type, stored)
    made[files.ENVELOPE] = {"fields": fields, "stored": stored.hex(), "leaf_hash": leaf.hex()}
    return made


def contract_file(fact: type[Fact]) -> str:
    """The contract of a class, a field a line."""
    schema = derive.schema_of(fact)
    fields = schema.pop("fields")
    lines = ",\n".join(f"  {json.dumps(field)}" for field in fields)
    return f'{json.dumps(schema)[:-1]}, "fields": [\n{lines}\n]}}\n'


def add_contracts() -> None:
    """Release a contract for every type that has none."""
    for fact in SHIPPED:
        path = files.CONTRACTS / f"{fact.TYPE}.avsc"
        if not path.exists():
            path.write_text(contract_file(fact), encoding="utf-8")
            print(f"released {path.name}")


def main() -> int:
    """Write what is missing; 1 if something that exists would have to change."""
    add_contracts()
    changed = []
    for path, content in golden_files().items():
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"added {path.relative_to(files.HERE)}")
        elif files.load(path) != content:
            changed.append(path.name)
    now, then = files.contract_hashes(), files.manifest()
    changed += [name for name, digest in then.items() if now.get(name) != digest]
    lines = [f"{digest}  {name}\n" for name, digest in sorted((now | then).items())]
    files.MANIFEST.write_text("".join(lines), encoding="ascii")
    for name in changed:
        print(f"{name} would change, and was left: release a new version", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
