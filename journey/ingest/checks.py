"""What is done to every draft behind every parser: it is checked, or more is told of it.

Rule 1: a check returns the draft, changed or not, or refuses it. Of a refused draft the whole
    record goes to quarantine; the other drafts of the record go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import is_

import msgspec

from journey.ingest.importers import Importer, Parsed, Rejected
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.times import Instant

Check = Callable[[Draft], Draft]


def checked(importer: Importer, checks: Sequence[Check]) -> Importer:
    """The same importer, which does all that to what it reads.

    Args:
        checks: in this order.
    """
    if not checks:
        return importer

    def understand(data: bytes, line: int, now: Instant) -> Parsed:
        parsed = importer.understand(data, line, now)
        drafts, refusals = list[Draft](), list[Rejected]()
        for told in parsed.drafts:
            draft = told
            try:
                for check in checks:
                    draft = check(draft)
            except CannotAccept as refused:
                # The whole record is kept, to be tried again; what else is in it is known then.
                refusals.append(Rejected(refused.code, str(refused), (data,)))
            else:
                drafts.append(draft)
        if not refusals and all(map(is_, drafts, parsed.drafts)):
            return parsed  # as most are
        rejected = [*parsed.rejected, *refusals]
        return msgspec.structs.replace(parsed, drafts=drafts, rejected=rejected)

    return replace(importer, understand=understand)
