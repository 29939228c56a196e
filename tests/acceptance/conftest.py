"""What several acceptance tests run: pm4py, in a Python of its own."""

from pathlib import Path

import pytest

from tests.cli.runner import ROOT, run

PYTHON = ROOT / ".venv-pm4py" / "bin" / "python"
INSTALL_S = 500


@pytest.fixture(scope="session")
def pm4py() -> Path:
    """The tool's own Python, installed if it is not there yet."""
    made = run("make", ".venv-pm4py/.installed", limit_s=INSTALL_S)
    assert made.code == 0, made.err
    return PYTHON
