"""A ClickHouse server for tests: the one that is named, or one that is started, else none.

``JOURNEY_TEST_CLICKHOUSE=clickhouse://user:password@host:port`` names it; the user may make and
drop databases. Otherwise a ``clickhouse`` binary on PATH is started. Each test has a database of
its own.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clickhouse_driver import Client
from clickhouse_driver.errors import Error
from clickhouse_driver.util.helpers import parse_url

NAMED = "JOURNEY_TEST_CLICKHOUSE"
MISSING = f"missing: a ClickHouse server: name one in {NAMED}, or put `clickhouse` on PATH"
START_S = 60
_CONFIG = """<clickhouse>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host><tcp_port>{port}</tcp_port>
  <path>{folder}/</path><tmp_path>{folder}/tmp/</tmp_path>
  <user_directories><users_xml><path>{folder}/users.xml</path></users_xml></user_directories>
</clickhouse>"""
_USERS = """<clickhouse>
  <profiles><default/></profiles><quotas><default/></quotas>
  <users><default><password>te:st</password><networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota></default></users>
</clickhouse>"""


@contextmanager
def server() -> Iterator[str | None]:
    """The address of a server without a database; none if there is no server to be had."""
    binary = shutil.which("clickhouse")
    if named := os.environ.get(NAMED):
        yield urlsplit(named)._replace(path="").geturl()
    elif binary:
        with tempfile.TemporaryDirectory() as folder:
            yield from _started(binary, Path(folder))
    else:
        yield None


def _started(binary: str, folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "config.xml").write_text(_CONFIG.format(port=port, folder=folder))
    (folder / "users.xml").write_text(_USERS)
    command = [binary, "server", f"--config-file={folder / 'config.xml'}"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        address = f"clickhouse://default:te%3Ast@127.0.0.1:{port}"
        try:
            _wait_for(address)
            yield address
        finally:
            process.kill()


def _wait_for(address: str) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            ask(address, "SELECT 1")
        except (Error, EOFError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


@contextmanager
def database(root: str) -> Iterator[str]:
    """The address of a database that nobody else has; it is dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    yield urlsplit(root)._replace(path=f"/{name}").geturl()
    ask(root, f"DROP DATABASE IF EXISTS {name} SYNC")


def ask(address: str, statement: str) -> list[tuple[Any, ...]]:
    """Rows, as somebody else would get them."""
    host, options = parse_url(address)
    with Client(host, **{"database": ""} | options) as client:
        rows: list[tuple[Any, ...]] = client.execute(statement)
        return rows
