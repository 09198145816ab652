"""What reading back tells of a receipt."""

import pytest

from beekeed.core import verify
from beekeed.core.grade import OnlineGrade
from beekeed.core.model import Comment, Completion, Key, Kind, Receipt
from beekeed.core.verify import Finding

FOUND, MISSING, DIFFERS = Finding.FOUND, Finding.MISSING, Finding.DIFFERS


def receipt(value: str, online: str = "", kind: Kind = Kind.GRADE, **more: bool) -> Receipt:
    """A receipt as it was acknowledged."""
    return Receipt(Key(kind, 1, 2, 3), value, online or value, **more)


@pytest.mark.parametrize(
    ("kind", "value", "gone", "checked"),
    [
        (Kind.COMPLETION, "1", False, True),
        (Kind.COMPLETION, "2", False, True),
        (Kind.COMPLETION, "0", False, False),  # taken back: nothing to look for
        (Kind.COMPLETION, "1", True, False),  # the box has it no more and could not send it
        (Kind.ENROLMENT, "active", False, True),
        (Kind.ENROLMENT, "removed", False, False),
        (Kind.GRADE, "5", False, True),
        (Kind.PROFILE, "", False, True),
    ],
)
def test_what_is_looked_for(kind: Kind, value: str, gone: bool, checked: bool) -> None:
    """Only what could be sent again."""
    assert verify.is_checked(receipt(value, kind=kind, gone=gone)) is checked


@pytest.mark.parametrize(
    ("theirs", "finding"),
    [
        (None, MISSING),
        (Completion.INCOMPLETE, DIFFERS),  # somebody took it back: it has a time
        (Completion.COMPLETE, FOUND),
        (Completion.PASSED, FOUND),
        (Completion.FAILED, DIFFERS),
    ],
)
def test_completions(theirs: Completion | None, finding: Finding) -> None:
    """Missing is only what nobody ever set."""
    assert verify.completion(theirs) is finding


def online(grade: float | None, comment: str = "", *, fixed: bool = False) -> OnlineGrade:
    """A grade online."""
    return OnlineGrade(0, 10, grade, fixed, Comment(comment))


@pytest.mark.parametrize(
    ("ours", "theirs", "finding"),
    [
        (receipt("5"), None, Finding.UNSEEN),
        (receipt("5"), online(5), FOUND),
        (receipt("5"), online(5, "Well done"), FOUND),  # their own comment beside it
        (receipt("5"), online(4), DIFFERS),
        (receipt("5"), online(4, fixed=True), DIFFERS),
        (receipt("5"), online(None), MISSING),
        (receipt("5"), online(None, fixed=True), DIFFERS),
        (receipt("5\n1Good"), online(5, " Good\r\n"), FOUND),
        (receipt("5\n1Good"), online(5), MISSING),  # the grade arrived earlier than the comment
        (receipt("5\n1Good"), online(5, fixed=True), DIFFERS),
        (receipt("5\n1Good"), online(5, "Bad"), DIFFERS),
        (receipt("5\n1Good", "5\n1Theirs"), online(5, "Theirs"), FOUND),  # it stayed at the time
        (receipt("5.5", "5.50000"), online(5.5), FOUND),
    ],
)
def test_grades(ours: Receipt, theirs: OnlineGrade | None, finding: Finding) -> None:
    """With their comments; what a teacher fixed is never taken for missing."""
    assert verify.graded(ours, theirs) is finding


@pytest.mark.parametrize(
    ("value", "theirs", "finding"),
    [
        ("Thiès", "Thiès ", FOUND),
        ("Thiès", "", MISSING),
        ("Thiès", "Dakar", DIFFERS),
        ("", "", FOUND),
        ("", "Dakar", DIFFERS),
    ],
)
def test_profile_fields(value: str, theirs: str, finding: Finding) -> None:
    """An empty one is missing, another value is somebody's."""
    assert verify.field(receipt(value, kind=Kind.PROFILE), theirs) is finding
