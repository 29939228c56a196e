"""The address of a ClickHouse server, as ``JOURNEY_CLICKHOUSE`` gives it.

``clickhouse://user:password@host:port/database?name=value&…``, or ``clickhouses://`` for TLS. It
holds a password, so nothing that can be printed is made of it but ``shown``.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from schemas.errors import ConfigurationError

SCHEMES = ("clickhouse", "clickhouses")
DATABASE = "journey"  # where the address names none
_PORTS = {"clickhouse": 9000, "clickhouses": 9440}
_FORM = "clickhouse://user:password@host:port/database"


class Address:
    """Where a server is, and who we are there.

    Args:
        text: as the user wrote it.

    Raises:
        ConfigurationError: it is no such address; the message has no part of it.
    """

    def __init__(self, text: str) -> None:
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            # Up to a slash or a hash in it, a password is taken for the port.
            raise _refused("what stands for the port is no number up to 65535") from None
        if parts.scheme not in SCHEMES:
            raise _refused(f"it begins with neither {SCHEMES[0]}:// nor {SCHEMES[1]}://")
        if not parts.hostname:
            raise _refused("it names no host")
        database = unquote(parts.path.removeprefix("/"))
        # An at sign here was the end of a password with a slash or a question mark in it.
        if "/" in database or parts.fragment or "@" in parts.path + parts.query:
            raise _refused("more than a database and settings follows the host")
        self.text = text
        self.database = database or DATABASE
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.shown = f"{host}:{port or _PORTS[parts.scheme]}"

    def __repr__(self) -> str:
        return f"Address({self.shown}/{self.database})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def _refused(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"JOURNEY_CLICKHOUSE is no address of a server ({why}): write {_FORM}, with %40 for @, "
        "%2F for /, %3A for :, %3F for ? and %23 for # in a password."
    )
