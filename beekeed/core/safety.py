"""Is everything safe online? One word and one sentence, for whoever looks at nothing else. Pure.

What is told is how it stood when the box was last read: so the sentence says when that was,
and after two days it is no good news any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from beekeed.core.clocktrust import told
from beekeed.core.model import Reason, RunStatus
from beekeed.errors import Code, Param

NEWS_LASTS = timedelta(days=2)
"""A box that synchronizes daily was read within it, also where it missed a night."""

_PASSING = frozenset(
    {
        *(Code.OFFLINE, Code.NO_INTERFACE, Code.NO_CARRIER, Code.NO_ADDRESS, Code.NO_ROUTE),
        *(Code.NAME_NOT_FOUND, Code.CONNECTION_TIMED_OUT, Code.NOT_REACHED, Code.SILENT),
        *(Code.NO_ANSWER, Code.SERVER_BUSY, Code.ASKED_TO_WAIT, Code.MAINTENANCE),
        *(Code.LIMIT_REACHED, Code.LIMIT_PACED, Code.LIMIT_RESERVED),
        *(Code.DEVICE_BUSY, Code.DEVICE_INTERRUPTED, Code.INTERRUPTED, Code.UNSETTLED),
        Code.VERIFY_MISSING,
        # A guard's question that is open is told as such; this one was answered since.
        *(Code.COMPLETIONS_FELL, Code.GRADES_FELL, Code.ENROLMENTS_FELL),
    }
)
"""Why a sync did not bring all where nobody has to mend anything: a later one does."""


class Level(StrEnum):
    """How safe it is, and whether anybody has to act."""

    SAFE = "safe"
    WAITING = "waiting"
    """Not all is online yet, or nobody looked for long; the next sync does what is to be done."""
    LOOK = "look"
    """Something waits for a person."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LatestRun:
    """How the latest sync ended. `aside`: how many changes were set aside then."""

    status: RunStatus
    code: Code | None = None
    aside: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the box and of what is to come.

    `waiting`: all changes that are not online, None where that is not known; `late`: those of
    them that are held until somebody asks for them, `aside`: those that are set aside.
    `guards`: questions that wait for an answer. `clock_trusted`: also when the box was read.
    `scheduled`: whether a sync begins by itself some time. `latest`: before the one under way.
    """

    asked_at: datetime
    read_at: datetime | None
    waiting: int | None
    late: int = 0
    aside: int = 0
    guards: int = 0
    clock_trusted: bool = True
    enabled: bool = True
    scheduled: bool = True
    running: bool = False
    latest: LatestRun | None = None


@dataclass(frozen=True, slots=True)
class Safety:
    """The answer."""

    level: Level
    reason: Reason


def safety(here: Standing) -> Safety:
    """Tell whether everything is safe online."""
    if here.read_at is None or here.waiting is None:
        return Safety(Level.UNKNOWN, Reason(Code.SAFETY_UNKNOWN))
    code = _needs_person(here)
    if code is not None:
        level = Level.LOOK
    elif here.waiting:
        level, code = Level.WAITING, Code.WAITS_FOR_SYNC
    elif _days_old(here):
        level, code = Level.WAITING, Code.NOT_READ_LATELY
    else:
        level, code = Level.SAFE, Code.SAFE_ONLINE
    return Safety(level, Reason(code, _params(here, here.read_at)))


def _needs_person(here: Standing) -> Code | None:
    """Tell what waits for a person: first what concerns single learners, then the box."""
    if here.guards:
        return Code.WAITS_FOR_ANSWER
    if here.aside:
        return Code.WAITS_ASIDE
    if here.late:
        return Code.WAITS_LATE
    if not here.running and _needs_mending(here):
        return Code.WAITS_FOR_MENDING if here.waiting else Code.SAFE_BUT_FAILED
    if not here.enabled and here.waiting:
        return Code.WAITS_SWITCHED_OFF
    if not here.scheduled and not here.running and here.waiting:
        return Code.WAITS_UNSCHEDULED
    if _days_old(here) and not here.running and not (here.enabled and here.scheduled):
        return Code.NOT_READ_LATELY
    return None


def _needs_mending(here: Standing) -> bool:
    """Tell whether the latest sync met what the next one will meet again.

    Without a reason a sync is partial for what was set aside, or for a course that differs.
    """
    latest = here.latest
    if latest is None or latest.code in _PASSING:
        return False
    if latest.status is RunStatus.PARTIAL:
        return bool(here.waiting) and not (latest.code is None and latest.aside)
    return latest.status is RunStatus.ERROR


def _days_old(here: Standing) -> int:
    """Give how many days ago the box was read, 0 where that is news or nobody knows."""
    if here.read_at is None or not _knows_time(here):
        return 0
    age = here.asked_at - here.read_at
    return age.days if age >= NEWS_LASTS else 0


def _knows_time(here: Standing) -> bool:
    return here.clock_trusted and here.read_at is not None and here.read_at <= here.asked_at


def _params(here: Standing, read_at: datetime) -> dict[str, Param]:
    """Give what the sentences tell; a further sentence is said where its number is not 0."""
    waiting = here.waiting or 0
    numbers = {
        "count": waiting,
        "aside": here.aside,
        "late": here.late,
        "more": max(0, waiting - here.aside - here.late),
        "days": _days_old(here),
        "off": int(not here.enabled),
        "unscheduled": int(here.enabled and not here.scheduled),
        "untrusted": int(not _knows_time(here)),
    }
    return {"at": told(read_at), **numbers}
