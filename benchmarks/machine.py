"""What the figures were measured on: nothing that names the machine or its owner."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version

import msgspec

PACKAGES = (
    "chdb", "chdb-core", "cryptography", "eventsourcing", "fastavro", "msgspec", "pyarrow",
)  # fmt: skip


class Machine(msgspec.Struct, frozen=True):
    """Cores, memory and versions.

    Args:
        load_1m: how many processes wanted a core when the benchmarks began: above 0.5 the figures
            are noise.
    """

    cores: int
    memory_gib: float
    architecture: str
    system: str
    python: str
    sqlite: str
    packages: dict[str, str]
    load_1m: float


def machine() -> Machine:
    """This one."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores(),
        memory_gib=round(pages / 2**30, 1),
        architecture=platform.machine(),
        system=platform.system(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=sqlite3.sqlite_version,
        packages={name: found for name in PACKAGES if (found := _version(name))},
        load_1m=round(os.getloadavg()[0], 2),
    )


def _cores() -> int:
    return os.cpu_count() or 1


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
