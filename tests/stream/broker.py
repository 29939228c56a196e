"""A real Apache Kafka broker for tests: one node, loopback, free ports, a temporary folder.

The jars come from Maven Central once, into a cache folder outside of the checkout.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

KAFKA = "4.3.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "journey-tests"
JARS = CACHE / f"kafka-{KAFKA}"
READY_S = 60
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>journey.tests</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{KAFKA}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.backoff.ms=500
auto.create.topics.enable=false
"""


class Broker(NamedTuple):
    """A broker that runs, or one that was killed and can be started again."""

    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """The broker's process, stopped at the end."""
        said = (self.folder / "broker.log").open("ab")
        command = ["java", "-Xmx512m", "-cp", f"{jars()}/*", "kafka.Kafka", self.settings]
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=self.folder)
        try:
            self._wait(process)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
            said.close()

    @property
    def settings(self) -> str:
        return str(self.folder / "server.properties")

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        said = (self.folder / "broker.log").read_text(errors="replace")[-2_000:]
        raise AssertionError(f"the broker did not start:\n{said}")


def jars() -> Path:
    """The folder with the broker's jars; fetched once."""
    done = JARS / "done"
    if not done.exists():
        for tool in ("java", "mvn"):
            if shutil.which(tool) is None:
                missing = f"a real Kafka broker needs {tool}: install a JDK (17 or newer) and Maven"
                if os.environ.get("CI"):
                    pytest.fail(missing)
                pytest.skip(missing)
        JARS.mkdir(parents=True, exist_ok=True)
        (JARS / "pom.xml").write_text(POM, encoding="utf-8")
        fetch = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime"]
        subprocess.run([*fetch, "-DoutputDirectory=lib"], cwd=JARS, check=True, timeout=600)
        done.touch()
    return JARS / "lib"


def prepared(folder: Path) -> Broker:
    """A broker that was never started."""
    lib = jars()
    port, controller = free_port(), free_port()
    broker = Broker(folder, port)
    folder.mkdir(parents=True, exist_ok=True)
    text = SETTINGS.format(port=port, controller=controller, folder=folder)
    Path(broker.settings).write_text(text, encoding="utf-8")
    # Kafka takes no name that begins with a dash.
    name = "j" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
    command = ["java", "-cp", f"{lib}/*", "kafka.tools.StorageTool", "format", "-t", name]
    subprocess.run([*command, "-c", broker.settings], check=True, capture_output=True, timeout=60)
    return broker


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
