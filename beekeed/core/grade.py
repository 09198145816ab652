"""Grades: when one arrived, when it may be sent, and what stays as it is online.

A grade is written as text (`value`), so that a receipt tells exactly what was sent: the
number, and for an assignment a line's end, the format of the teacher's comment, and it.
What online holds (`online_value`) is written likewise, and tells whose words the box has no
more: a comment that we wrote there, and that stayed when the box had none, is still ours.
"""

from dataclasses import dataclass

from beekeed.core.model import NO_COMMENT, Change, Comment, GradeItem, Reason
from beekeed.core.step import Outcome, Verdict
from beekeed.errors import Code

_DIGITS = 5  # Moodle's columns have so many decimals
_FORMATS = frozenset(
    {0, 1, 2, 4}
)  # any other makes Moodle unable to read the grade (seen on 4.5.6)
_OURS = 5  # more than the format of a comment online that is ours, and that the box has no more


@dataclass(frozen=True, slots=True)
class OnlineGrade:
    """What a learner's grade is online, and by what it is measured.

    `grade` is None where there is none. `is_fixed`: locked, or set by a teacher there.
    `comment`: the feedback beside it.
    """

    lowest: float
    highest: float
    grade: float | None
    is_fixed: bool
    comment: Comment = NO_COMMENT


@dataclass(frozen=True, slots=True)
class OnlineAssignment:
    """How an assignment is marked online.

    `is_plain`: without marking workflow, anonymous submissions, teams, further attempts
    or a rubric, where a grade of ours would land in a wrong place or be lost (seen on
    4.5.6). `has_comments`: it takes a teacher's comments.
    """

    instance: int
    is_plain: bool
    has_comments: bool


def text(grade: float) -> str:
    """Write a grade as shortly as Moodle keeps it: 8.5, 7, 6.33333."""
    return f"{grade:.{_DIGITS}f}".rstrip("0").rstrip(".")


def value(grade: float, comment: Comment = NO_COMMENT) -> str:
    """Write a grade with its comment, where it has one."""
    if comment.is_empty:
        return text(grade)
    known = comment.format if comment.format in _FORMATS else NO_COMMENT.format
    return f"{text(grade)}\n{known}{comment.text}"


def online_value(change: Change, grade: float, there: Comment) -> str:
    """Write what online holds once `change` was sent, or needed not be."""
    held = value(grade, there)
    is_ours = comment(change.value).is_empty and there.same_as(_written(change))
    if there.is_empty or not is_ours:
        return held
    written = held.partition("\n")[2]
    return f"{text(grade)}\n{int(written[0]) + _OURS}{written[1:]}"


def points(value: str) -> str:
    """Give the grade alone, as `text`."""
    return value.partition("\n")[0]


def comment(value: str) -> Comment:
    """Give the comment alone; an empty one where there is none."""
    written = value.partition("\n")[2]
    return Comment(written[1:], int(written[0]) % _OURS) if written else NO_COMMENT


def same_measure(here: GradeItem, there: OnlineGrade) -> bool:
    """Tell whether a grade means the same on both sides: whether it has the same range.

    Of a scale that is from 1 to the number of its words; Moodle does not tell which
    scale it is (seen on 4.5.6).
    """
    return (text(here.lowest), text(here.highest)) == (text(there.lowest), text(there.highest))


def decide(change: Change, theirs: OnlineGrade) -> Outcome | None:
    """Decide what becomes of a grade when online holds `theirs`; None: send it.

    Three-way (features.md, row 18): the receipt is the base, the change ours. At the
    first meeting the higher stays; later, what is neither base nor ours stays. One whose
    answer was lost was a meeting as well: what is there since is nobody's but a teacher's.
    """
    if theirs.grade is None:
        return _kept(Code.GRADE_FIXED_ONLINE, change, theirs) if theirs.is_fixed else None
    if text(theirs.grade) == points(change.value):
        if comment_to_send(change, theirs).same_as(theirs.comment):
            return _arrived(change, theirs)
        return _kept(Code.GRADE_FIXED_ONLINE, change, theirs) if theirs.is_fixed else None
    if theirs.is_fixed:
        return _kept(Code.GRADE_FIXED_ONLINE, change, theirs)
    known = change.met if change.base is None else change.base.online_value
    if known is None:
        higher_online = theirs.grade > float(points(change.value))
        return _kept(Code.GRADE_HIGHER_ONLINE, change, theirs) if higher_online else None
    if text(theirs.grade) == points(known):
        return None
    return differs(change, theirs)


def differs(change: Change, theirs: OnlineGrade) -> Outcome:
    """Tell that online holds another grade than we know of, which stays."""
    return _kept(Code.GRADE_DIFFERS_ONLINE, change, theirs)


def comment_to_send(change: Change, theirs: OnlineGrade) -> Comment:
    """Give the comment that goes with a grade: Moodle takes what is sent, also nothing.

    A teacher's own comment online stays, and an empty one of ours never replaces it. Ours
    replaces only what we wrote there ourselves, where nobody touched it since.
    """
    ours, there = comment(change.value), theirs.comment
    if ours.is_empty:
        return there
    is_untouched = there.is_empty or there.same_as(_written(change))
    return ours if is_untouched and not there.has_files else there


def _written(change: Change) -> Comment:
    """Give the comment that we wrote online before; what was a teacher's there is not ours."""
    if change.base is None:
        return NO_COMMENT
    ours, held = comment(change.base.value), comment(change.base.online_value)
    is_marked = int(change.base.online_value.partition("\n")[2][:1] or 0) >= _OURS
    return held if is_marked or ours.same_as(held) else NO_COMMENT


def keeps_comment(change: Change, theirs: OnlineGrade) -> bool:
    """Tell whether the box has a comment and another one stays online."""
    ours = comment(change.value)
    return not ours.is_empty and not comment_to_send(change, theirs).same_as(ours)


def breaks_comment(change: Change, theirs: OnlineGrade) -> bool:
    """Tell whether sending the comment back would break what a teacher put into it.

    Moodle shows a file in a comment by an address, and would store that (seen on 4.5.6).
    """
    return comment_to_send(change, theirs).has_files


def _arrived(change: Change, theirs: OnlineGrade) -> Outcome:
    """Tell that online has the grade, and whether another comment than ours stays beside it."""
    held = online_value(change, float(points(change.value)), theirs.comment)
    reason = Reason(Code.COMMENT_KEPT_ONLINE) if keeps_comment(change, theirs) else None
    return Outcome(Verdict.ALREADY, held, reason)


def _kept(code: Code, change: Change, theirs: OnlineGrade) -> Outcome:
    if theirs.grade is None:
        return Outcome(Verdict.KEPT, "-", Reason(code))
    shown = online_value(change, theirs.grade, theirs.comment)
    return Outcome(Verdict.KEPT, shown, Reason(code))
