"""Which troubles pass by themselves, and how long to wait before asking again. Pure."""

from beekeed.errors import BeekeedError, Code

LONGEST_WAIT_SECONDS = 120
"""Whoever asks to be left alone for longer is: the run ends, and none begins before."""

ATTEMPTS = 3
"""So often in a row a request that writes may do nothing, answered or lost, until it is given up.

One that surely never arrived does not count: `is_worth_a_try` alone tells then.
"""

_FIRST_WAIT_SECONDS = 1.0
_TRIES = 3  # until the site answered in a run: somebody may be waiting to be told
_TRIES_LATER = 8  # then a run has something to lose: back-off adds up to two minutes at most
_LATENESS = 0.5  # of what was asked for
_GATEWAY = frozenset({429, 502, 503, 504})
_PASSING = frozenset(
    {
        *(Code.NAME_NOT_FOUND, Code.NAME_UNKNOWN),  # the latter also before a login to a network
        *(Code.NOT_REACHED, Code.NO_ANSWER, Code.MAINTENANCE),
    }
)


def passes(error: BeekeedError) -> bool:
    """Tell whether a trouble may be over soon without anybody doing anything."""
    if error.code is Code.SERVER_BUSY:
        return error.params.get("status") in _GATEWAY
    return error.code in _PASSING


def is_worth_a_try(failures: int, *, answered: bool) -> bool:
    """Tell whether to ask again in this run, after so many failures in a row.

    `answered`: whether the site did anything for us in this run, or said when to come again:
    a busy one that is to serve a thousand boxes has not served all when it first says so.
    """
    return failures < (_TRIES_LATER if answered else _TRIES)


def longest_wait_seconds(failures: int) -> float:
    """Give the longest wait after so many failures in a row: it doubles each time.

    The wait itself is drawn between nothing and this, so that boxes that failed
    together do not come back together.
    """
    if not failures:
        return 0.0
    return min(LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** min(failures - 1, 10))


def longest_lateness_seconds(asked_seconds: float) -> float:
    """Give how much later at most to come than a site asked for.

    It asks the same of all that it sends away in one moment. The lateness itself is drawn
    between nothing and this, so that they do not come back in one moment.
    """
    return min(LONGEST_WAIT_SECONDS, asked_seconds) * _LATENESS
