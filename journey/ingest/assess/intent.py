"""What a customer wants with a text: question, complaint, request, praise, thanks or spam.

Rule 1: the first of these that fits: spam, complaint that is felt, question, request, complaint,
    thanks, praise. What wants an answer comes before what wants none.
Rule 2: a text that fits none has no intent.
"""

from __future__ import annotations

import re

from journey.ingest.assess.said import Said

METHOD = "rules.1"

FELT = -0.5  # a sentiment from which on a text complains whatever else it does
BAD = -0.2
GOOD = 0.5
PRAISED = 0.2  # enough where a word of praise is there

_spam_gate = frozenset(
    "followers earn crypto bitcoin click giveaway subscribers profit watch subscribe forex".split()
)
_spam = re.compile(
    r"\b(?:earn|make|win)\b.{0,12}[$€£]\s?\d|\bclick (?:here|the link|below)\b|\bdm me now\b"
    r"|\b\d+k? (?:free )?followers\b|\bgiveaway\b|\bwatch now\b|\bsubscribe to my\b"
    r"|\bguaranteed profit\b|\b(?:crypto|bitcoin|forex) (?:invest|trad|profit)"
).search
_spam_ja = re.compile("副業|稼げ|儲か|フォロワー.{0,6}増|投資.{0,6}(?:必勝|確実)|LINE登録").search

_request_gate = frozenset("please plz pls can could would need want like kindly".split())
_request = re.compile(
    r"\b(?:please|plz|pls|kindly)\b|\bneed (?:some |your |a little )?help\b|\bhelp me\b"
    r"|\bi(?:'d| would) like\b|\bi (?:want|need) (?:to|a|an|my|you)\b"
    r"|\b(?:can|could) (?:you|u|someone|somebody|i)\b"
).search
_request_ja = re.compile(
    "(?:て|で)(?:ください|下さい|ほしい|欲しい|いただけ|頂け|もらえ)|お願い(?:し|いた|でき|です)"
    "|[しりみきい]たい(?:です|のです|と思|。|$)|をお願い|を希望"
).search
_asks_to_do = re.compile(
    r"\b(?:can|could|would|will) (?:you|u|yall|y'all|someone|somebody|anyone)(?: guys)?"
    r"(?: (?:please|plz|pls|kindly|possibly|maybe))? "
    r"(?!tell|explain|let|know|say|confirm whether)\w+"
).search
_thanks = frozenset("thank thanks thx ty cheers".split())
_thanks_ja = re.compile("ありがと|有難う|有り難う|感謝|助かりました|助かった").search
_praise = frozenset(
    "love loved great amazing excellent wonderful awesome fantastic perfect best brilliant "
    "delighted pleased impressed superb outstanding".split()
)


def intent(told: Said, is_question: bool, asks_person: bool, sentiment: float | None) -> str:
    """What the writer wants; empty if that cannot be told.

    Args:
        is_question, asks_person, sentiment: as they were judged or given.
    """
    feels = sentiment or 0.0
    known, is_japanese = told.known, told.is_japanese
    if is_japanese:
        if _spam_ja(told.text):
            return "spam"
    elif not _spam_gate.isdisjoint(known) and _spam(told.text.lower()):
        return "spam"
    if feels <= FELT:
        return "complaint"
    if asks_person:
        return "request"
    may_request = is_japanese or not _request_gate.isdisjoint(known)
    if is_question:
        asks = may_request and not is_japanese and _asks_to_do(told.text.lower())
        return "request" if asks else "question"
    if may_request:
        found = _request_ja(told.text) if is_japanese else _request(told.text.lower())
        if found:
            return "request"
    if feels <= BAD:
        return "complaint"
    if _thanks_ja(told.text) if is_japanese else not _thanks.isdisjoint(known):
        return "thanks"
    if feels >= GOOD or (feels >= PRAISED and not _praise.isdisjoint(known)):
        return "praise"
    return ""
