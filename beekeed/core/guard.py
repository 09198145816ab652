"""The guard against mass changes: when much of a course fell at once, nothing is lowered there.

A course reset, a table that was emptied or a database that was put back looks like
learners who lost their results. A fact *fell* when it is lower on the box than it was
known to be, or away. Completions, grades and enrolments of a course are counted each
for themselves, so that many grades cannot hide that all completions are away; and as a
set of facts, not as a difference of numbers, so that new work cannot hide it either.

What is *known* of a course are all that stood at some time in the last 30 days; those
that fell count for so long. Days are counted, not subtracted: one has passed when the
box was read under a date that it was not read under before. A clock that jumps, and a
box that lies in a cupboard, make the guard forget later and never earlier.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from beekeed.core import grade
from beekeed.core.change import is_removed
from beekeed.core.model import DONE, Change, Completion, Kind, Reason
from beekeed.errors import Code, Param

DAYS = 30
KINDS = (Kind.COMPLETION, Kind.GRADE, Kind.ENROLMENT)

_FEW = 10
_PARTS = 5  # more than a fifth

Area = tuple[Kind, int]
"""A kind of change in a course: what is counted, and held back, together."""

_CODES = {
    Kind.COMPLETION: Code.COMPLETIONS_FELL,
    Kind.GRADE: Code.GRADES_FELL,
    Kind.ENROLMENT: Code.ENROLMENTS_FELL,
}


class State(StrEnum):
    """How a fact stands that may have fallen."""

    FELL = "fell"
    """Lower than it was known, or away: it counts."""
    GRANTED = "granted"
    """Lower than what online acknowledged, which somebody accepted or time made usual."""
    STANDS = "stands"


@dataclass(frozen=True, slots=True)
class Loss:
    """How many facts fell, of how many known, and how many lowering changes wait for that."""

    lost: int
    known: int
    held: int = 0


def is_lower(kind: Kind, now: str | None, before: str | None) -> bool:
    """Tell whether a value on the box is lower than another; None: away, the lowest.

    Of a completion, done counts against not done; of a grade, the points; of an
    enrolment, that it was removed.
    """
    if now is None or before is None:
        return now is None and before is not None
    match kind:
        case Kind.COMPLETION:
            return Completion(int(before)) in DONE and Completion(int(now)) not in DONE
        case Kind.GRADE:
            return float(grade.points(now)) < float(grade.points(before))
        case Kind.ENROLMENT:
            return is_removed(now) and not is_removed(before)
        case _:
            return False


def state(kind: Kind, now: str | None, level: str | None, acknowledged: str) -> State:
    """Tell how a fact stands: `level` is what it was known to be, `acknowledged` its receipt."""
    if is_lower(kind, now, level):
        return State.FELL
    return State.GRANTED if is_lower(kind, now, acknowledged) else State.STANDS


def fires(loss: Loss) -> bool:
    """Tell whether so much fell that it is rather an accident than work."""
    return loss.lost > _FEW and loss.lost * _PARTS > loss.known


def judge(found: Loss, asked: Loss | None) -> Loss | None:
    """Tell what is asked about an area, if anything; `asked` is what is asked already.

    What was known when the question came up stays its measure: the work of the days
    after cannot answer it.
    """
    known = found.known if asked is None else max(asked.known, found.lost)
    loss = Loss(found.lost, known, found.held)
    return loss if fires(loss) else None


def may_fire(lost: int) -> bool:
    """Tell whether it matters how many are known."""
    return lost > _FEW


def lowers(change: Change) -> bool:
    """Tell whether sending a change would lower what online acknowledged."""
    base = change.base
    return base is not None and is_lower(change.key.kind, change.value, base.value)


def holds(change: Change, guarded: Collection[Area]) -> bool:
    """Tell whether a change waits for an answer: it would lower something in a guarded area."""
    return (change.key.kind, change.key.course_id) in guarded and lowers(change)


def why(kind: Kind, course: str, loss: Loss, number: int) -> Reason:
    """Give the question as a reason; `number` is how people answer it."""
    params: dict[str, Param] = {"course": course, "lost": loss.lost, "known": loss.known}
    return Reason(_CODES[kind], params | {"number": number})
