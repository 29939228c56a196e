"""Feedback: asked for in a survey, or given in public."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.errors import CannotAccept
from schemas.fact import Personal, Touchpoint, Worded


class SurveyAnswered(Worded, frozen=True, kw_only=True):
    """An answer to a survey. The scale and its direction travel with it.

    Raises:
        CannotAccept: the score lies outside its scale, or the scale is empty.
    """

    TYPE: ClassVar[str] = "survey-answered.v2"

    survey: str = ""  # nps, csat, ces, or a name of one's own
    score: float = 0.0
    scale_min: float = 0.0
    scale_max: float = 10.0
    higher_is_better: bool = True
    comment: Personal[str] = UNSET

    def __post_init__(self) -> None:
        """Hold the score against its scale."""
        if not self.scale_min < self.scale_max:
            raise CannotAccept(
                "bad-scale",
                f"scale_min {self.scale_min} is not below scale_max {self.scale_max}: "
                "give the survey's scale.",
            )
        if not self.scale_min <= self.score <= self.scale_max:
            raise CannotAccept(
                "score-off-scale",
                f"score {self.score} lies outside {self.scale_min} to {self.scale_max}: "
                "give the scale that the survey used.",
            )

    @property
    def share_of_scale(self) -> float:
        """The score as 0 (worst) to 1 (best) of its scale."""
        share = (self.score - self.scale_min) / (self.scale_max - self.scale_min)
        return share if self.higher_is_better else 1 - share


class ReviewPosted(Worded, frozen=True, kw_only=True):
    """A review of ``stars`` out of ``stars_max``.

    Raises:
        CannotAccept: there are not that many stars.
    """

    TYPE: ClassVar[str] = "review-posted.v2"

    stars: float = 0.0
    stars_max: float = 5.0
    product_id: str = ""
    text: Personal[str] = UNSET

    def __post_init__(self) -> None:
        """Hold the stars against how many there are."""
        if not 0 <= self.stars <= self.stars_max:
            raise CannotAccept(
                "score-off-scale",
                f"stars {self.stars} lie outside 0 to {self.stars_max}: give stars_max.",
            )


class Reacted(Touchpoint, frozen=True, kw_only=True):
    """A like or its kin; ``name`` is which."""

    TYPE: ClassVar[str] = "reacted.v1"

    name: str = ""


class Mentioned(Worded, frozen=True, kw_only=True):
    """The customer spoke of the brand in public."""

    TYPE: ClassVar[str] = "mentioned.v2"

    text: Personal[str] = UNSET


class Commented(Worded, frozen=True, kw_only=True):
    """The customer commented on something that the brand published."""

    TYPE: ClassVar[str] = "commented.v2"

    text: Personal[str] = UNSET


class Shared(Touchpoint, frozen=True, kw_only=True):
    """The customer passed on something that the brand published."""

    TYPE: ClassVar[str] = "shared.v1"


class Followed(Touchpoint, frozen=True, kw_only=True):
    """The customer follows the brand from now on."""

    TYPE: ClassVar[str] = "followed.v1"


class Unfollowed(Touchpoint, frozen=True, kw_only=True):
    """The customer follows the brand no more."""

    TYPE: ClassVar[str] = "unfollowed.v1"
