"""What stands in clear for what is sealed: keyed hashes, so that folds see what belongs together.

Rule 1: a conversation, an order or a subscription stands under a hash with the workspace's key. A
    conversation's has the source in it, an order's has not: shop, payment service and carrier tell
    of one order by one number.
Rule 2: a text stands under a hash with a person's key, the one that seals it. Two texts that say
    the same to one person are equal; once that person is erased, nobody can find out what they said
    by hashing guesses.
Rule 3: all are 16 bytes, and empty where there is nothing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import replace

from journey.log.keys import KeyReader, WorkspaceKeys
from schemas.events import SHIPPED, MessageSent
from schemas.fact import Fact

# The id that is sealed, what stands for it, and the purpose that goes into the hash.
_IDS: Final = (
    ("order_id", "order_key", b"order key"),
    ("subscription_id", "subscription_key", b"subscription key"),
)
_BY_TYPE: Final = {
    fact: named for fact in SHIPPED for named in _IDS if named[0] in fact.__struct_fields__
}
NORMAL_FORM: Final = b"1"  # version of `normalised`; it goes into the hash

_signature = re.compile(r"\s[\^~-]\s?\w{1,3}\s*$")
_not_said = re.compile(r"(?:https?://\S+|@\w+|[\W_])+")


def normalised(text: str) -> str:
    """What a text says, without capitals, punctuation, handles, links and who signed it.

    Names, numbers and all other words stay: a form letter with another order number says something
    else.
    """
    told = unicodedata.normalize("NFKC", _signature.sub("", text)).casefold()
    return _not_said.sub(" ", told).strip()


class Pseudonyms:
    """Sets what stands in clear.

    Args:
        keys: the workspace's.
        people: the keys of persons; they must exist.
    """

    def __init__(self, keys: WorkspaceKeys, people: KeyReader) -> None:
        self._keys, self._people = keys, people

    def set(self, fact: Fact, conversation: bytes, subject: bytes) -> Fact:
        """The fact with all that stands for something sealed in it.

        Args:
            conversation: the keyed hash, or none.
            subject: whose key seals the fact.
        """
        found: dict[str, Any] = {"conversation": conversation} if conversation else {}
        named = _BY_TYPE.get(type(fact))
        if named is not None:
            told = getattr(fact, named[0])
            if told is not UNSET and (written := unicodedata.normalize("NFC", told).strip()):
                found[named[1]] = self._keys.hash(named[2], written.encode())
        elif type(fact) is MessageSent and fact.text:
            said = normalised(fact.text)
            if said:
                found["fingerprint"] = self._people.fingerprint(subject, NORMAL_FORM, said.encode())
        return replace(fact, **found) if found else fact
