"""What every test may ask for: the size of the run, the shared data, Hypothesis profiles."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import clickhouse_server
from tests.order import ordered

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"

# Contract suites are plain modules, so without this their asserts would not show their values.
pytest.register_assert_rewrite("tests.contracts")

# A contract suite is subclassed by every backend: Hypothesis then sees one test function run by
# several classes, which is what we want.
SUBCLASSED = [HealthCheck.differing_executors]

# The same examples in every run and on every xdist worker; nothing is written to disk.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,  # a shared machine stalls now and then
    max_examples=50,
    suppress_health_check=SUBCLASSED,
)
# Other examples in each run; a failing one is kept in .hypothesis and tried first next time.
settings.register_profile("dev", deadline=None, suppress_health_check=SUBCLASSED)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full_size: takes minutes, runs only with --full-size")
    # Whoever starts the tests in the background of a script has them ignore Ctrl-C, and what they
    # start inherits that: commands that a test stops by it would go on for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Many images have Python keep no compiled modules. Then each of the thousands of processes that
    # tests start would compile all of ours again: a third of what a command takes.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # `--hypothesis-profile` wins: Hypothesis loads that one itself.
    if config.getoption("--hypothesis-profile", default=None) is None:
        settings.load_profile("ci" if os.environ.get("CI", "") not in ("", "false") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full-size",
        action="store_true",
        help="run the tests at full size: whole data sets, thousands of kills (minutes)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # a worker of xdist; all of them have to agree
        items[:] = ordered(items)
    if config.getoption("--full-size"):
        return
    skip = pytest.mark.skip(reason="takes minutes: run it with --full-size")
    for item in items:
        if item.get_closest_marker("full_size"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def full_size(pytestconfig: pytest.Config) -> bool:
    """Whether this run may take minutes: a test chooses its number of rounds by it."""
    return bool(pytestconfig.getoption("--full-size"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared data sets, which lies beside the checkout and is not part of it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("missing: the shared data sets, a folder ../shared/data beside the checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def clickhouse() -> Iterator[str]:
    """The address of a ClickHouse server, without a database."""
    with clickhouse_server.server() as address:
        if address is None:
            pytest.skip(clickhouse_server.MISSING)
        yield address


@pytest.fixture
def database(clickhouse: str) -> Iterator[str]:
    """The address of a database of the test's own, which is not there yet."""
    with clickhouse_server.database(clickhouse) as address:
        yield address
