"""Avro as we use it: released contract files, and single records without a header."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import fastavro

from schemas.errors import ContractError

Schema = dict[str, Any]
FOLDER = "avro"


def released() -> list[str]:
    """The names of all released contracts, such as ``message-received.v1``, sorted."""
    folder = resources.files("schemas") / FOLDER
    return sorted(f.name[: -len(".avsc")] for f in folder.iterdir() if f.name.endswith(".avsc"))


@cache
def contract(name: str) -> Schema:
    """The released contract as the file says it.

    Raises:
        ContractError: no such contract was released.
    """
    file = resources.files("schemas") / FOLDER / f"{name}.avsc"
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ContractError(f"No contract {name}: this event was written by a newer version; upgrade.") from None


def without_logical_types(schema: Any) -> Any:
    """The same schema with bare numbers: instants stay ``int``, which is four times as fast."""
    if isinstance(schema, dict):
        bare = {k: without_logical_types(v) for k, v in schema.items() if k != "logicalType"}
        return bare["type"] if set(bare) == {"type"} else bare
    if isinstance(schema, list):
        return [without_logical_types(part) for part in schema]
    return schema


@cache
def parse(name: str) -> Schema:
    """A released contract, ready to write and read with plain numbers."""
    parsed = fastavro.parse_schema(without_logical_types(contract(name)))
    return dict(parsed)


def write(schema: Schema, record: Mapping[str, Any]) -> bytes:
    """One record as an Avro body.

    Raises:
        ContractError: the record does not fit the schema.
    """
    out = io.BytesIO()
    try:
        fastavro.schemaless_writer(out, schema, record)
    except (TypeError, ValueError, KeyError, OverflowError, AttributeError) as error:
        raise ContractError(f"{schema['name']}: {error}") from error
    return out.getvalue()


def read(schema: Schema, body: bytes) -> dict[str, Any]:
    """The record of an Avro body.

    Raises:
        ContractError: the bytes are not such a record.
    """
    try:
        return fastavro.schemaless_reader(io.BytesIO(body), schema, None)  # type: ignore[return-value]
    except (EOFError, IndexError, UnicodeDecodeError, ValueError, KeyError, OverflowError) as error:
        raise ContractError(f"{schema['name']}: the stored bytes are damaged ({error})") from error
