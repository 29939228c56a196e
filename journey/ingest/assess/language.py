"""Which language: by script, and among those of Latin letters by their commonest words.

Rule 1: a script that one language alone uses decides.
Rule 2: else the language with most of its common words wins, if it leads.
Rule 3: else it is unknown, which is better than wrong: a name, a number, one foreign word.
"""

from __future__ import annotations

import re

from journey.ingest.assess.said import Said

WORDS_MAX = 60  # so many words tell

_SCRIPTS = (
    (re.compile("[\uac00-\ud7a3]{2}").search, "ko"),
    (re.compile("[\u0e01-\u0e5b]{2}").search, "th"),
    (re.compile("[\u0621-\u064a]{2}").search, "ar"),
    (re.compile("[\u05d0-\u05ea]{2}").search, "he"),
    (re.compile("[\u0370-\u03ff]{2}").search, "el"),
    (re.compile("[\u0900-\u097f]{2}").search, "hi"),
    (re.compile("[\u0456\u0457\u0454\u0491]").search, "uk"),
    (re.compile("[\u0430-\u044f]{2}").search, "ru"),
    (re.compile("[\u4e00-\u9fff]{2}").search, "zh"),
)

_COMMON = {
    "en": "the of and to is that it for was with you have this not be are my your i me we they "
    "what when where how why who can could would should do does did don't i'm it's can't please "
    "thanks thank hi hello help from been has had will just about still get got there any all "
    "again refund order late never want need great good bad love nobody nothing working crashed "
    "down issue problem app account service am if or but on at by here from more like now new it's "
    "an as super fast early click let talk person human too far slow",
    "de": "der die das und ist nicht ich ein eine zu mit auf den es sie wir für von habe haben wie "
    "wo wann warum mein meine bitte danke hallo noch seit schon aber auch wurde kann dem",
    "fr": "le la les et est je ne pas un une de des que qui pour vous nous mon ma mes ce c'est "
    "avec sur dans bonjour merci où quand comment pourquoi mais j'ai votre été n'ai",
    "es": "el la los las y es que de en un una no por para con mi mis hola gracias dónde cuándo "
    "cómo está pero muy todo ha he lo se su todavía qué",
    "it": "il lo la gli e è che di un una non per con mio mia ho hai ciao grazie dove quando come "
    "perché ma sono ancora del della cosa mi",
    "pt": "o a os as e é que de um uma não para com meu minha olá obrigado obrigada onde quando "
    "como mas muito está você eu recebi ainda por me pode",
    "nl": "de het een en is niet ik van te dat op voor met mijn waar wanneer hoe bedankt hallo nog "
    "heb maar ook wordt kan zijn niets al",
    "sv": "och är inte jag en ett att det som på för med min mitt var när hur tack hej än har men "
    "den till",
}
_LANGUAGES_OF: dict[str, tuple[str, ...]] = {}
for _language, _listed in _COMMON.items():
    for _word in _listed.split():
        _LANGUAGES_OF[_word] = (*_LANGUAGES_OF.get(_word, ()), _language)
_ENGLISH_ALONE = frozenset(word for word, told in _LANGUAGES_OF.items() if told == ("en",))
ENGLISH_ENOUGH = 3
FEWEST = {"en": 1}  # so many must be there; of other languages two


def language(told: Said) -> str:
    """The language of a text as BCP 47 has it, without a region; empty if it cannot be told."""
    if told.is_japanese:
        return "ja"
    if told.is_ascii and len(_ENGLISH_ALONE & told.known) >= ENGLISH_ENOUGH:
        return "en"
    counts: dict[str, int] = {}
    for word in told.words[:WORDS_MAX]:
        for each in _LANGUAGES_OF.get(word, ()):
            counts[each] = counts.get(each, 0) + 1
    if counts:
        ordered = sorted(counts.items(), key=lambda item: -item[1])
        first, count = ordered[0]
        leads = len(ordered) == 1 or count > ordered[1][1]
        return first if leads and count >= FEWEST.get(first, 2) else ""
    if not told.is_ascii:
        for search, found in _SCRIPTS:
            if search(told.text):
                return found
    return ""
