"""What reading back tells of a receipt: receipts are checked, not believed for ever.

What is missing online becomes pending again; what differs there is somebody's decision,
and stays.
"""

from enum import StrEnum

from beekeed.core import grade
from beekeed.core.grade import OnlineGrade
from beekeed.core.model import DONE, Completion, Kind, Receipt


class Finding(StrEnum):
    """What became of something that the online Moodle acknowledged."""

    FOUND = "found"
    MISSING = "missing"
    DIFFERS = "differs"
    UNSEEN = "unseen"
    """We may not see it, so nothing is known."""


def is_checked(receipt: Receipt) -> bool:
    """Tell whether there is anything to look for.

    Not what the box no longer has: it could not be sent again. Nor what was taken back.
    """
    if receipt.gone or (receipt.key.kind is Kind.ENROLMENT and receipt.value == "removed"):
        return False
    return receipt.key.kind is not Kind.COMPLETION or Completion(int(receipt.value)) in DONE


def completion(theirs: Completion | None) -> Finding:
    """Judge a completion that counts; `theirs` is None where nobody ever set one there.

    One that somebody set to incomplete is another thing: it has a time.
    """
    if theirs is None:
        return Finding.MISSING
    return Finding.FOUND if theirs in DONE else Finding.DIFFERS


def graded(receipt: Receipt, theirs: OnlineGrade | None) -> Finding:
    """Judge a grade and the comment that went with it; `theirs` is None where it is hidden."""
    if theirs is None:
        return Finding.UNSEEN
    if theirs.grade is None:
        return Finding.DIFFERS if theirs.is_fixed else Finding.MISSING
    if grade.text(theirs.grade) not in (grade.points(receipt.value), _points_online(receipt)):
        return Finding.DIFFERS
    ours = [grade.comment(receipt.value), grade.comment(receipt.online_value)]
    if any(theirs.comment.same_as(each) for each in ours) or all(each.is_empty for each in ours):
        return Finding.FOUND
    is_theirs = not theirs.comment.is_empty or theirs.is_fixed
    return Finding.DIFFERS if is_theirs else Finding.MISSING


def _points_online(receipt: Receipt) -> str:
    return grade.points(receipt.online_value)


def field(receipt: Receipt, theirs: str) -> Finding:
    """Judge a field of a profile."""
    if theirs.strip() in (receipt.value.strip(), receipt.online_value.strip()):
        return Finding.FOUND
    return Finding.DIFFERS if theirs.strip() else Finding.MISSING


def there(*, is_there: bool) -> Finding:
    """Judge an enrolment or a membership, which has no value."""
    return Finding.FOUND if is_there else Finding.MISSING
