"""Feedback that was asked for."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.errors import CannotAccept
from schemas.fact import Personal, Touchpoint


class SurveyAnswered(Touchpoint, frozen=True, kw_only=True):
    """An answer to a survey. The scale and its direction travel with it.

    Raises:
        CannotAccept: the score lies outside its scale, or the scale is empty.
    """

    TYPE: ClassVar[str] = "survey-answered.v1"

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
