"""When a sync is due, by the rules alone."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core.schedule import (
    NOTHING,
    WHOLE_DRAW,
    Plan,
    SlotKind,
    SlotName,
    coming,
    hour_name,
    hour_of_week,
    jitter,
    met,
    minute_of_day,
    open_now,
    slots_from,
)

MINUTE = timedelta(minutes=1)
TIMES = st.integers(7 * 86400, 76 * 365 * 86400).map(
    lambda second: datetime.fromtimestamp(second, UTC)
)
PLANS = st.builds(
    Plan,
    daily=st.none() | st.integers(0, 1439),
    hours=st.frozensets(st.integers(0, 167), max_size=6),
    jitter=st.integers(0, 2700).map(lambda seconds: timedelta(seconds=seconds)),
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in the week of Monday, 30 November 2026."""
    return datetime(2026, 11, 30, tzinfo=UTC) + timedelta(days=day, hours=hour, minutes=minute)


def test_a_week_of_a_schedule() -> None:
    """The grid and the daily time together, in order; a daily time in a selected hour is its."""
    plan = Plan(daily=minute_of_day("08:30"), hours=frozenset({8, 24 + 23, 167}))
    slots = list(islice(slots_from(plan, at(0, 0)), 10))
    assert [(each.name.at, each.name.kind) for each in slots[:10]] == [
        (at(0, 8), SlotKind.HOUR),
        (at(1, 8, 30), SlotKind.DAILY),
        (at(1, 23), SlotKind.HOUR),
        *((at(day, 8, 30), SlotKind.DAILY) for day in (2, 3, 4, 5, 6)),
        (at(6, 23), SlotKind.HOUR),
        (at(7, 8), SlotKind.HOUR),
    ]


def test_how_long_a_slot_is_open() -> None:
    """An hour until it is over, the daily time for a quarter of an hour; both after the jitter."""
    plan = Plan(daily=minute_of_day("23:58"), hours=frozenset({8}), jitter=7 * MINUTE)
    hour, daily = (plan.slot(SlotName(at(0, 8), kind)) for kind in (SlotKind.HOUR, SlotKind.DAILY))
    assert (hour.due_at, hour.until) == (at(0, 8, 7), at(0, 9))
    assert (daily.due_at, daily.until) == (at(0, 8, 7), at(0, 8, 22))
    assert open_now(plan, at(0, 8, 6)) == []
    assert open_now(plan, at(0, 8, 7)) == [hour] == open_now(plan, at(0, 8, 59))
    assert open_now(plan, at(0, 9)) == []
    assert [each.name.at for each in open_now(plan, at(1, 0, 5))] == [at(0, 23, 58)]


def test_nothing_scheduled_is_never_due() -> None:
    """And nothing is told as the next."""
    assert coming(NOTHING, at(0, 0)) is None
    assert open_now(NOTHING, at(0, 0)) == []
    assert list(slots_from(NOTHING, at(0, 0))) == []


def test_used_slots_are_not_told_as_the_next() -> None:
    """Also where a clock that was ahead used the next two weeks'."""
    plan = Plan(daily=120)
    used = [SlotName(at(day, 2), SlotKind.DAILY) for day in range(15)]
    following = coming(plan, at(0, 0), used)
    assert following is not None
    assert following.due_at == at(15, 2)


@given(plan=PLANS, now=TIMES)
def test_the_next_slot_is_the_first_to_open(plan: Plan, now: datetime) -> None:
    """It is yet to come, opens then, and no other does before."""
    following = coming(plan, now)
    if following is None:
        assert plan == Plan(jitter=plan.jitter)
        return
    assert now < following.due_at <= now + timedelta(days=7, hours=1)
    assert following in open_now(plan, following.due_at)
    before = following.due_at - timedelta(microseconds=1)
    assert met(plan, now, before) == open_now(plan, now)


@given(plan=PLANS, now=TIMES)
def test_no_slot_leaves_its_hour_or_lasts_long(plan: Plan, now: datetime) -> None:
    """Whatever the jitter."""
    for each in open_now(plan, now):
        assert each.is_open(now)
        assert each.name.at <= each.due_at < each.until <= each.name.at + 60 * MINUTE
        if each.name.kind is SlotKind.HOUR:
            assert (now.weekday(), now.hour) == (each.name.at.weekday(), each.name.at.hour)


@given(draw=st.integers(0, WHOLE_DRAW - 1), minutes=st.integers(0, 45))
def test_the_jitter_is_a_share_of_the_longest(draw: int, minutes: int) -> None:
    """In whole seconds, under it, and none where none is wanted."""
    found = jitter(minutes * MINUTE, draw)
    assert timedelta() <= found < max(minutes * MINUTE, MINUTE)
    assert found.microseconds == 0
    assert abs(found - minutes * MINUTE * draw / WHOLE_DRAW) < timedelta(seconds=1)


def test_a_thousand_boxes_do_not_arrive_together() -> None:
    """With ten minutes, hardly more than a handful begin in the same second."""
    draw = Random(1).randrange
    starts = [jitter(10 * MINUTE, draw(WHOLE_DRAW)) for _ in range(1000)]
    assert max(starts.count(each) for each in set(starts)) < 10


@pytest.mark.parametrize("hour", [0, 8, 23, 24, 167])
def test_an_hour_of_the_week_has_a_name(hour: int) -> None:
    """Monday from midnight is the first."""
    assert hour_of_week(hour_name(hour)) == hour
    assert hour_name(0) == "mon-00"
    assert hour_name(167) == "sun-23"
