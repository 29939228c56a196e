"""``docs/pain-points.md`` keeps its word: its kinds, its settings, its arithmetic."""

import re

from journey.config.document import Document
from projections.configuration import Configuration
from tests.pains_page import PAGE, filled

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_kinds_are_those_of_the_code() -> None:
    assert filled(TEXT) == TEXT, "run: python -m tests.pains_page"
    assert len(re.findall(r"^### [a-z_]+$", TEXT, re.MULTILINE)) == 19


def test_the_settings_are_read_as_they_stand_there() -> None:
    (toml,) = re.findall(r"^```toml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    read = Document(toml, "journey.toml").struct((), Configuration)
    assert not [*read.complaints()]
    assert not read.pains.checkout_abandoned.enabled
    assert read.pains.slow_response.graded(6.0) == 4
    assert read.channels["sms"].instead == "messaging"
    assert read.pains.currency == "EUR"
