"""The one tree of errors. Each carries its values and ends in what to do."""

from __future__ import annotations

from typing import Any


class JourneyError(Exception):
    """The root: whatever the engine refuses, and why.

    ``str(error)`` is one sentence for a person, with the remedy at its end.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, for another process: its kinds are made of other arguments than they keep."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[JourneyError], args: tuple[Any, ...], told: dict[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    error.__dict__.update(told)
    return error


class UsageError(JourneyError):
    """The caller asked for something that does not exist or cannot be."""


class NotFound(UsageError):
    """A thing was named that is not there."""


class NeverSeen(UsageError):
    """A question's filter names what occurs nowhere."""


class ConfigurationError(JourneyError):
    """A setting or a configuration value is wrong."""


class WorkspaceError(JourneyError):
    """The workspace folder cannot be used as it is."""


class WorkspaceBusy(WorkspaceError):
    """Another process owns the workspace."""

    def __init__(self, folder: str, owner: str) -> None:
        super().__init__(
            f"The workspace {folder} is in use by process {owner}: "
            "wait until it ends, or stop it, then try again."
        )


class WorkspaceNewer(WorkspaceError):
    """The workspace was written by a newer version of this software."""

    def __init__(self, folder: str, found: int, known: int) -> None:
        super().__init__(
            f"The workspace {folder} has format {found}, this version knows up to {known}: "
            "upgrade journey-engine to open it."
        )


class ClockWentBack(JourneyError):
    """The machine's clock is far behind the log's last recorded time."""

    def __init__(self, clock: str, last: str) -> None:
        super().__init__(
            f"The clock says {clock}, but the log's last event was recorded at {last}: "
            "set the machine's clock right, then try again."
        )


class ContractError(JourneyError):
    """A stored event, or one to be stored, does not fit its contract."""


class UnknownType(ContractError):
    """An event type that no contract describes."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"Unknown event type {name!r}: use one of {', '.join(known)}, or custom.")
        self.name = name


class CannotAccept(JourneyError):
    """One input record cannot be accepted; it belongs in quarantine.

    Args:
        code: a short stable name of the reason, for counting.
        reason: one sentence that names the place and the remedy.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class IntegrityError(JourneyError):
    """What is stored is not what was stored: bytes, offsets or hashes disagree."""


class KeyGone(JourneyError):
    """The key that sealed these fields no longer exists."""


class AnalyticsError(JourneyError):
    """ClickHouse refused a statement or could not be reached."""


class StreamError(JourneyError):
    """Kafka or the schema registry could not be reached, or refused."""
