"""Grades: what is sent, and what stays as it is online."""

from dataclasses import replace

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
        (OURS, None, Comment("Bien"), Comment("Bien"), True),
        (OURS, None, Comment("<p>Bien</p>\r\n"), Comment("<p>Bien</p>\r\n"), False),
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


PICTURE = '<p><img src="@@PLUGINFILE@@/page3.png"></p>'


@pytest.mark.parametrize(
    ("comment", "is_empty"),
    [
        (Comment(""), True),
        (Comment("<p>&nbsp;</p>"), True),
        (Comment("<p><br></p>\n"), True),
        (Comment(PICTURE), False),
        (Comment("<p>Bien</p>"), False),
        (Comment("<Revoir la page 3>", 2), False),  # plain text has no markup
        (Comment("  ", 2), True),
    ],
)
def test_what_is_a_comment(comment: Comment, is_empty: bool) -> None:
    """An editor leaves empty paragraphs; a picture says something without a word."""
    assert comment.is_empty is is_empty


def test_a_file_beside_a_comment_stays_where_it_is() -> None:
    """Its address would be dead online; the words around it go."""
    assert Comment(f"Voir {PICTURE}").without_files() == Comment("Voir <p></p>")
    assert Comment(PICTURE).without_files().is_empty
    linked = Comment('<a href="@@PLUGINFILE@@/a.pdf">Lire</a>').without_files()
    assert linked == Comment("Lire</a>")


def test_a_comment_of_ours_is_known_although_the_box_had_none_meanwhile() -> None:
    """However often its grade went without one; in conflicts too; not once somebody changed it."""
    ours, before = Comment("Bien", 2), Receipt(KEY, "60\n2Bien", "60\n2Bien")
    for points in ("65", "70"):
        change = Change(KEY, points, None, base=before)
        assert grade.comment_to_send(change, replace(online(60), comment=ours)) == ours
        before = Receipt(KEY, points, grade.online_value(change, float(points), ours))
        assert grade.comment(before.online_value) == ours
        assert grade.points(before.online_value) == points
    fixed = grade.decide(
        Change(KEY, "75", None, base=before), replace(online(70, fixed=True), comment=ours)
    )
    assert fixed is not None
    before = Receipt(KEY, "75", fixed.online_value)
    new = Change(KEY, "80\n1Mieux", None, base=before)
    assert grade.comment_to_send(new, replace(online(70), comment=ours)) == Comment("Mieux")
    theirs = Comment("Voir page 3")
    assert grade.comment_to_send(new, replace(online(70), comment=theirs)) == theirs


def test_a_conflict_never_makes_a_teachers_comment_ours() -> None:
    """What was sent back because it stays online is no base to replace it by later."""
    before = Receipt(KEY, "65\n1Bien", "65\n1Mieux")
    change = Change(KEY, "65\n1Bof", None, base=before)
    there = grade.OnlineGrade(0, 100, 65.0, False, Comment("Mieux"))
    assert grade.comment_to_send(change, there) == Comment("Mieux")
    never = Change(KEY, "65\n1Bof", None, base=Receipt(KEY, "65", "65\n1Mieux"))
    assert grade.comment_to_send(never, there) == Comment("Mieux")


def test_a_teachers_picture_is_never_replaced() -> None:
    """Neither sent back, which would break it, nor overwritten by ours."""
    change = pending(grade.value(6, OURS), grade.value(5, NO_COMMENT))
    shown = Comment('<img src="http://x.org/pluginfile.php/1/grade/feedback/2/a.png">')
    there = grade.OnlineGrade(0, 10, 5.0, False, shown)
    assert grade.comment_to_send(change, there) == shown
    assert grade.breaks_comment(change, there)


@given(st.floats(0, 1000), st.text(), st.sampled_from([0, 1, 2, 4]))
def test_a_comment_is_written_beside_the_grade(number: float, text: str, format_: int) -> None:
    """Both are read again as they were, whatever a teacher wrote."""
    written = grade.value(number, Comment(text, format_))
    assert grade.points(written) == grade.text(number)
    read = grade.comment(written)
    written_one = Comment(text, format_)
    assert read == (NO_COMMENT if written_one.is_empty else written_one)


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


def test_a_comment_is_not_sent_beside_a_grade_that_is_fixed() -> None:
    """The grade is the same; a locked or overridden one stays as it is all the same."""
    ours = pending(grade.value(8.0, Comment("<p>Relis.</p>", 1)))
    outcome = grade.decide(ours, online(8.0, fixed=True))
    assert outcome is not None
    assert outcome.reason is not None
    assert outcome.reason.code is Code.GRADE_FIXED_ONLINE
    assert grade.decide(ours, online(8.0)) is None
