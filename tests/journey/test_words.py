"""The words of reports: both languages say the same things, with the same gaps."""

import string
from datetime import UTC, date, datetime

import pytest

from journey.words import LANGUAGES, NOTHING, Told, Words, texts
from projections.pains.kinds import Kind
from schemas.errors import UsageError


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert texts("ja").keys() == texts("en").keys()


@pytest.mark.parametrize("key", texts("en"))
def test_a_text_has_the_same_gaps_in_both(key: str) -> None:
    assert gaps(texts("ja")[key]) == gaps(texts("en")[key])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    known = {key for key, text in texts(language).items() if not text.strip()}
    assert known == ({"duration.joint"} if language == "ja" else {"duration.joint"} & known)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_pain_has_a_name(language: str) -> None:
    assert {f"pain.{kind}" for kind in Kind} <= texts(language).keys()


def test_another_language_is_refused() -> None:
    with pytest.raises(UsageError, match="'fr' is not known: use one of en, ja"):
        Words("fr")


@pytest.mark.parametrize(
    ("value", "unit", "en", "ja"),
    [
        (None, "count", NOTHING, NOTHING),
        (float("nan"), "number", NOTHING, NOTHING),
        (1234, "count", "1,234", "1,234"),
        (0.123456, "share", "12.3%", "12.3%"),
        (7440.0, "seconds", "2 h 4 min", "2時間4分"),
        (12.34, "seconds", "12.3 s", "12.3秒"),
        (-90.0, "seconds", "−1 min 30 s", "−1分30秒"),  # noqa: RUF001 - a minus
        (4.0, "number", "4", "4"),
        (4.5, "number", "4.50", "4.50"),
        (46661.5, "number", "46,662", "46,662"),
        (date(2026, 1, 31), "date", "2026-01-31", "2026-01-31"),
        (datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "time", "2026-01-31 09:05", "2026-01-31 09:05"),
    ],
)
def test_a_value_in_writing(value: object, unit: str, en: str, ja: str) -> None:
    assert (Words("en").number(value, unit), Words("ja").number(value, unit)) == (en, ja)


def test_one_is_no_plural() -> None:
    assert "{n:time/times}".format(n=Told("1")) == "1 time"
    assert "{n:time/times}".format(n=Told("1,234")) == "1,234 times"
    assert "{n:time/times}".format(n=Told("0")) == "0 times"


def test_a_name_of_ones_own_is_told_as_it_is() -> None:
    assert Words("ja").name("channel", "carrier_pigeon") == "carrier_pigeon"
    assert Words("ja").name("channel", "email") == "メール"
    assert Words("en").name("channel", "") == "none"
    assert Words("en").column("some-query", "own_column") == "own column"
    assert Words("en").column("stages", "n") == "customers"
