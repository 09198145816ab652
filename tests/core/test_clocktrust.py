"""Whether the clock is believed: the table of cases, and what holds for all of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core.clocktrust import (
    AGREES_WITHIN,
    Heard,
    Moment,
    Trust,
    counts_date,
    doubt_since,
    is_unset_since,
    judge,
    true_time,
)
from beekeed.errors import Code

NOW = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
FLOOR = NOW - timedelta(days=3)
SEVENTY = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
FORTY_FIVE = datetime(2045, 6, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def moment(at: datetime, boot_seconds: int = 3600, boot_id: str = "this") -> Moment:
    """What the box's clocks say."""
    return Moment(at, boot_id, boot_seconds)


def heard(ahead: timedelta, at: datetime = NOW, boot_seconds: int = 3600) -> Heard:
    """A Date that came when the box was ahead of it by so much."""
    return Heard(at - ahead, moment(at, boot_seconds))


AGREED = heard(timedelta())
SYNCED = moment(NOW)
LATER = moment(NOW + HOUR, 7200)

CASES: dict[str, tuple[Moment, datetime, Moment | None, Heard | None, Trust | Code]] = {
    "the box starts in 1970": (moment(SEVENTY), FLOOR, None, None, Code.CLOCK_BEHIND),
    "1970, and nothing is known": (
        moment(SEVENTY), datetime(2026, 1, 1, tzinfo=UTC), None, None, Code.CLOCK_BEHIND,
    ),
    "2045 is past everything, which tells nothing": (
        moment(FORTY_FIVE), FLOOR, None, None, Code.CLOCK_UNCONFIRMED,
    ),
    "2045, and the online Moodle knows better": (
        moment(FORTY_FIVE), FLOOR, None, Heard(NOW, moment(FORTY_FIVE)), Code.CLOCK_DISAGREES,
    ),
    "it wakes up near where it went to sleep": (
        moment(FLOOR), FLOOR, None, None, Code.CLOCK_UNCONFIRMED,
    ),
    "the online Moodle agrees": (moment(NOW), FLOOR, None, AGREED, Trust.PLAUSIBLE),
    "it agreed an hour ago": (LATER, FLOOR, None, AGREED, Trust.PLAUSIBLE),
    "five minutes ahead": (moment(NOW), FLOOR, None, heard(AGREES_WITHIN), Trust.PLAUSIBLE),
    "five minutes behind": (moment(NOW), FLOOR, None, heard(-AGREES_WITHIN), Trust.PLAUSIBLE),
    "more than five minutes ahead": (
        moment(NOW), FLOOR, None, heard(6 * MINUTE), Code.CLOCK_DISAGREES,
    ),
    "more than five minutes behind": (
        moment(NOW), FLOOR, None, heard(-6 * MINUTE), Code.CLOCK_DISAGREES,
    ),
    "set forth since it agreed": (
        moment(NOW + 2 * HOUR, 7200), FLOOR, None, AGREED, Code.CLOCK_UNCONFIRMED,
    ),
    "set back since it agreed": (moment(NOW, 7200), FLOOR, None, AGREED, Code.CLOCK_UNCONFIRMED),
    "set over a month's end and back": (LATER, FLOOR, None, AGREED, Trust.PLAUSIBLE),
    "set by a second": (
        moment(NOW + HOUR + timedelta(seconds=1), 7200), FLOOR, None, AGREED, Trust.PLAUSIBLE,
    ),
    "it agreed before the box was started again": (
        moment(NOW, 3600, "another"), FLOOR, None, AGREED, Code.CLOCK_UNCONFIRMED,
    ),
    "the disk is of a later time": (moment(NOW), NOW + DAY, None, None, Code.CLOCK_BEHIND),
    "the disk is of a later time, and the online Moodle agrees": (
        moment(NOW), NOW + DAY, None, AGREED, Code.CLOCK_BEHIND,
    ),
    "the disk is of a later time, and a time server told": (
        moment(NOW), NOW + DAY, SYNCED, None, Trust.SYNCED,
    ),
    "a time server told": (moment(NOW), FLOOR, SYNCED, None, Trust.SYNCED),
    "a time server told late": (LATER, FLOOR, moment(NOW + HOUR, 7200), None, Trust.SYNCED),
    "a time server told, and the online Moodle disagrees": (
        moment(NOW), FLOOR, SYNCED, heard(DAY), Trust.SYNCED,
    ),
    "set by hand after a time server told": (
        moment(NOW + DAY), FLOOR, SYNCED, None, Code.CLOCK_UNCONFIRMED,
    ),
    "set by hand after a time server told, to what the online Moodle says": (
        moment(NOW + DAY), FLOOR, SYNCED, heard(timedelta(), NOW + DAY), Trust.PLAUSIBLE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_table_of_cases(case: str) -> None:
    """Trusted, or why not."""
    now, floor, synced, last, expected = CASES[case]
    trust, reason = judge(now, floor=floor, synced=synced, heard=last)
    assert (reason.code if reason else trust) == expected
    assert (trust is Trust.UNTRUSTED) == (reason is not None)


def test_a_disagreement_tells_the_right_time() -> None:
    """Also a while later: what the online Moodle's clock says now."""
    last = Heard(NOW, moment(FORTY_FIVE))
    _, reason = judge(moment(FORTY_FIVE + HOUR, 7200), floor=FLOOR, synced=None, heard=last)
    assert reason is not None
    assert reason.params["theirs"] == "2026-12-01 00:50 UTC"
    assert reason.params["now"] == "2045-06-01 01:00 UTC"


times = st.datetimes(datetime(1970, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
boots = st.sampled_from(["this", "another"])
moments = st.builds(Moment, times.map(lambda t: t.replace(microsecond=0)), boots,
                    st.integers(0, 10**8))  # fmt: skip


@given(moments, moments, moments, st.timedeltas(-DAY, DAY), times)
def test_trust_needs_a_witness_since_the_clock_was_set(
    now: Moment, synced: Moment, of_date: Moment, ahead: timedelta, floor: datetime
) -> None:
    """Whatever the clocks say: no past of the same clock, no trust."""
    last = Heard(of_date.at - ahead, of_date)
    trust, _ = judge(now, floor=floor, synced=synced, heard=last)
    witnessed = is_unset_since(synced, now) or is_unset_since(of_date, now)
    assert witnessed or trust is Trust.UNTRUSTED
    if trust is Trust.PLAUSIBLE:
        assert now.at >= floor
        assert abs(ahead) <= AGREES_WITHIN


@given(times, st.integers(0, 10**7), st.integers(0, 10**7), st.timedeltas(-DAY, DAY))
def test_rows_of_this_boot_get_their_true_times(
    true: datetime, boot_seconds: int, elapsed: int, wrong_by: timedelta
) -> None:
    """However wrong the clock was: what counts is how long ago it was."""
    then = Moment(true + wrong_by, "this", boot_seconds)
    now = Moment(true + timedelta(seconds=elapsed), "this", boot_seconds + elapsed, Trust.SYNCED)
    assert true_time(then, now) == true
    assert true_time(Moment(then.at, "another", boot_seconds), now) is None


@given(moments, st.integers(0, 10**6), st.integers(0, 10**6))
def test_rows_stay_in_their_order(now: Moment, first: int, second: int) -> None:
    """What came later is dated later: nothing runs backwards."""
    seconds = sorted((now.boot_seconds - first, now.boot_seconds - second))
    found = [true_time(Moment(now.at, now.boot_id, each), now) for each in seconds]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0] <= found[1] <= now.at


def test_a_doubt_begins_with_the_box_or_when_we_last_looked() -> None:
    """By the clock of now, which another may have been then."""
    now = moment(SEVENTY + DAY, 7200)
    assert doubt_since(now, None) == now.at - 2 * HOUR
    assert doubt_since(now, moment(NOW, 3600)) == now.at - HOUR
    assert doubt_since(now, moment(NOW, 3600, "another")) == now.at - 2 * HOUR


@pytest.mark.parametrize(
    ("address", "counts"),
    [
        ("https://moodle.example.org", True),
        ("https://moodle.example.org:8443/moodle", True),
        ("http://moodle.example.org", False),
        ("http://10.0.0.1", False),
        ("http://127.0.0.1:8000", True),
        ("http://localhost/moodle", True),
        ("http://[::1]:8000", True),
        ("http://127.evil.example.org", False),
        ("http://localhost.example.org", False),
    ],
)
def test_whose_date_counts(address: str, counts: bool) -> None:
    """Over HTTP anybody on the way writes it."""
    assert counts_date(address) is counts
