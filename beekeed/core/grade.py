"""Grades: when one arrived, when it may be sent, and what stays as it is online.

A grade is written as text (`text`), so that a receipt tells exactly what was sent.
"""

from dataclasses import dataclass

from beekeed.core.model import Change, GradeItem, Outcome, Reason, Verdict
from beekeed.errors import Code

_DIGITS = 5  # Moodle's columns have so many decimals


@dataclass(frozen=True, slots=True)
class OnlineGrade:
    """What a learner's grade is online, and by what it is measured.

    `grade` is None where there is none. `is_fixed`: locked, or set by a teacher there.
    """

    lowest: float
    highest: float
    grade: float | None
    is_fixed: bool


def text(grade: float) -> str:
    """Write a grade as shortly as Moodle keeps it: 8.5, 7, 6.33333."""
    return f"{grade:.{_DIGITS}f}".rstrip("0").rstrip(".")


def same_measure(here: GradeItem, there: OnlineGrade) -> bool:
    """Tell whether a grade means the same on both sides: whether it has the same range.

    Of a scale that is from 1 to the number of its words; Moodle does not tell which
    scale it is (seen on 4.5.6).
    """
    return (text(here.lowest), text(here.highest)) == (text(there.lowest), text(there.highest))


def decide(change: Change, theirs: OnlineGrade) -> Outcome | None:
    """Decide what becomes of a grade when online holds `theirs`; None: send it.

    Three-way (features.md, row 18): the receipt is the base, the change ours. At the
    first meeting the higher stays; later, what is neither base nor ours stays.
    """
    if theirs.grade is None:
        return _kept(Code.GRADE_FIXED_ONLINE, theirs) if theirs.is_fixed else None
    if text(theirs.grade) == change.value:
        return Outcome(Verdict.ALREADY, change.value)
    if theirs.is_fixed:
        return _kept(Code.GRADE_FIXED_ONLINE, theirs)
    if change.base is None:
        higher_online = theirs.grade > float(change.value)
        return _kept(Code.GRADE_HIGHER_ONLINE, theirs) if higher_online else None
    if text(theirs.grade) == change.base.online_value:
        return None
    return _kept(Code.GRADE_DIFFERS_ONLINE, theirs)


def _kept(code: Code, theirs: OnlineGrade) -> Outcome:
    shown = "-" if theirs.grade is None else text(theirs.grade)
    return Outcome(Verdict.KEPT, shown, Reason(code))
