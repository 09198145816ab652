"""The guard against mass changes: what fell, when that is too much, and what waits for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core import guard
from beekeed.core.grade import text
from beekeed.core.guard import Loss, State
from beekeed.core.model import Change, Key, Kind, Receipt


@pytest.mark.parametrize(
    ("kind", "before", "now", "expected"),
    [
        (Kind.COMPLETION, "1", "0", True),
        (Kind.COMPLETION, "2", "0", True),
        (Kind.COMPLETION, "2", "3", True),
        (Kind.COMPLETION, "1", "2", False),
        (Kind.COMPLETION, "2", "1", False),
        (Kind.COMPLETION, "0", "1", False),
        (Kind.COMPLETION, "0", "0", False),
        (Kind.GRADE, "8.5", "8.49999", True),
        (Kind.GRADE, "8.5", "8.5", False),
        (Kind.GRADE, "9", "10", False),
        (Kind.GRADE, "9\n1Good.", "9", False),
        (Kind.GRADE, "9", "8\n1Less.", True),
        (Kind.ENROLMENT, "active", "removed", True),
        (Kind.ENROLMENT, "active", "suspended", False),
        (Kind.ENROLMENT, "removed", "active", False),
        (Kind.MEMBERSHIP, "member", "member", False),
        (Kind.PROFILE, "b", "a", False),
        (Kind.GRADE, "8", None, True),
        (Kind.GRADE, None, "8", False),
        (Kind.GRADE, None, None, False),
    ],
)
def test_what_is_lower(kind: Kind, before: str | None, now: str | None, expected: bool) -> None:
    """Away is the lowest; a comment is neither high nor low."""
    assert guard.is_lower(kind, now, before) is expected


@pytest.mark.parametrize(
    ("lost", "known", "expected"),
    [
        (10, 10, False),
        (10, 11, False),
        (11, 11, True),
        (11, 54, True),
        (11, 55, False),
        (20, 100, False),
        (21, 100, True),
        (21, 105, False),
        (0, 0, False),
    ],
)
def test_more_than_ten_and_more_than_a_fifth(lost: int, known: int, expected: bool) -> None:
    """Ten exactly, and a fifth exactly, are a teacher's work."""
    assert guard.fires(Loss(lost, known)) is expected


@pytest.mark.parametrize(
    ("now", "level", "acknowledged", "expected"),
    [
        ("5", "8", "8", State.FELL),
        (None, "8", "8", State.FELL),
        ("5", "8", "5", State.FELL),
        ("5", "5", "8", State.GRANTED),
        ("6", "5", "8", State.GRANTED),
        ("4", "5", "8", State.FELL),
        (None, None, "8", State.GRANTED),
        ("5", None, "8", State.GRANTED),
        ("8", None, "8", State.STANDS),
        ("5", "5", "5", State.STANDS),
        ("9", "8", "5", State.STANDS),
    ],
)
def test_how_a_fact_stands(
    now: str | None, level: str | None, acknowledged: str, expected: State
) -> None:
    """What was accepted does not count, until it falls further or is back."""
    assert guard.state(Kind.GRADE, now, level, acknowledged) is expected


values = {
    Kind.COMPLETION: st.sampled_from("01234"),
    Kind.GRADE: st.floats(0, 100).map(text),
    Kind.ENROLMENT: st.sampled_from(["active", "suspended", "until:1700000000", "removed"]),
}
held = st.sampled_from(guard.KINDS).flatmap(
    lambda kind: st.tuples(st.just(kind), *[st.none() | values[kind]] * 2, values[kind])
)


@given(held)
def test_what_is_accepted_never_counts(drawn: tuple[Kind, str | None, str | None, str]) -> None:
    """Whatever fell: with the level as it is now, it does not count at the next reading."""
    kind, now, _, acknowledged = drawn
    assert guard.state(kind, now, now, acknowledged) is not State.FELL


@given(held)
def test_nothing_is_both_lower_and_higher(drawn: tuple[Kind, str | None, str | None, str]) -> None:
    """So that no fact can count for ever by going to and fro."""
    kind, one, other, _ = drawn
    assert not (guard.is_lower(kind, one, other) and guard.is_lower(kind, other, one))


counts = st.integers(0, 500)


@given(counts, counts, counts)
def test_new_work_never_answers_what_is_asked(lost: int, standing: int, new: int) -> None:
    """However much is done after the accident."""
    asked = guard.judge(Loss(lost, lost + standing), None)
    later = guard.judge(Loss(lost, lost + standing + new), asked)
    assert asked is None or later == asked


@given(counts, counts)
def test_what_is_back_ends_the_question(lost: int, standing: int) -> None:
    """The database was put right again: nobody needs to answer."""
    asked = guard.judge(Loss(lost, lost + standing), None)
    assert guard.judge(Loss(min(lost, 10), 0), asked) is None


@given(counts, counts, counts)
def test_a_question_never_says_more_fell_than_were_known(
    lost: int, standing: int, more: int
) -> None:
    """Also where what came later fell as well."""
    asked = guard.judge(Loss(lost, lost + standing), None)
    later = guard.judge(Loss(lost + more, lost + more), asked)
    assert later is None or later.lost <= later.known


def change(value: str, base: str | None, course: int = 1, kind: Kind = Kind.GRADE) -> Change:
    """A change of one learner in a course, with what was acknowledged."""
    key = Key(kind, course, 2, 3)
    return Change(key, value, None, base=Receipt(key, base, base) if base is not None else None)


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (change("5", "8"), True),
        (change("9", "8"), False),
        (change("5", None), False),
        (change("5", "8", course=2), False),
        (change("0", "1", kind=Kind.COMPLETION), False),
    ],
)
def test_only_what_lowers_in_a_guarded_area_waits(waiting: Change, expected: bool) -> None:
    """What raises, what is new, other kinds and other courses go."""
    assert guard.holds(waiting, {(Kind.GRADE, 1)}) is expected


def test_a_reason_names_course_and_numbers() -> None:
    """A teacher reads what happened where, and how to answer."""
    for kind in guard.KINDS:
        reason = guard.why(kind, "Mathematics", Loss(34, 120), 7)
        assert reason.params == {"course": "Mathematics", "lost": 34, "known": 120, "number": 7}
