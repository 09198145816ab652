"""Which troubles pass, how often they are tried, and how long it takes at most."""

from itertools import pairwise

import pytest

from beekeed.core import retry
from beekeed.errors import BeekeedError, Code, LinkDown, OutcomeUnknown, RemoteRefused


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (LinkDown(Code.NOT_REACHED, detail="refused"), True),
        (LinkDown(Code.NAME_NOT_FOUND, host="x"), True),
        (LinkDown(Code.NAME_UNKNOWN, host="x"), True),
        (LinkDown(Code.CERTIFICATE_REFUSED, detail="expired"), False),
        (LinkDown(Code.ASKED_TO_WAIT, minutes=60), False),
        (OutcomeUnknown(Code.NO_ANSWER, detail="timeout"), True),
        *((OutcomeUnknown(Code.SERVER_BUSY, status=status), True) for status in (429, 502, 503)),
        (OutcomeUnknown(Code.SERVER_BUSY, status=504), True),
        (OutcomeUnknown(Code.SERVER_BUSY, status=500), False),
        (RemoteRefused(Code.MAINTENANCE), True),
        (RemoteRefused(Code.TOKEN_REFUSED), False),
        (RemoteRefused(Code.CAPABILITY_MISSING), False),
    ],
)
def test_only_what_may_be_over_soon_passes(error: BeekeedError, passes: bool) -> None:
    """What somebody must mend is never tried again in a run."""
    assert retry.passes(error) is passes


def test_waits_double_up_to_the_longest() -> None:
    """The first failure waits a second at most, and none two minutes."""
    waits = [retry.longest_wait_seconds(failures) for failures in range(30)]
    assert waits[:5] == [0, 1, 2, 4, 8]
    assert all(before <= after for before, after in pairwise(waits))
    assert waits[-1] == retry.LONGEST_WAIT_SECONDS


def test_who_waits_to_be_told_is_told_soon() -> None:
    """Offline is said within seconds; a run that has something to lose has more patience."""

    def longest(*, answered: bool) -> float:
        failures = 0
        seconds = 0.0
        while retry.is_worth_a_try(failures, answered=answered):
            seconds += retry.longest_wait_seconds(failures)
            failures += 1
        return seconds

    assert longest(answered=False) <= 5
    assert 60 <= longest(answered=True) <= 150


@pytest.mark.parametrize(("asked", "later"), [(0, 0), (60, 30), (120, 60), (86_400, 60)])
def test_who_is_told_when_to_come_may_be_later_by_half_of_that(asked: float, later: float) -> None:
    """And by a minute at the most."""
    assert retry.longest_lateness_seconds(asked) == later
