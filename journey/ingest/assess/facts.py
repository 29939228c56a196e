"""Facts: which a text gives, and which the brand's text asks the customer for. By kind only.

The facts themselves stay sealed; what folds need is that the customer was asked for a thing that
had been given already.
"""

from __future__ import annotations

import re

from journey.ingest.assess.said import Said

_digits = re.compile(r"\d").findall
_mail_sign = re.compile(r"@[\w-]+\.\w|\[e-?mail\]").finditer
_phone = re.compile(
    r"(?<![0-9a-z-])(?:\+\d[\d ()./-]{7,}\d|0\d{1,4}[ ()./-]?\d{2,4}[ ()./-]?\d{3,4})(?![0-9a-z])"
).search
_order = re.compile(
    r"(?:\border\b|\bpurchase\b|\bbooking\b|\breference\b|注文)[^.!?。！？\d]{0,20}?"
    r"#?(?:[a-z]{1,4}-?)?\d[\w-]{3,}"
).search
_months = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
).split()
_date = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\d{1,2}月\d{1,2}日"
).search
_date_in_words = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{'|'.join(_months)})\b"
    rf"|\b(?:{'|'.join(_months)})\.? \d{{1,2}}(?:st|nd|rd|th)?\b"
).search
_serial = re.compile(
    r"(?:\bserial\b|\bimei\b|シリアル|製造番号)[^.!?。！？\d]{0,20}?[a-z]{0,6}\d[\w-]{3,}"
).search
_account = re.compile(
    r"(?:\baccount\b|\bcustomer\b|\bmember(?:ship)?\b|\bclient\b|会員|顧客|アカウント|お客様)"
    r"[^.!?。！？\d]{0,12}?(?:number|no\.?|id|番号)[^.!?。！？\d]{0,8}?\w*\d\w{3,}"
).search
_streets = (
    "street st road rd lane ln avenue ave drive dr way court ct place pl square close blvd".split()
)
_address = re.compile(
    rf"\b\d{{1,5}}[a-z]? (?:[a-z][\w'.-]+ ){{1,4}}(?:{'|'.join(_streets)})\b"
    r"|[都道府県市区町村][^\s。、]{1,12}?\d+(?:[-丁番]\d*){1,3}|〒\s?\d{3}-?\d{4}"
).search
_name = re.compile(
    r"\b(?:my|full|the) name(?: is|'s|:)\s+\w|\bname:\s*\w"
    r"|(?:名前|氏名|名義)は[^\s。、？]{2,}?(?:です|と申|$)|と申します"
).search
# Kind, the words of which one must be there in a text of Latin letters, and what to search.
_NUMBERED = (
    ("account", frozenset("account customer member membership client".split()), _account),
    ("address", frozenset(_streets), _address),
    ("date", frozenset(_months), _date_in_words),
    ("order_number", frozenset("order purchase booking reference".split()), _order),
    ("serial", frozenset("serial imei".split()), _serial),
)
PHONE_DIGITS_MIN = 7


def gave(told: Said) -> list[str]:
    """The kinds of facts that a text gives, sorted."""
    found: set[str] = set()
    raw = told.raw
    if ("@" in raw or "[e" in raw) and any(map(_is_mail, _mail_sign(raw))):
        found.add("email")
    if "[phone]" in raw:
        found.add("phone")
    digits = len(_digits(told.text))
    if digits:
        text, known = told.text.lower(), told.known
        for kind, needs, search in _NUMBERED:
            if (told.is_japanese or not needs.isdisjoint(known)) and search(text):
                found.add(kind)
        if digits >= PHONE_DIGITS_MIN and _phone(text):
            found.add("phone")
        if digits > 2 and _date(text):
            found.add("date")
    if ("name" in told.known or told.is_japanese) and _name(told.text.lower()):
        found.add("name")
    return sorted(found)


def _is_mail(found: re.Match[str]) -> bool:
    """Whether a sign stands within an address, not before a handle."""
    at = found.start()
    return found[0][0] == "[" or (at > 0 and not found.string[at - 1].isspace())


# Words by which a fact is named -> its kind.
_NAMED: tuple[tuple[str, str], ...] = (
    (
        r"order (?:number|no\b|id)|order reference|booking (?:number|reference)|注文番号",
        "order_number",
    ),
    (r"e-?mail|メールアドレス|メアド", "email"),
    (r"phone|mobile number|contact number|telephone|電話番号", "phone"),
    (
        r"(?<!mail )(?<!ip )address|post(?:al )?code|zip(?: code)?|(?:ご|御)?住所|郵便番号",
        "address",
    ),
    (r"\bname\b(?! of)|(?:お|ご)?名前|ご?氏名", "name"),
    (
        r"\bdate\b|\bwhen did you\b|購入日|ご?日付"
        r"|(?:いつ|何日)(?:に|ごろ|頃)?(?:ご購入|購入|注文)",
        "date",
    ),
    (r"serial|\bimei\b|シリアル|製造番号", "serial"),
    (
        r"account (?:number|no\b|id|name)|customer (?:number|id)|user ?(?:name|id)|gamertag|"
        r"会員番号|お客様番号|アカウント(?:名|id|番号)",
        "account",
    ),
)
_named = re.compile("|".join(f"(?P<{kind}>{words})" for words, kind in _NAMED)).finditer
_asking = re.compile(
    r"\?|\bplease\b|\bpls\b|\b(?:can|could|may|would|will) (?:you|we|i)\b|\bwhat(?:'s| is| was)\b"
    r"|\b(?:dm|send|give|tell|provide|share|confirm|include|let us know|need)\b"
    r"|？|ください|下さい|いただけ|頂け|お願い|でしょうか|ですか|お知らせ|教えて",
).search
_not_asking = re.compile(
    r"\b(?:we|i)(?:'ve| have) (?:sent|checked|changed|received|updated|emailed)\b|\bthank you for\b"
    r"|\byou(?:'ll| will| can)(?: also)? find\b|いたしました|しました",
).search
_sentences = re.compile(r"(?<=[.!?。！？])\s*(?=\S)|\n+").split
_MAY_NAME = frozenset(
    "number mail email phone telephone address name username date bought buy ordered serial imei "
    "zip postcode postal gamertag reference id".split()
)


def asked_for(told: Said) -> list[str]:
    """The kinds of facts that a text asks for, sorted; a sentence must both name and ask."""
    if not told.is_japanese and _MAY_NAME.isdisjoint(told.known):
        return []
    text = told.text.lower()
    found: set[str] = set()
    pending: set[str] = set()  # named in the sentence before: "Your address? Could you tell us?"
    for sentence in _sentences(text):
        named = {each.lastgroup or "" for each in _named(sentence)}
        asks = _asking(sentence) is not None and _not_asking(sentence) is None
        if asks:
            found |= named or pending
        pending = named
    return sorted(found)
