"""A real Schema Registry for tests: Apicurio, in memory, loopback, a free port."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stream.broker import CACHE, free_port

VERSION = "3.3.3"
JAVA_MIN = 21
FOLDER = CACHE / f"apicurio-{VERSION}"
READY_S = 90


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Its address with the API of the Confluent Schema Registry."""
    java, app, port = _java(), _app(), free_port()
    with (folder / "registry.log").open("wb") as said:
        process = subprocess.Popen(
            [java, "-Xmx400m", "-jar", "quarkus-run.jar"],
            cwd=app,
            env=os.environ | {"QUARKUS_HTTP_HOST": "127.0.0.1", "QUARKUS_HTTP_PORT": str(port)},
            stdout=said,
            stderr=said,
        )
        try:
            url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
            _wait(process, url, folder / "registry.log")
            yield url
        finally:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/subjects", timeout=5).close()  # noqa: S310 - http, see above
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"the registry did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _java() -> str:
    """A Java that is new enough, of those that are installed."""
    homes = [os.environ.get("JAVA_HOME", ""), *map(str, Path("/usr/lib/jvm").glob("*"))]
    found = [str(Path(home) / "bin" / "java") for home in homes if home]
    found.append(shutil.which("java") or "")
    for java in found:
        if java and Path(java).is_file():
            asked = [java, "-version"]
            told = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
            version = re.search(r'version "(\d+)', told.stderr)
            if version and int(version[1]) >= JAVA_MIN:
                return java
    pytest.skip(f"a real Schema Registry (Apicurio) needs Java {JAVA_MIN} or newer: install a JDK")


def _app() -> Path:
    """The folder of the unpacked registry; fetched once."""
    done = FOLDER / "done"
    if not done.exists():
        if shutil.which("mvn") is None:
            pytest.skip("a real Schema Registry (Apicurio) is fetched by Maven: install Maven")
        FOLDER.mkdir(parents=True, exist_ok=True)
        artifact = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
        fetch = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}"]
        subprocess.run([*fetch, "-DoutputDirectory=."], cwd=FOLDER, check=True, timeout=900)
        packed = next(FOLDER.glob("*.tar.gz"))
        with tarfile.open(packed) as archive:
            archive.extractall(FOLDER / "app", filter="data")
        packed.unlink()
        done.touch()
    return FOLDER / "app"
