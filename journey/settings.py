"""Settings from the environment. The one file that reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from journey.clickhouse.address import Address
from schemas.errors import ConfigurationError

PREFIX = "JOURNEY_"
FOR_TESTS = "JOURNEY_TEST_"
DEFAULT_WORKSPACE = "journey-data"
# variable, without the prefix -> (what holds without it, what it says)
VARIABLES = {
    "WORKSPACE": (
        DEFAULT_WORKSPACE,
        "the workspace folder; `--workspace` wins; `journey demo` has a folder of its own",
    ),
    "MASTER_KEY": (
        "the workspace's own `master.key`",
        "the key of all keys, 64 hexadecimal digits",
    ),
    "CLICKHOUSE": (
        "chDB, in the folder",
        "a server for the tables: `clickhouse://user:password@host:port/database`",
    ),
    "KAFKA": (
        "none",
        "brokers, for `journey relay` and `journey worker`: `kafka://host:9092`, several hosts "
        "with commas",
    ),
    "REGISTRY": (
        "ids are made from the schemas",
        "a Schema Registry with the Confluent API, such as `http://host:8081`",
    ),
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment says.

    Args:
        workspace: the folder of log, states and tables (``JOURNEY_WORKSPACE``).
        master_key: 32 bytes (``JOURNEY_MASTER_KEY``, 64 hexadecimal digits); none: the workspace
            keeps its own in ``master.key``.
        clickhouse: the server that the tables are published to (``JOURNEY_CLICKHOUSE``); none: they
            are in the workspace folder, in chDB.
        kafka: brokers as ``host:port``, with commas (``JOURNEY_KAFKA``, as ``kafka://…``).
        registry: the address of a Confluent Schema Registry (``JOURNEY_REGISTRY``); none: ids of
            schemas are made here.
        fault: a point at which to die, and after how many passes (``JOURNEY_TEST_FAULT=name:n``).
    """

    workspace: Path = Path(DEFAULT_WORKSPACE)
    master_key: bytes | None = None
    clickhouse: Address | None = None
    kafka: str = ""
    registry: str = ""
    fault: tuple[str, int] | None = None


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises:
        ConfigurationError: a variable is unknown, or its value cannot be used.
    """
    given = os.environ if environment is None else environment
    known = {f"{PREFIX}{name}" for name in VARIABLES}
    for name in sorted(given):
        if name.startswith(PREFIX) and name not in known and not name.startswith(FOR_TESTS):
            raise ConfigurationError(
                f"Unknown setting {name}: use one of {', '.join(sorted(known))}, or unset it."
            )
    server = given.get("JOURNEY_CLICKHOUSE", "")
    return Settings(
        workspace=Path(given.get("JOURNEY_WORKSPACE") or DEFAULT_WORKSPACE),
        master_key=_key(given.get("JOURNEY_MASTER_KEY", "")),
        clickhouse=Address(server) if server else None,
        kafka=_kafka(given.get("JOURNEY_KAFKA", "")),
        registry=_registry(given.get("JOURNEY_REGISTRY", "")),
        fault=_fault(given.get("JOURNEY_TEST_FAULT", "")),
    )


def _kafka(text: str) -> str:
    brokers = text.removeprefix("kafka://").removesuffix("/")
    for broker in brokers.split(",") if brokers else ():
        host, colon, port = broker.rpartition(":")
        if not (host and colon and port.isdecimal()) or "/" in broker or "@" in broker:
            raise ConfigurationError(
                "JOURNEY_KAFKA is no list of brokers: write kafka://host:port, several hosts as "
                "kafka://one:9092,two:9092."
            )
    return brokers


def _registry(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ConfigurationError(
            "JOURNEY_REGISTRY is no address: write http://host:port or https://host:port."
        )
    return text


def _key(text: str) -> bytes | None:
    if not text:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigurationError(
            "JOURNEY_MASTER_KEY must be 64 hexadecimal digits (32 bytes): correct it, or unset it "
            "to use the workspace's own master.key."
        )
    return key


def _fault(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    point, _, passes = text.partition(":")
    return point, int(passes or 0)
