"""Surveys: scores follow what happened before, and the scale travels with the answer."""

from journey.sample.book import CUSTOMER, Book, Line
from journey.sample.clock import DAY_MS, HOUR_MS
from journey.sample.people import Person
from journey.sample.texts import write

# Scores to pick from, by whether things went wrong.
_CSAT_OF_5 = {True: (1, 1, 1, 2, 2, 2, 3, 3, 4), False: (2, 3, 4, 4, 4, 5, 5, 5, 5, 5)}
_CSAT_OF_10 = {True: (1, 2, 3, 3, 4, 5, 6), False: (5, 7, 8, 8, 9, 9, 10, 10)}
_CES_OF_7 = {True: (1, 2, 2, 3, 3, 4), False: (4, 5, 5, 6, 6, 7, 7)}
_NPS = {True: (0, 1, 3, 4, 5, 6, 6, 7), False: (5, 6, 7, 8, 8, 9, 9, 9, 10, 10, 10)}


def ask_csat_or_ces(
    book: Book, person: Person, identities: dict[str, str], at: int, *, slow: bool
) -> None:
    """Plan the answer to the survey after a resolution at `at`, in milliseconds."""
    random = book.rng.random
    at += int((0.1 + 20 * random() ** 2) * HOUR_MS)
    if random() < 0.7:
        if person.brand == "north pine":
            _answer(book, person, identities, at, "csat", _CSAT_OF_10, 1, 10, slow)
        else:
            _answer(book, person, identities, at, "csat", _CSAT_OF_5, 1, 5, slow)
    else:
        _answer(book, person, identities, at, "ces", _CES_OF_7, 1, 7, slow)


def ask_nps(book: Book, person: Person, at: int, *, late: bool) -> None:
    """Plan the answer to the survey after a delivery at `at`, in milliseconds."""
    at += int((2 + 6 * book.rng.random()) * DAY_MS)
    _answer(book, person, {"user_id": person.user_id}, at, "nps", _NPS, 0, 10, late)


def _answer(
    book: Book,
    person: Person,
    identities: dict[str, str],
    at: int,
    survey: str,
    scores: dict[bool, tuple[int, ...]],
    scale_min: int,
    scale_max: int,
    bad: bool,
) -> None:
    random = book.rng.random
    score = scores[bad][int(random() * len(scores[bad]))]
    # The north pine brand asks for effort the other way round: 7 is hard.
    higher_is_better = not (survey == "ces" and person.brand == "north pine")
    if not higher_is_better:
        score = scale_min + scale_max - score
    properties: Line = {
        "survey": survey,
        "score": score,
        "scale_min": scale_min,
        "scale_max": scale_max,
        "higher_is_better": higher_is_better,
    }
    if random() < 0.4:
        properties["comment"] = write(book.rng, person.japanese, "unhappy" if bad else "happy")
    book.plant(at, "survey-answered", person, identities, "survey", "inbound", CUSTOMER, properties)
