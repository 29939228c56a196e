"""Ids of schemas: from a Schema Registry, or made here where there is none."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Protocol

from schemas.contracts import Schema
from schemas.errors import StreamError

WAIT_S = 30.0  # for an answer; it is asked four times


class Registry(Protocol):
    """Gives every schema a number that readers find it by."""

    def id_of(self, subject: str, schema: Schema) -> int:
        """The id of a schema, registered under a subject if it is new there.

        Raises:
            StreamError: the registry cannot be reached, or refuses the schema.
        """

    def close(self) -> None:
        """Let go of connections."""


class OwnRegistry:
    """Ids made of the schemas themselves: the same everywhere, with nothing to ask.

    Readers find a schema by making the ids of all contracts that they have.
    """

    def id_of(self, subject: str, schema: Schema) -> int:
        """The first 31 bits of the SHA-256 of the schema's canonical JSON."""
        text = json.dumps(schema, sort_keys=True, separators=(",", ":"))
        return int.from_bytes(sha256(text.encode()).digest()[:4]) >> 1

    def close(self) -> None:
        """There are no connections."""


class ConfluentRegistry:
    """A server with the API of the Confluent Schema Registry.

    Args:
        url: such as ``http://localhost:8081``; user and password may stand in it.
        wait_s: for each answer.
    """

    def __init__(self, url: str, wait_s: float = WAIT_S) -> None:
        from confluent_kafka.schema_registry import SchemaRegistryClient

        self._client = SchemaRegistryClient({"url": url, "timeout": wait_s})
        self._ids: dict[str, int] = {}

    def id_of(self, subject: str, schema: Schema) -> int:
        """See ``Registry.id_of``. Every version of a subject must read every other."""
        from confluent_kafka.schema_registry import Schema as Told
        from confluent_kafka.schema_registry.error import SchemaRegistryError
        from httpx2 import HTTPError  # of the library's own client, which lets it through

        found = self._ids.get(subject)
        if found is not None:
            return found
        try:
            found = self._client.register_schema(subject, Told(json.dumps(schema), "AVRO"))
            self._client.set_compatibility(subject, "FULL_TRANSITIVE")
        except (SchemaRegistryError, HTTPError, OSError) as error:
            raise StreamError(
                f"The schema registry did not take {subject} ({error}): see that it runs and is "
                "reachable under JOURNEY_REGISTRY, and that nobody else uses the subject."
            ) from error
        self._ids[subject] = found
        return found

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()
