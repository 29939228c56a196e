"""How often the judgements are right, on texts that were labelled before anything was run on them.

``english.tsv`` and ``japanese.tsv`` were made up; the rules were mended on them, so they show what
should work. ``twitter_care.tsv`` has labels of 64 real messages, by id; it shows what to expect.
A sentiment counts as bad up to -0.2 and as good from 0.25 on.
"""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from journey.ingest.assess import facts, intent, person, question
from journey.ingest.assess.language import language
from journey.ingest.assess.said import said
from journey.ingest.assess.sentiment import sentiment
from journey.ingest.assess.topic import Topics

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "texts"
CARE = Path("../shared/data/twitter_care/conversations.json")
TOPICS = Topics()


def rows(name):
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def judged(text):
    told = said(text)
    spoken = language(told)
    felt = sentiment(told, spoken)
    asks, wants_person = question.is_question(told), person.asks_person(told)
    return {
        "language": spoken,
        "sentiment": "0" if felt is None or -0.2 < felt < 0.25 else "-" if felt < 0 else "+",
        "question": "?" if asks else ".",
        "person": "!" if wants_person else ".",
        "intent": intent.intent(told, asks, wants_person, felt),
        "topic": TOPICS.of(told),
        "gave": set(facts.gave(told)),
        "asked_for": set(facts.asked_for(told)),
    }


def accuracy(name, text_of=lambda row: row["text"]):
    """Of each labelled column: how many are right, of how many."""
    labelled = rows(name)
    right: Counter[str] = Counter()
    for row in labelled:
        found = judged(text_of(row))
        for column in found.keys() & row.keys():
            label = row[column]
            if column in ("gave", "asked_for"):
                label = set(filter(None, label.split(",")))
            right[column] += found[column] == label
    shares = {column: count / len(labelled) for column, count in sorted(right.items())}
    print(name, len(labelled), {column: f"{share:.2f}" for column, share in shares.items()})
    return shares


FLOORS = {
    "english": {
        "sentiment": 0.93,
        "question": 0.97,
        "person": 0.97,
        "intent": 0.95,
        "topic": 0.88,
        "gave": 0.97,
    },
    "japanese": {
        "sentiment": 0.93,
        "question": 0.97,
        "person": 0.97,
        "intent": 0.93,
        "topic": 0.93,
        "gave": 0.97,
    },
    "brand": {"asked_for": 0.95},
    "languages": {"language": 0.95},
}


@pytest.mark.parametrize("name", FLOORS)
def test_made_up_texts_are_judged_well(name):
    shares = accuracy(name)
    assert shares.keys() == FLOORS[name].keys()
    assert {c: s for c, s in shares.items() if s < FLOORS[name][c]} == {}


def test_real_messages_are_judged_as_the_docs_say():
    if not CARE.exists():
        pytest.skip(f"{CARE} is not here")
    texts = {
        f"{talk['dialogHeader']['sessionID']}/{message['tweet_ID']}": message["message"]
        for talk in json.loads(CARE.read_text(encoding="utf-8"))
        for message in talk["dialogContent"]
    }
    shares = accuracy("twitter_care", lambda row: texts[row["message"]])
    floors = {"sentiment": 0.55, "question": 0.95, "intent": 0.62}
    assert shares.keys() == floors.keys()
    assert {c: s for c, s in shares.items() if s < floors[c]} == {}
