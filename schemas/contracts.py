"""Avro as we use it: released contract files, and single records without a header."""

from __future__ import annotations

import io
import json
from functools import cache
from importlib import resources
from typing import Any, cast

import fastavro

from schemas.errors import ContractError

Schema = dict[str, Any]
FOLDER = "avro"
READ_ERRORS = (EOFError, IndexError, KeyError, MemoryError, OverflowError, ValueError)


def released() -> list[str]:
    """The names of all released contracts, such as ``message-received.v2``, sorted."""
    folder = resources.files("schemas") / FOLDER
    return sorted(f.name[: -len(".avsc")] for f in folder.iterdir() if f.name.endswith(".avsc"))


@cache
def contract(name: str) -> Schema:
    """The released contract as the file says it.

    Raises:
        ContractError: no such contract was released.
    """
    if name not in released():  # a name from damaged bytes must not reach the file system
        raise ContractError(
            f"No contract {name!r}: a newer version wrote this event, upgrade; or it is damaged, "
            "then verify the log."
        )
    file = resources.files("schemas") / FOLDER / f"{name}.avsc"
    return dict(json.loads(file.read_text(encoding="utf-8")))


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
    return prepared(without_logical_types(contract(name)))


def prepared(record: Schema) -> Schema:
    """A record schema as fastavro wants it: parsed once, used often."""
    return cast(Schema, fastavro.parse_schema(record))


def read(schema: Schema, body: bytes) -> dict[str, Any]:
    """The record of an Avro body.

    Raises:
        ContractError: the bytes are not such a record, or more than that.
    """
    stream = io.BytesIO(body)
    try:
        record = fastavro.schemaless_reader(stream, schema, None)
    except READ_ERRORS as error:
        raise ContractError(
            f"{schema['name']}: the stored bytes are damaged ({error}): verify the log."
        ) from error
    if stream.tell() != len(body):
        raise ContractError(
            f"{schema['name']}: the stored bytes are damaged ({len(body) - stream.tell()} bytes "
            "follow the record): verify the log."
        )
    return cast(dict[str, Any], record)
