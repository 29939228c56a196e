"""clickhouse-driver keeps the promises of `Analytics` on a server, over a wire that breaks too."""

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from journey.clickhouse.address import Address
from journey.clickhouse.ddl import physical_name
from journey.clickhouse.driver_adapter import DriverAnalytics
from journey.ports import Block
from projections.columns import to_arrow
from projections.tables import TABLES, TOUCHPOINTS
from schemas.errors import AnalyticsError, ConfigurationError, WorkspaceError
from tests.clickhouse_server import ask
from tests.clickhouse_server import database as own_database
from tests.contracts.analytics import AnalyticsContract
from tests.contracts.analytics_rows import T0, block, touch
from tests.contracts.kept import Kept
from tests.contracts.proxy import Wire

WAIT_S = 60
AT_ONCE = (0.0, 0.0)


def opened(address: str, workspace: str = "w") -> DriverAnalytics:
    return DriverAnalytics(Address(address), workspace, AT_ONCE)


def elsewhere(address: str, port: int, scheme: str = "clickhouse", query: str = "") -> str:
    """The same address, but another door."""
    parts = urlsplit(address)
    assert parts.username is not None
    netloc = f"{parts.username}:{parts.password}@127.0.0.1:{port}"
    return parts._replace(scheme=scheme, netloc=netloc, query=query).geturl()


def stored(address: str) -> int:
    """Physical rows, also those that a query would not see."""
    return int(ask(address, f"SELECT count() FROM {physical_name(TOUCHPOINTS, 1)}")[0][0])


class TestOnAServer(AnalyticsContract):
    @pytest.fixture
    def analytics(self, database):
        made = opened(database)
        yield made
        made.close()

    @pytest.fixture(scope="class")
    @classmethod
    def kept(cls, clickhouse):
        with ExitStack() as databases:
            made = Kept(lambda: opened(databases.enter_context(own_database(clickhouse))))
            yield made
            made.close()

    def test_rows_are_there_after_opening_again(self, database):
        for n in range(3):
            analytics = opened(database)
            analytics.prepare(TABLES, 1)
            assert analytics.rows(TOUCHPOINTS).num_rows == n
            analytics.insert(block(TOUCHPOINTS, [touch(n)]), 1)
            analytics.close()

    def test_the_same_insert_is_stored_once(self, analytics, database):
        analytics.prepare(TABLES, 1)
        rows = [touch(n, score=None if n % 2 else 1.0, tags=["a"] * (n % 3)) for n in range(100)]
        whole = block(TOUCHPOINTS, rows)
        analytics.insert(whole, 1)
        analytics.insert(whole, 1)
        other_chunks = [whole.rows.slice(0, 30), whole.rows.slice(30)]
        analytics.insert(Block("touchpoints", pa.concat_tables(other_chunks)), 1)
        assert stored(database) == 100
        analytics.insert(block(TOUCHPOINTS, rows, 2), 1)
        assert stored(database) == 200
        assert analytics.rows(TOUCHPOINTS).equals(to_arrow(TOUCHPOINTS, rows))


# --- whose tables ---------------------------------------------------------------------------------


def test_a_database_is_one_workspaces(database):
    first = opened(database, "w-1")
    place = first.place
    first.close()
    with pytest.raises(WorkspaceError, match=r"another workspace \(w-1; this one is w-2\)"):
        opened(database, "w-2")
    again = opened(database, "w-1")
    assert again.place == place
    again.execute(f"DROP DATABASE {Address(database).database} SYNC")
    again.close()
    anew = opened(database, "w-1")  # the address is the same, but the rows are gone
    assert anew.place != place
    anew.close()


def test_a_database_that_holds_other_things_is_left_alone(clickhouse, database):
    name = Address(database).database
    ask(clickhouse, f"CREATE DATABASE {name}")
    ask(database, "CREATE TABLE touchpoints (a UInt8) ENGINE = MergeTree ORDER BY a")
    with pytest.raises(WorkspaceError, match=r"holds other things \(touchpoints\)"):
        opened(database)
    assert ask(database, "SHOW TABLES") == [("touchpoints",)]


# --- the way there --------------------------------------------------------------------------------


@pytest.fixture
def wire(clickhouse) -> Iterator[Wire]:
    parts = urlsplit(clickhouse)
    assert parts.hostname is not None
    made = Wire(parts.hostname, parts.port or 9000)
    yield made
    made.close()


@pytest.mark.parametrize("turn", [1, 2, 3, 4])
def test_an_insert_whose_answer_is_lost_is_stored_once(wire, database, turn):
    """The 1st reply is to the ping, then come the columns, the rows' receipt, and the end."""
    analytics = opened(elsewhere(database, wire.port))
    analytics.prepare(TABLES, 1)
    rows = [touch(n, score=None, occurred_at=T0 + n * 10**12) for n in range(50)]
    wire.break_at(turn)
    analytics.insert(block(TOUCHPOINTS, rows), 1)
    assert wire.broken == 1
    assert stored(database) == 50
    assert analytics.rows(TOUCHPOINTS).equals(to_arrow(TOUCHPOINTS, rows))
    analytics.close()


def test_a_question_whose_answer_is_lost_is_asked_again(wire, database):
    analytics = opened(elsewhere(database, wire.port))
    analytics.prepare(TABLES, 1)
    analytics.insert(block(TOUCHPOINTS, [touch(1)]), 1)
    wire.break_at(2)
    assert analytics.rows(TOUCHPOINTS).num_rows == 1
    assert wire.broken == 1
    analytics.close()


def test_a_server_that_goes_away_and_one_that_comes_back(wire, database):
    other = elsewhere(database, wire.port, query=f"alt_hosts=127.0.0.1:{wire.port}")
    analytics = opened(other)
    analytics.prepare(TABLES, 1)
    wire.close()
    wire.break_at(1)  # the connection that is open
    with pytest.raises(AnalyticsError, match=f"127.0.0.1:{wire.port} cannot be reached") as told:
        analytics.insert(block(TOUCHPOINTS, [touch(1)]), 1)
    assert urlsplit(database).password not in str(told.value)
    analytics.close()
    again = opened(database)
    again.prepare(TABLES, 1)
    assert again.rows(TOUCHPOINTS).num_rows == 0
    again.close()


def test_the_next_host_is_asked_when_one_is_not_there(database):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    parts = urlsplit(database)
    address = elsewhere(database, port, query=f"alt_hosts={parts.hostname}:{parts.port}")
    analytics = opened(address)
    analytics.prepare(TABLES, 1)
    assert analytics.rows(TOUCHPOINTS).num_rows == 0
    analytics.close()


def test_a_wrong_password_is_told_without_it(database):
    parts = urlsplit(database)
    netloc = parts.netloc.replace(f":{parts.password}@", ":guess-1234@")
    with pytest.raises(AnalyticsError, match=r"refused \(516 AUTHENTICATION_FAILED\)") as told:
        opened(parts._replace(netloc=netloc).geturl())
    assert "correct user and password in JOURNEY_CLICKHOUSE" in str(told.value)
    assert "guess" not in str(told.value)


@pytest.mark.parametrize(
    ("says", "told"),
    [(b"HTTP/1.0 400 Bad Request\r\n\r\n", "not that of HTTP"), (b"", "stopped answering")],
)
def test_what_is_no_server_is_told(says, told):
    def answer() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(1000)
            client.sendall(says)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(AnalyticsError, match=told):
            opened(f"clickhouse://u:p@127.0.0.1:{listener.getsockname()[1]}/d")
        thread.join(WAIT_S)


def test_settings_reach_the_server(database):
    analytics = opened(f"{database}?max_threads=1&max_block_size=7")
    found = analytics._select("SELECT getSetting('max_threads') AS n FROM numbers(20)", {})
    assert found["n"].to_pylist() == [1] * 20
    analytics.close()


def test_a_column_that_cannot_be_read_is_told(database):
    analytics = opened(database)
    with pytest.raises(AnalyticsError, match=r"cannot be read .*toString"):
        analytics._select("SELECT unhex('ff') AS bytes", {})
    assert analytics._select("SELECT 1 AS n", {})["n"].to_pylist() == [1]
    analytics.close()


def test_settings_that_change_answers_are_not_taken(database):
    analytics = opened(f"{database}?session_timezone=Asia/Tokyo&use_numpy=1")
    found = analytics._select("SELECT getSetting('session_timezone') AS zone", {})
    assert found["zone"].to_pylist() == ["UTC"]
    analytics.close()


def test_settings_that_are_misspelt_are_refused(database):
    with pytest.raises(AnalyticsError, match=r"115 UNKNOWN_SETTING.*max_treads.*correct the name"):
        opened(f"{database}?max_treads=1")
    with pytest.raises(ConfigurationError, match="question mark"):
        opened(f"{database}?connect_timeout=soon")


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    """For localhost, signed by itself: the file with it, and with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(1))
        .not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def test_tls(clickhouse, database, certificate):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    parts = urlsplit(clickhouse)
    assert parts.hostname is not None
    wire = Wire(parts.hostname, parts.port or 9000, tls)
    trust = f"ca_certs={certificate}&server_hostname=localhost"
    for scheme, query in (("clickhouses", trust), ("clickhouse", f"secure=1&{trust}")):
        analytics = opened(elsewhere(database, wire.port, scheme, query))
        analytics.prepare(TABLES, 1)
        analytics.insert(block(TOUCHPOINTS, [touch(n) for n in range(1000)]), 1)
        assert analytics.rows(TOUCHPOINTS).num_rows == 1000
        analytics.close()
    with pytest.raises(AnalyticsError, match=r"(?i)cannot be reached.*certificate"):
        opened(elsewhere(database, wire.port, "clickhouses"))
    wire.close()
