"""From the name of an activity, as process mining knows it, to a type of ours."""

from __future__ import annotations

from journey.ingest.forms import FORMS

CUSTOM = "custom"
NEEDY = frozenset({CUSTOM, "survey-answered", "identity-linked", "identity-unlinked"})
"""Types of ours that are nothing without their properties, which activities do not have."""


def type_of(activity: str) -> str:
    """The type of ours that has this name and needs nothing else; ``custom`` for any other."""
    form = FORMS.get(activity)
    is_ours = form is not None and activity not in NEEDY and not form.is_of_brand
    return activity if is_ours else CUSTOM


def only_customers_do(type_: str) -> bool:
    """Whether a type of ours is by the customer, so that who else is named did not do it."""
    return type_ != CUSTOM and FORMS[type_].actor_kind == "customer"
