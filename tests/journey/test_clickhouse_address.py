"""The address of a server, and what a server says, as a user is told them."""

import pytest
from clickhouse_driver import errors

from journey.clickhouse.address import Address
from journey.clickhouse.failures import failure, passes
from journey.clickhouse.refusals import refusal
from journey.settings import from_environment
from schemas.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "shown", "database"),
    [
        ("clickhouse://h", "h:9000", "journey"),
        ("clickhouses://h/", "h:9440", "journey"),
        ("clickhouse://u:p%2F%40@h:1/d", "h:1", "d"),
        ("clickhouse://u@[::1]:1/my%20tables?max_threads=2", "[::1]:1", "my tables"),
    ],
)
def test_an_address(text, shown, database):
    address = Address(text)
    assert (address.shown, address.database) == (shown, database)
    assert repr(address) == f"Address({shown}/{database})"
    assert address == Address(text)
    assert address != Address(text + "x")


@pytest.mark.parametrize(
    "text",
    [
        "h:9000",
        "http://u:secret@h:8123",
        "clickhouse://",
        "clickhouse:///d",
        "clickhouse://u:secret/9@h/d",
        "clickhouse://u:12/secret@h",
        "clickhouse://u:12?secret@h/d",
        "clickhouse://u:12#secret@h/d",
        "clickhouse://u:secret#9@h/d",
        "clickhouse://u:secret@h:99999/d",
        "clickhouse://u:secret@[h/d",
        "clickhouse://h/d/secret",
    ],
)
def test_what_is_no_address(text):
    with pytest.raises(ConfigurationError, match="JOURNEY_CLICKHOUSE is no address") as told:
        from_environment({"JOURNEY_CLICKHOUSE": text})
    assert "secret" not in str(told.value)


def test_settings_do_not_tell_the_password():
    settings = from_environment({"JOURNEY_CLICKHOUSE": "clickhouse://u:secret@h/d"})
    assert settings.clickhouse == Address("clickhouse://u:secret@h/d")
    assert "secret" not in repr(settings)
    assert from_environment({"JOURNEY_CLICKHOUSE": ""}).clickhouse is None


def test_a_refusal_of_a_server_is_one_sentence():
    """As servers send it: the code beside the text, its name missing, the trace at the end."""
    said = "DB::Exception: Syntax error: failed at 1 (SELEC). Expected one of: Query. Stack trace:"
    error = errors.ServerException(f"{said}\n\n0. DB::Exception::Exception @ 0x1", 62)
    assert str(failure(error, "h:9000")) == (
        "ClickHouse refused (62 SYNTAX_ERROR): Syntax error: failed at 1 (SELEC): "
        "correct the statement."
    )
    said = "DB::Exception: Received from b:9000. DB::Exception: No such user. (WRONG_PASSWORD)"
    assert str(refusal(f"Code: 193. {said}")).startswith("ClickHouse refused (193 WRONG_PASSWORD):")
    assert str(refusal("Aborted\nby itself")) == (
        "ClickHouse failed: Aborted by itself: try again, and report it if it stays."
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (EOFError(), True),
        (ConnectionResetError(104, "Connection reset by peer"), True),
        (errors.NetworkError("Connection refused (h:9000)"), True),
        (errors.ServerException("DB::Exception: Too many parts", 252), True),
        (errors.ServerException("DB::Exception: Syntax error", 62), False),
        (TimeoutError("timed out"), False),  # it was waited for long enough
        (errors.UnknownTypeError("Dynamic"), False),
        (errors.UnknownCompressionMethod("Unknown compression method: 'lz4'"), False),
    ],
)
def test_what_is_tried_again(error, expected):
    assert passes(error) is expected
    assert str(failure(error, "h:9000")).endswith(".")
