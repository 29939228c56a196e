"""The Avro contract that a class of today amounts to; a test holds it against the released file."""

from __future__ import annotations

from typing import Any, cast

import msgspec.inspect as shape

from schemas.contracts import Schema
from schemas.errors import ContractError
from schemas.fact import DERIVED, PERSONAL, Fact


def schema_of(fact: type[Fact]) -> Schema:
    """The Avro record schema of an event type, personal and derived fields marked.

    Raises:
        ContractError: a field has a type that contracts do not have.
    """
    described = cast(shape.StructType, shape.type_info(fact))
    return {
        "type": "record",
        "name": fact.__name__,
        "namespace": "journey",
        "doc": (fact.__doc__ or "").split("\n")[0],
        "fields": [_field(field) for field in described.fields],
    }


def _field(field: shape.Field) -> Schema:
    kind = field.type
    marks: dict[str, Any] = {}
    while isinstance(kind, shape.Metadata):
        marks |= kind.extra or {}
        kind = kind.type
    avro, default = _avro(field.name, kind, field.default)
    result: Schema = {"name": field.name, "type": avro, "default": default}
    result.update({mark: True for mark in (PERSONAL, DERIVED) if marks.get(mark)})
    return result


def _avro(name: str, kind: shape.Type, default: Any) -> tuple[Any, Any]:
    given = default if isinstance(default, bool | int | float | str) else None
    if isinstance(kind, shape.BoolType):
        return "boolean", given or False
    if isinstance(kind, shape.IntType):
        if name.endswith("_at"):
            return {"type": "long", "logicalType": "timestamp-micros"}, given or 0
        return "long", given or 0
    if isinstance(kind, shape.FloatType):
        return "double", given or 0.0
    if isinstance(kind, shape.StrType):
        return "string", given or ""
    if isinstance(kind, shape.BytesType):
        return "bytes", ""
    if isinstance(kind, shape.ListType):
        return {"type": "array", "items": _avro("", kind.item_type, None)[0]}, []
    if isinstance(kind, shape.DictType):
        return {"type": "map", "values": _avro("", kind.value_type, None)[0]}, {}
    raise ContractError(f"{name}: contracts have no type {type(kind).__name__}; use a plain one.")
