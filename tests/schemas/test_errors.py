"""An error travels between processes as it is: kind, sentence and values."""

import pickle

import pytest

from schemas import errors

ONE_OF_EACH = [
    errors.WorkspaceBusy("folder", "17"),
    errors.WorkspaceNewer("folder", 3, 1),
    errors.ClockWentBack("now", "later"),
    errors.UnknownType("nosuch.v1", ["a.v1"]),
    errors.CannotAccept("bad-time", "time: is none."),
    errors.IntegrityError("changed"),
]


def test_every_kind_that_is_made_of_more_than_a_sentence_is_here():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    own = {k for k in kinds if issubclass(k, errors.JourneyError) and "__init__" in vars(k)}
    assert own <= {type(error) for error in ONE_OF_EACH}


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda e: type(e).__name__)
def test_an_error_comes_back_as_it_was(error):
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
