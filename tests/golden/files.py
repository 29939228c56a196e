"""Golden files: where they are, and how a field's value stands in JSON (bytes as hexadecimal)."""

from __future__ import annotations

import json
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from schemas import contracts

HERE = Path(__file__).resolve().parent
EVENTS = HERE / "events"
CONTRACTS = Path(contracts.__file__).resolve().parent / contracts.FOLDER
ENVELOPE = HERE / "envelope.v1.json"
MANIFEST = HERE / "contracts.sha256"  # as `sha256sum` writes it


def load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def to_json(contract: str, fields: dict[str, Any]) -> dict[str, Any]:
    is_bytes = bytes_fields(contract)
    return {n: v.hex() if n in is_bytes else v for n, v in fields.items()}


def from_json(contract: str, fields: dict[str, Any]) -> dict[str, Any]:
    is_bytes = bytes_fields(contract)
    return {n: bytes.fromhex(v) if n in is_bytes else v for n, v in fields.items()}


def bytes_fields(contract: str) -> set[str]:
    return {f["name"] for f in contracts.contract(contract)["fields"] if f["type"] == "bytes"}


def contract_hashes() -> dict[str, str]:
    """SHA-256 of every released contract file, as it lies in the package."""
    folder = resources.files("schemas") / contracts.FOLDER
    names = [f"{name}.avsc" for name in contracts.released()]
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in names}


def manifest() -> dict[str, str]:
    if not MANIFEST.exists():
        return {}
    lines = MANIFEST.read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}
