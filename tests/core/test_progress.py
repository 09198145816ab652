"""How far a run is."""

import pytest

from beekeed.core.model import Bytes, Change, Key, Kind, RunStatus
from beekeed.core.progress import Progress, finished
from beekeed.core.step import Outcome, Verdict


@pytest.mark.parametrize("verdict", Verdict)
def test_a_change_is_done_once_it_needs_nothing_more(verdict: Verdict) -> None:
    """What was not tried, or has no answer, is said again or found out."""
    change = Change(Key(Kind.GRADE, 1, 1, 1), "7", None)
    is_open = verdict in (Verdict.NOT_TRIED, Verdict.UNKNOWN)
    assert finished([(change, Outcome(verdict))]) == (0 if is_open else 1)


@pytest.mark.parametrize(
    ("kind", "value", "count"),
    [
        (Kind.ACCOUNT, "made", 0),
        (Kind.ENROLMENT, "active", 1),
        (Kind.ENROLMENT, "suspended", 1),
        (Kind.ENROLMENT, "left", 0),
        (Kind.GRADE, "left", 1),
        (Kind.COMPLETION, "1", 1),
        (Kind.MEMBERSHIP, "member", 1),
        (Kind.PROFILE, "Gao", 1),
    ],
)
def test_what_only_comes_along_does_not_count(kind: Kind, value: str, count: int) -> None:
    """An account, and the enrolment of who left: others bring them."""
    change = Change(Key(kind, 1, 1, 1), value, None)
    assert finished([(change, Outcome(Verdict.DONE))]) == count


def test_before_it_is_known_how_much_there_is_nothing_is_said_to_be_left() -> None:
    """None is not 0."""
    run = Progress("1-a", "manual", RunStatus.RUNNING, None, 0, None, Bytes())
    assert run.left is None
