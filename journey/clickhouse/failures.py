"""What clickhouse-driver raises, as one sentence with a remedy; and what passes if one waits.

A server that dies in the middle of an answer shows as a bare ``EOFError`` or as an error of the
socket; one that cannot be reached, as ``NetworkError``; a refusal, as ``ServerException``.
"""

from __future__ import annotations

from clickhouse_driver import errors

from journey.clickhouse.refusals import refused
from schemas.errors import AnalyticsError

# All that the driver is known to raise for what is not our mistake.
RAISED = (errors.Error, EOFError, OSError)
_LOST = (errors.NetworkError, errors.SocketTimeoutError, EOFError, OSError)

# Refusals that are over in a moment, or that leave open whether the rows are in.
PASSING: frozenset[int] = frozenset(
    {
        202,  # too many queries at once
        209,  # a time-out, between servers
        210,  # the network, between servers
        241,  # no memory left: what others hold too
        242,  # a replica that is read only until it has its keeper again
        252,  # too many parts: merging has to catch up
        279,  # all connections between servers failed
        319,  # unknown whether the insert is in
        425,  # an error of the system
        439,  # no thread to be had
        999,  # the keeper
    }
)
_NAMES: dict[int, str] = {
    code: name for name, code in vars(errors.ErrorCodes).items() if isinstance(code, int)
} | {497: "ACCESS_DENIED", 516: "AUTHENTICATION_FAILED"}  # younger than the driver's list
_UNKNOWN_DATABASE = 81


def passes(error: Exception) -> bool:
    """Whether the same may succeed in a moment."""
    if isinstance(error, errors.ServerException):
        return error.code in PASSING
    # Who waited the whole time-out in vain will not be served by waiting as long again.
    return isinstance(error, _LOST) and not isinstance(error, TimeoutError)


def lacks_database(error: Exception) -> bool:
    """Whether the server refused because the database is not there."""
    return isinstance(error, errors.ServerException) and error.code == _UNKNOWN_DATABASE


def failure(error: Exception, server: str) -> AnalyticsError:
    """The error for what the driver raised.

    Args:
        error: one of ``RAISED``.
        server: who was asked, without a password.
    """
    if isinstance(error, errors.ServerException):
        return refused(error.code, error.message, _NAMES.get(error.code, ""))
    if isinstance(error, (errors.NetworkError, errors.SocketTimeoutError)):
        return AnalyticsError(
            f"ClickHouse at {server} cannot be reached ({error.message}): see that it runs, and "
            "that JOURNEY_CLICKHOUSE has the right host, port and scheme (clickhouses:// for TLS)."
        )
    if isinstance(error, errors.UnexpectedPacketFromServerError):
        return AnalyticsError(
            f"What answers at {server} is no ClickHouse server ({error.message}): give the port of "
            "the native protocol in JOURNEY_CLICKHOUSE (9000, with TLS 9440), not that of HTTP."
        )
    if isinstance(error, errors.UnknownCompressionMethod):
        return AnalyticsError(
            "The compression that JOURNEY_CLICKHOUSE asks for is not installed: take 'compression' "
            "out of the address, or install clickhouse-driver[lz4] or clickhouse-driver[zstd]."
        )
    if isinstance(error, (EOFError, OSError)):
        told = str(error) or "the connection ended"
        return AnalyticsError(
            f"ClickHouse at {server} stopped answering ({told}): see whether it still runs, then "
            "do the same again; nothing is lost, and nothing is counted twice."
        )
    return AnalyticsError(
        f"ClickHouse at {server} was not understood ({error}): report it, with the versions of "
        "the server and of clickhouse-driver."
    )
