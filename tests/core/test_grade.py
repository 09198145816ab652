"""Grades: what is sent, and what stays as it is online."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core import change as changes
from beekeed.core import grade
from beekeed.core.model import NO_COMMENT, Change, Comment, Fact, GradeItem, Key, Kind, Receipt
from beekeed.core.step import Verdict
from beekeed.errors import Code

KEY = Key(Kind.GRADE, 1, 2, 3)
POINTS = GradeItem(0, 0.0, 10.0)


def pending(value: str, base: str | None = None) -> Change:
    """A pending grade, with what was acknowledged before."""
    receipt = Receipt(KEY, base, base) if base is not None else None
    return Change(KEY, value, None, base=receipt)


def online(value: float | None, *, fixed: bool = False) -> grade.OnlineGrade:
    """What the online Moodle holds."""
    return grade.OnlineGrade(0.0, 10.0, value, fixed)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (8.5, "8.5"),
        (7.0, "7"),
        (100.0, "100"),
        (0.0, "0"),
        (6.333333, "6.33333"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_a_grade_is_written_as_shortly_as_moodle_keeps_it(number: float, text: str) -> None:
    """Five decimals, and no zeros that say nothing."""
    assert grade.text(number) == text


@given(st.floats(0, 1000))
def test_what_moodle_gives_back_is_the_same_text(number: float) -> None:
    """Else each run would send every grade again."""
    assert grade.text(float(f"{number:.5f}")) == grade.text(float(grade.text(number)))


@pytest.mark.parametrize(
    ("value", "base", "theirs", "fixed", "verdict", "code"),
    [
        # The first meeting: the higher stays.
        ("8", None, None, False, None, None),
        ("8", None, 8.0, False, Verdict.ALREADY, None),
        ("8", None, 5.0, False, None, None),
        ("8", None, 9.0, False, Verdict.KEPT, Code.GRADE_HIGHER_ONLINE),
        # Afterwards: what is neither base nor ours stays.
        ("8", "5", 5.0, False, None, None),
        ("3", "5", 5.0, False, None, None),
        ("8", "5", 8.0, False, Verdict.ALREADY, None),
        ("8", "5", 6.0, False, Verdict.KEPT, Code.GRADE_DIFFERS_ONLINE),
        ("3", "5", 9.0, False, Verdict.KEPT, Code.GRADE_DIFFERS_ONLINE),
        ("8", "5", None, False, None, None),
        # Locked or overridden online stays.
        ("8", None, None, True, Verdict.KEPT, Code.GRADE_FIXED_ONLINE),
        ("8", None, 5.0, True, Verdict.KEPT, Code.GRADE_FIXED_ONLINE),
        ("8", "5", 5.0, True, Verdict.KEPT, Code.GRADE_FIXED_ONLINE),
        ("8", "5", 8.0, True, Verdict.ALREADY, None),
    ],
)
def test_three_way(
    value: str,
    base: str | None,
    theirs: float | None,
    fixed: bool,
    verdict: Verdict | None,
    code: Code | None,
) -> None:
    """features.md, row 18; None: it is sent."""
    outcome = grade.decide(pending(value, base), online(theirs, fixed=fixed))
    assert (outcome.verdict if outcome else None) is verdict
    reason = outcome.reason if outcome else None
    assert (reason.code if reason else None) is code


@pytest.mark.parametrize(
    ("lowest", "highest", "same"),
    [(0.0, 10.0, True), (0.0, 10.000001, True), (0.0, 20.0, False), (1.0, 10.0, False)],
)
def test_a_grade_means_the_same_only_by_the_same_measure(
    lowest: float, highest: float, same: bool
) -> None:
    """8 of 10 is not 8 of 20."""
    there = grade.OnlineGrade(lowest, highest, None, is_fixed=False)
    assert grade.same_measure(POINTS, there) is same


@pytest.mark.parametrize(
    ("acknowledged", "value", "done"), [(None, "8", False), ("8", "8", True), ("8", "7", False)]
)
def test_a_grade_is_acknowledged_by_the_same_grade_alone(
    acknowledged: str | None, value: str, done: bool
) -> None:
    """Every edit on the box is a change, up or down."""
    receipt = Receipt(KEY, acknowledged, acknowledged) if acknowledged else None
    assert changes.acknowledged(Fact(KEY, value, None), receipt) is done


OURS, THEIRS = Comment("<p>Bien</p>"), Comment("Voir page 3", 2)


@pytest.mark.parametrize(
    ("comment", "base", "theirs", "sent", "keeps"),
    [
        (NO_COMMENT, None, NO_COMMENT, NO_COMMENT, False),
        (NO_COMMENT, None, THEIRS, THEIRS, False),
        (OURS, None, NO_COMMENT, OURS, False),
        (OURS, None, Comment("<p> </p>"), OURS, False),
        (OURS, None, THEIRS, THEIRS, True),
        (OURS, THEIRS, THEIRS, OURS, False),
        (OURS, Comment("Old"), THEIRS, THEIRS, True),
        (OURS, None, Comment("Bien"), Comment("Bien"), False),
    ],
)
def test_the_comment_that_goes_with_a_grade(
    comment: Comment, base: Comment | None, theirs: Comment, sent: Comment, keeps: bool
) -> None:
    """Moodle takes what is sent: a teacher's own online stays, an empty one replaces nothing."""
    acknowledged = grade.value(5, base) if base is not None else None
    change = pending(grade.value(5, comment), acknowledged)
    there = grade.OnlineGrade(0, 10, 5.0, False, theirs)
    assert grade.comment_to_send(change, there) == sent
    assert grade.keeps_comment(change, there) is keeps


@given(st.floats(0, 1000), st.text(), st.sampled_from([0, 1, 2, 4]))
def test_a_comment_is_written_beside_the_grade(number: float, text: str, format_: int) -> None:
    """Both are read again as they were, whatever a teacher wrote."""
    written = grade.value(number, Comment(text, format_))
    assert grade.points(written) == grade.text(number)
    read = grade.comment(written)
    assert read == Comment(text, format_) if Comment(text).said else read == NO_COMMENT


def test_an_unknown_format_is_taken_for_html() -> None:
    """Any but 0, 1, 2 and 4 would make the learner's grades unreadable (seen on 4.5.6)."""
    assert grade.comment(grade.value(5, Comment("Bien", 7))) == Comment("Bien", 1)


@pytest.mark.parametrize(
    ("theirs", "breaks"),
    [("Bien", False), ('<img src="http://x.org/pluginfile.php/1/grade/feedback/2/a.png">', True)],
)
def test_a_picture_in_a_comment_is_never_sent_back(theirs: str, breaks: bool) -> None:
    """Moodle would store the address that it showed (seen on 4.5.6)."""
    there = grade.OnlineGrade(0, 10, 5.0, False, Comment(theirs))
    assert grade.breaks_comment(pending("6", "5"), there) is breaks
