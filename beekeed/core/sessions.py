"""Who is signed in, and for how long. Pure.

A session is kept by the digest of its ID, never by the ID. All times are seconds of the
monotonic clock: the wall clock of a box jumps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

IDLE_SECONDS = 30 * 60
"""After so long without a request a session has ended: the teacher walked away."""
LONGEST_SECONDS = 12 * 3600
"""A session ends then however busy it is: a page left open asks for ever."""
MOST = 16
"""A further session takes the place of the one that was idle the longest.

To refuse it would lock everybody out once so many had forgotten to sign out.
"""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is signed in."""

    began: float
    used: float


Sessions = Mapping[str, Session]
"""Those that are signed in, by the digest of their ID."""


def seconds_left(session: Session, now: float) -> float:
    """Tell how long a session lasts if nobody uses it; 0 or less: it has ended."""
    return min(session.used + IDLE_SECONDS, session.began + LONGEST_SECONDS) - now


def live(sessions: Sessions, now: float) -> Sessions:
    """Leave out those that have ended."""
    return {
        digest: session
        for digest, session in sessions.items()
        if seconds_left(session, now) > 0
    }  # fmt: skip


def opened(sessions: Sessions, digest: str, now: float) -> Sessions:
    """Add a session; where there are too many, the one that was idle the longest goes."""
    kept = sorted(live(sessions, now).items(), key=lambda each: each[1].used, reverse=True)
    return {**dict(kept[: MOST - 1]), digest: Session(began=now, used=now)}


def used(sessions: Sessions, digest: str, now: float) -> Sessions:
    """Note that a session is used; one that has ended stays ended."""
    kept = live(sessions, now)
    if digest not in kept:
        return kept
    return {**kept, digest: replace(kept[digest], used=now)}


def closed(sessions: Sessions, digest: str) -> Sessions:
    """Take a session out."""
    return {each: session for each, session in sessions.items() if each != digest}
