"""What is pending, and what may be sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core import change
from beekeed.core.model import Change, Completion, Fact, Key, Kind, Receipt
from beekeed.core.step import Verdict
from beekeed.errors import Code

KEY = Key(Kind.COMPLETION, 1, 2, 3)
ENROLMENT = Key(Kind.ENROLMENT, 1, 0, 3)


def pending(value: str, base: str | None = None, online: str = "") -> Change:
    """A pending completion, with what was acknowledged before."""
    receipt = Receipt(KEY, base, online or base) if base is not None else None
    return Change(KEY, value, None, base=receipt)


@pytest.mark.parametrize(
    ("state", "receipt", "expected"),
    [
        # Device 1 and 2: confirmed by a receipt of either.
        (1, None, True),
        (2, None, True),
        (1, "1", False),
        (2, "1", False),
        (1, "2", False),
        (1, "0", True),
        # Device 0: never was, or was taken back.
        (0, None, False),
        (0, "0", False),
        (0, "1", True),
        (0, "2", True),
        # Device 3 and 4: never a completion, whatever was before.
        (3, None, False),
        (4, None, False),
        (3, "1", False),
        (4, "2", False),
    ],
)
def test_completion_states_by_what_was_acknowledged(
    state: int, receipt: str | None, expected: bool
) -> None:
    """features.md, row 18: which of Moodle's five states is a change."""
    base = None if receipt is None else Receipt(KEY, receipt, receipt)
    found = change.compare([Fact(KEY, str(state), None)], {} if base is None else {KEY: base}, {})
    assert bool(found.pending) is expected
    assert not found.gone


def test_an_enrolment_is_made_once() -> None:
    """What becomes of it on the box later does not cross."""
    acknowledged = {ENROLMENT: Receipt(ENROLMENT, "active", "active")}
    assert change.compare([Fact(ENROLMENT, "active", None)], {}, {}).pending
    assert not change.compare([Fact(ENROLMENT, "suspended", None)], acknowledged, {}).pending


@pytest.mark.parametrize("key", [KEY, ENROLMENT])
def test_what_is_gone_from_the_box_sends_nothing_and_is_listed(key: Key) -> None:
    """A course reset on the box must not undo anything online."""
    found = change.compare([], {key: Receipt(key, "1", "1")}, {})
    assert found.pending == ()
    assert found.gone == (key,)


def test_gone_is_noted_once_and_ends_when_the_row_is_back() -> None:
    """No needless writing, and a row that returns is as it was."""
    receipts = {KEY: Receipt(KEY, "1", "1", gone=True)}
    assert not change.compare([], receipts, {})
    assert change.compare([Fact(KEY, "1", None)], receipts, {}).back == (KEY,)


def test_a_change_that_is_noted_already_is_not_noted_again() -> None:
    """Reading an unchanged box writes nothing."""
    noted = {KEY: pending("1")}
    assert not change.compare([Fact(KEY, "1", None)], {}, noted)
    assert change.compare([Fact(KEY, "2", None)], {}, noted).pending[0].value == "2"


def test_a_change_that_went_back_before_it_was_sent_is_settled() -> None:
    """Done and undone on the box between two syncs is nothing to send."""
    noted = {KEY: pending("1")}
    assert change.compare([Fact(KEY, "0", None)], {}, noted).settled == (KEY,)


def test_what_was_pending_and_left_the_box_is_told_apart() -> None:
    """It sends nothing any more, but somebody may want to know."""
    found = change.compare([], {}, {KEY: pending("1")})
    assert (found.lost, found.settled) == ((KEY,), ())


@pytest.mark.parametrize("value", ["1", "2"])
@pytest.mark.parametrize(
    ("theirs", "verdict"),
    [
        (Completion.INCOMPLETE, None),
        (Completion.COMPLETE, Verdict.ALREADY),
        (Completion.PASSED, Verdict.ALREADY),
        (Completion.FAILED, Verdict.KEPT),
        (Completion.FAILED_HIDDEN, Verdict.KEPT),
    ],
)
def test_a_completion_is_sent_only_over_nothing(
    value: str, theirs: Completion, verdict: Verdict | None
) -> None:
    """Online 1 and 2 confirm it; a failed result online stays, and is listed."""
    outcome = change.decide(pending(value), theirs)
    assert (outcome.verdict if outcome else None) is verdict


@pytest.mark.parametrize(
    ("base_online", "theirs", "verdict"),
    [
        ("1", Completion.COMPLETE, None),  # theirs is the base: lower it
        ("2", Completion.PASSED, Verdict.KEPT),  # Moodle decided it by a grade
        ("1", Completion.INCOMPLETE, Verdict.ALREADY),  # theirs is ours
        ("1", Completion.PASSED, Verdict.KEPT),  # neither: somebody changed it online
        ("1", Completion.FAILED, Verdict.KEPT),
        ("2", Completion.COMPLETE, Verdict.KEPT),
    ],
)
def test_nothing_is_lowered_that_somebody_changed_online(
    base_online: str, theirs: Completion, verdict: Verdict | None
) -> None:
    """Three-way: receipt is the base, the box is ours, online is theirs."""
    outcome = change.decide(pending("0", base="1", online=base_online), theirs)
    assert (outcome.verdict if outcome else None) is verdict


def test_only_a_plain_completion_goes_without_reading_first() -> None:
    """Moodle itself leaves any result alone when "complete" is sent (recorded)."""
    assert not change.reads_first(pending("1"))
    assert change.reads_first(pending("2"))
    assert change.reads_first(pending("0", base="1"))


def test_only_complete_and_incomplete_are_ever_sent() -> None:
    """Moodle refuses 2 and 3 (recorded: state 2 is refused)."""
    assert change.wanted(pending("2")) is Completion.COMPLETE
    assert change.wanted(pending("1")) is Completion.COMPLETE
    assert change.wanted(pending("0")) is Completion.INCOMPLETE


STATES = st.sampled_from(["0", "1", "2", "3", "4"])
KEYS = st.integers(1, 6).map(lambda n: Key(Kind.COMPLETION, 1, 1, n))


@given(
    st.dictionaries(KEYS, STATES),
    st.dictionaries(KEYS, st.tuples(st.sampled_from(["0", "1", "2"]), st.booleans())),
    st.dictionaries(KEYS, STATES),
)
def test_noting_what_was_found_leaves_nothing_to_note(
    box: dict[Key, str], receipts: dict[Key, tuple[str, bool]], noted: dict[Key, str]
) -> None:
    """Whatever was noted before, a second reading of the same box finds no difference."""
    facts = [Fact(key, value, None) for key, value in box.items()]
    base = {key: Receipt(key, value, value, gone) for key, (value, gone) in receipts.items()}
    before = {key: Change(key, value, None) for key, value in noted.items()}
    found = change.compare(facts, base, before)
    done = found.settled + found.lost
    after = {key: each for key, each in before.items() if key not in done}
    after |= {each.key: each for each in found.pending}
    base |= {key: Receipt(key, base[key].value, base[key].value, True) for key in found.gone}
    base |= {key: Receipt(key, base[key].value, base[key].value, False) for key in found.back}
    assert not change.compare(facts, base, after)
    assert all(each.value in "012" for each in after.values() if each.key in box)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind.COMPLETION, ("0", "1", "2", "3", "4")),
        (Kind.ENROLMENT, ("active", "suspended")),
        (Kind.GRADE, ("7", "8")),
        (Kind.PROFILE, ("Accra", "Lomé")),
        (Kind.MEMBERSHIP, ("MATHS",)),
    ],
)
def test_what_is_read_again_stays_noted_while_the_box_stays_as_it_is(
    kind: Kind, values: tuple[str, ...]
) -> None:
    """Its change has the receipt's value, which may be another than the box's that it confirms."""
    key = replace(KEY, kind=kind)
    confirmed = 0
    for value in values:
        receipt = Receipt(key, value, value)
        for fact in (Fact(key, each, None) for each in values):
            if change.acknowledged(fact, receipt):
                confirmed += 1
                again = Change(key, receipt.value, None, base=receipt)
                assert not change.compare([fact], {key: receipt}, {key: again}), (fact, receipt)
    assert confirmed >= len(values)


NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours_ago", "trouble", "quiet", "due"),
    [
        (None, None, False, True),
        (1, None, True, False),
        (17, None, True, False),
        (18, None, True, True),
        (18, None, False, False),
        (24, None, False, True),
        (-1, None, False, True),  # the clock went back: nobody knows how long ago it was
        (1, Code.INTERRUPTED, False, True),
        (1, Code.DEVICE_INTERRUPTED, False, True),
        (1, Code.STORE_FULL, False, True),
        (1, Code.INTERNAL, False, True),
        (1, Code.NOT_REACHED, False, False),  # being offline says nothing of the box
    ],
)
def test_every_row_is_compared_once_a_day_and_after_any_trouble(
    hours_ago: int | None, trouble: Code | None, quiet: bool, due: bool
) -> None:
    """Rather while the box is quiet."""
    compared_at = None if hours_ago is None else NOON - timedelta(hours=hours_ago)
    assert change.comparison_due(compared_at, NOON, trouble, quiet=quiet) is due
