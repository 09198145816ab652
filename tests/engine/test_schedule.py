"""The schedule, the loop and a clock that a test steps: when a sync begins, and when not."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta

import pytest

from beekeed.core.cycle import Phase
from beekeed.core.request import SCHEDULED, VERIFY, Period, Request
from beekeed.core.schedule import Plan, SlotKind, SlotName, hour_of_week
from beekeed.engine.schedule import MOST_TRIES
from beekeed.errors import BeekeedError, Code
from beekeed.ports.schedule import Met
from tests.engine.stepped import Box, MemorySlots, monday

SEVEN_MINUTES = timedelta(minutes=7)
AT_TWO = Plan(daily=120, jitter=SEVEN_MINUTES)
AT_EIGHT = Plan(hours=frozenset({hour_of_week("mon-08")}), jitter=SEVEN_MINUTES)
COMPLETED, OFFLINE, DISABLED = "completed", "offline", "sync_disabled"


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    """A box on a Monday at midnight, with nothing scheduled."""
    made = Box(monday(), MemorySlots())
    yield made
    await made.lose_power()


async def test_the_daily_time_comes_every_day(box: Box) -> None:
    """At its time plus the device's jitter, and only then."""
    await box.change(AT_TWO)
    await box.step(hours=27)
    assert box.took_place() == [(f"{day} 02:07", COMPLETED) for day in ("Mon", "Tue")]


async def test_a_selected_hour_comes_every_week(box: Box) -> None:
    """At its start plus the jitter."""
    await box.change(AT_EIGHT)
    await box.step(hours=30)
    await box.set_clock(monday() + timedelta(days=6, hours=20))
    await box.step(hours=14)
    assert box.took_place() == [("Mon 08:07", COMPLETED)] * 2


async def test_the_daily_time_in_a_selected_hour_is_one_sync(box: Box) -> None:
    """The hour's; on the other days the daily time has its own."""
    await box.change(Plan(daily=8 * 60 + 30, hours=AT_EIGHT.hours, jitter=SEVEN_MINUTES))
    await box.step(hours=33)
    assert box.took_place() == [("Mon 08:07", COMPLETED), ("Tue 08:37", COMPLETED)]


async def test_two_slots_that_are_due_together_are_one_sync(box: Box) -> None:
    """The daily time of 07:59 and the hour from 08:00, on a box that starts a little late."""
    await box.change(Plan(daily=8 * 60 - 1, hours=AT_EIGHT.hours, jitter=SEVEN_MINUTES))
    await box.lose_power()
    box.clock.set(monday(8, 10))
    box.start()
    await box.step(hours=3)
    assert box.took_place() == [("Mon 08:10", COMPLETED)]


async def test_offline_at_the_daily_time_is_a_skipped_run(box: Box) -> None:
    """Recorded at once with its reason; a link a minute later changes nothing that day."""
    await box.change(AT_TWO)
    await box.link(up=False)
    await box.step(hours=2, minutes=8)
    assert box.took_place() == [("Mon 02:07", OFFLINE)]
    await box.link(up=True)
    await box.step(hours=20)
    assert box.took_place() == [("Mon 02:07", OFFLINE)]


async def test_a_selected_hour_begins_as_soon_as_there_is_a_link(box: Box) -> None:
    """Within seconds, whatever the clock; the phase tells that it waits, and until when."""
    await box.change(AT_EIGHT)
    await box.link(up=False)
    await box.step(hours=8, minutes=31)
    awaited = await box.schedule.awaited()
    assert awaited is not None
    assert (box.loop.phase, awaited.until) == (Phase.AWAITING, monday(9))
    assert box.took_place() == []
    await box.link(up=True)
    await box.step(seconds=6)
    assert box.took_place() == [("Mon 08:31", "running")]
    await box.step(hours=1)
    assert box.took_place() == [("Mon 08:31", COMPLETED)]
    assert await box.schedule.awaited() is None
    assert box.way.knocks == 0


async def test_an_hour_without_a_link_is_a_skipped_run_at_its_end(box: Box) -> None:
    """Not before, and a link after it begins nothing."""
    await box.change(AT_EIGHT)
    await box.link(up=False)
    await box.step(hours=8, minutes=59, seconds=59)
    assert box.took_place() == []
    await box.step(minutes=2)
    assert box.took_place() == [("Mon 09:00", OFFLINE)]
    assert box.loop.phase is Phase.IDLE
    await box.link(up=True)
    await box.step(hours=3)
    assert len(box.took_place()) == 1


async def test_an_hour_that_waits_is_recorded_although_the_box_was_off_at_its_end(
    box: Box,
) -> None:
    """It is known to have been due, and not to have found a link."""
    await box.change(AT_EIGHT)
    await box.link(up=False)
    await box.step(hours=8, minutes=30)
    await box.lose_power()
    box.clock.set(monday(11))
    box.start()
    await box.step(minutes=1)
    assert box.took_place() == [("Mon 11:00", OFFLINE)]


async def test_a_site_that_is_silent_is_tried_again_within_the_hour(box: Box) -> None:
    """The first sync reaches nobody; then a bare connection after 1, 2, 4 ... minutes does."""
    await box.change(AT_EIGHT)
    box.way.answers = False
    await box.step(hours=8, minutes=20)
    assert box.took_place() == [("Mon 08:07", "not_reached")]
    assert box.way.knocks == 3
    box.way.answers = True
    await box.step(hours=1)
    assert box.took_place() == [("Mon 08:07", "not_reached"), ("Mon 08:22", COMPLETED)]
    assert box.way.knocks == 4


async def test_a_site_that_is_silent_for_the_hour_has_failed_once(box: Box) -> None:
    """The failed sync tells it; no skipped one is added, and the next hour is not touched."""
    await box.change(AT_EIGHT)
    box.way.answers = False
    await box.step(hours=12)
    assert box.took_place() == [("Mon 08:07", "not_reached")]
    assert box.way.knocks == 6


async def test_what_takes_connections_and_breaks_them_is_not_tried_for_ever(box: Box) -> None:
    """A few syncs, and the hour is given up."""
    await box.change(AT_EIGHT)
    box.way.answers = False
    box.way.knock = takes_it  # type: ignore[method-assign]
    await box.step(hours=12)
    assert box.took_place() == [(f"Mon 08:{7 + n:02}", "not_reached") for n in range(MOST_TRIES)]


async def takes_it() -> bool:
    """A captive portal's way with a connection."""
    return True


async def test_a_restart_uses_no_slot_twice(box: Box) -> None:
    """However often, and also where the power went while its sync ran."""
    await box.change(AT_EIGHT)
    await box.step(hours=8, minutes=7, seconds=10)
    for _ in range(3):
        await box.lose_power()
        box.start()
        await box.step(minutes=5)
    assert box.took_place() == [("Mon 08:07", "running")]


async def test_a_box_that_starts_a_little_late_keeps_its_daily_time(box: Box) -> None:
    """Within a quarter of an hour; later than that it is another day's, and nothing is recorded."""
    await box.lose_power()
    for day, minute in ((7, 21), (8, 22)):
        box.clock.set(datetime(2026, 12, day, 2, minute, 30, tzinfo=monday().tzinfo))
        box.plan = AT_TWO
        box.start()
        await box.step(hours=2)
        await box.lose_power()
    assert box.took_place() == [("Mon 02:21", COMPLETED)]


async def test_a_clock_set_back_repeats_nothing(box: Box) -> None:
    """Also where nobody knows the time."""
    await box.change(AT_TWO)
    for trusted in (True, False, True):
        box.trust.trusted = trusted
        await box.set_clock(monday())
        await box.step(hours=3)
    assert box.took_place() == [("Mon 02:07", COMPLETED)]


@pytest.mark.parametrize("year", [1970, 2045])
async def test_a_clock_that_was_wrong_for_long_holds_up_no_real_slot(box: Box, year: int) -> None:
    """Its days had their syncs, and the real ones have theirs."""
    await box.change(AT_TWO)
    box.trust.trusted = False
    await box.set_clock(datetime(year, 1, 5, tzinfo=monday().tzinfo))
    await box.step(hours=3)
    assert len(box.took_place()) == 1
    await box.set_clock(monday())
    box.trust.trusted = True
    await box.step(hours=27)
    assert [at for at, _ in box.took_place()[1:]] == ["Mon 02:07", "Tue 02:07"]


async def test_what_a_clock_used_that_was_a_day_ahead_is_free_once_the_time_is_known(
    box: Box,
) -> None:
    """Of these names the real ones are yet to come; before that nothing is repeated."""
    await box.change(AT_TWO)
    box.trust.trusted = False
    await box.set_clock(monday() + timedelta(days=1))
    await box.step(hours=3)
    await box.set_clock(monday(3))
    await box.step(minutes=2)
    following = await box.schedule.next()
    assert following is not None
    assert following.due_at == monday(2, 7) + timedelta(days=2)
    box.trust.trusted = True
    await box.step(hours=24)
    assert box.took_place() == [("Tue 02:07", COMPLETED), ("Tue 02:07", COMPLETED)]


async def test_a_clock_that_jumps_is_noticed_within_a_minute(box: Box) -> None:
    """Although the loop meant to sleep for hours; and it wakes no more than that."""
    await box.change(AT_TWO)
    await box.step(minutes=5)
    await box.set_clock(monday(2, 7))
    before = box.clock.wakings
    await box.step(seconds=60)
    assert [at for at, _ in box.took_place()] in ([("Mon 02:07")], [("Mon 02:08")])
    assert box.clock.wakings - before <= 3


async def test_where_nothing_is_scheduled_the_loop_sleeps(box: Box) -> None:
    """It looks at the box every quarter of an hour, as before, and wakes for nothing else."""
    before = box.clock.wakings
    await box.step(hours=10)
    assert box.clock.wakings - before == 40
    assert await box.schedule.next() is None


async def test_switched_off_nothing_runs(box: Box) -> None:
    """What is due is recorded as skipped, who asks is told; switched on again it goes on."""
    await box.change(AT_TWO, enabled=False)
    await box.step(hours=3)
    for request in (Request(), Request(VERIFY)):
        with pytest.raises(BeekeedError) as error:
            await box.loop.request(request)
        assert error.value.code is Code.SYNC_DISABLED
    await box.change(enabled=True)
    await box.step(days=1)
    assert box.phases[:2] == [Phase.OFF, Phase.IDLE]
    assert box.took_place() == [("Mon 02:07", DISABLED), ("Tue 02:07", COMPLETED)]


async def test_switching_off_stops_what_runs(box: Box) -> None:
    """Cleanly; its slot is used, and who joined it is not kept waiting."""
    await box.change(AT_TWO)
    await box.step(hours=2, minutes=7, seconds=10)
    await box.change(enabled=False)
    await box.step(minutes=1)
    assert box.took_place() == [("Mon 02:07", "stopped")]
    await box.change(enabled=True)
    await box.step(hours=3)
    assert len(box.took_place()) == 1


async def test_switched_off_between_the_asking_and_the_beginning(box: Box) -> None:
    """Who asked is told, and nothing began."""
    asking = asyncio.create_task(box.loop.request(Request()))
    await asyncio.sleep(0)
    box.enabled = False
    with pytest.raises(BeekeedError) as error:
        await asking
    assert error.value.code is Code.SYNC_DISABLED
    assert box.took_place() == []


async def test_switched_on_and_asked_at_once(box: Box) -> None:
    """The loop need not have looked in between."""
    await box.change(enabled=False)
    box.enabled = True
    await box.loop.request(Request())
    await box.step(minutes=1)
    assert box.took_place() == [("Mon 00:00", COMPLETED)]


async def test_who_asks_while_an_hour_waits_uses_its_slot(box: Box) -> None:
    """One sync in that hour."""
    await box.change(AT_EIGHT)
    await box.link(up=False)
    await box.step(hours=8, minutes=20)
    assert box.loop.phase is Phase.AWAITING
    box.way._up = True  # nobody has noticed yet
    await box.loop.request(Request())
    await box.step(hours=2)
    assert box.took_place() == [("Mon 08:20", COMPLETED)]


async def test_what_comes_due_while_everything_is_sent_joins_it(box: Box) -> None:
    """The sync by hand is the slot's."""
    await box.change(AT_EIGHT)
    await box.step(hours=8, minutes=6, seconds=50)
    await box.loop.request(Request())
    await box.step(hours=2)
    assert box.took_place() == [("Mon 08:06", COMPLETED)]


@pytest.mark.parametrize(
    "request_", [Request(period=Period(monday().date(), monday().date())), Request(VERIFY)]
)
async def test_what_comes_due_while_something_else_runs_begins_after_it(
    box: Box, request_: Request
) -> None:
    """A sync of some days, or reading back, is not what the schedule wants."""
    await box.change(AT_EIGHT)
    box.engine.seconds = 600
    await box.step(hours=8)
    await box.loop.request(request_)
    await box.step(hours=1)
    assert box.took_place() == [("Mon 08:00", COMPLETED), ("Mon 08:10", COMPLETED)]
    assert box.engine.happened[1].cause == SCHEDULED


async def test_what_came_due_and_was_over_while_something_else_ran_is_a_skipped_run(
    box: Box,
) -> None:
    """Recorded, with the reason."""
    await box.change(AT_TWO)
    box.engine.seconds = 3600
    await box.step(hours=2)
    await box.loop.request(Request(VERIFY))
    await box.step(hours=2)
    assert box.took_place() == [("Mon 02:00", COMPLETED), ("Mon 03:00", "already_running")]


async def test_a_request_and_a_slot_at_the_same_moment_are_one_run(box: Box) -> None:
    """Who asks just then is answered."""
    await box.change(AT_EIGHT)
    await box.step(hours=8, minutes=6, seconds=59)
    stepping = asyncio.create_task(box.step(seconds=30))
    started = await asyncio.gather(*(box.loop.request(Request()) for _ in range(3)))
    await stepping
    assert len({each.event_id for each in started}) == 1
    await box.step(hours=1)
    assert len(box.took_place()) == 1


class Asked(MemorySlots):
    """Slots that somebody who asks for a sync comes in between."""

    def __init__(self) -> None:
        super().__init__()
        self.ask = asyncio.Event()

    async def met(self, names: Collection[SlotName]) -> dict[SlotName, Met]:
        """See Slots."""
        self.ask.set()
        await asyncio.sleep(0)
        return await super().met(names)


async def test_who_asks_while_the_loop_looks_what_is_due_is_not_forgotten() -> None:
    """They have the run that begins then, and the slot has no other."""
    slots = Asked()
    box = Box(monday(8, 7), slots, AT_EIGHT)
    await slots.ask.wait()
    async with asyncio.timeout(10):
        await box.loop.request(Request())
    await box.step(hours=1)
    assert box.took_place() == [("Mon 08:07", COMPLETED)]
    assert box.engine.happened[0].cause == "manual"
    await box.lose_power()


async def test_the_next_slot_is_always_told(box: Box) -> None:
    """While one runs, waits or was skipped as well; never one of the past."""
    await box.change(Plan(daily=120, hours=AT_EIGHT.hours, jitter=SEVEN_MINUTES))
    await box.link(up=False)
    for _ in range(30):
        following = await box.schedule.next()
        assert following is not None
        assert following.due_at > box.clock.now()
        is_hour = monday(2, 7) <= box.clock.now() < monday(8, 7)
        assert (following.name.kind is SlotKind.HOUR) == is_hour
        await box.step(minutes=20)


async def test_a_settings_change_holds_at_once(box: Box) -> None:
    """A technician sets the daily time a minute ahead and sees it come; also a second time."""
    for minute in (1, 3):
        await box.change(Plan(daily=minute))
        await box.step(minutes=2)
    assert box.took_place() == [("Mon 00:01", COMPLETED), ("Mon 00:03", COMPLETED)]


class Held(MemorySlots):
    """Slots of which the note that they are used takes until a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.noting, self.go = asyncio.Event(), asyncio.Event()

    async def note(self, names: Collection[SlotName], met: Met, *, trusted: bool) -> None:
        """See Slots."""
        self.noting.set()
        await self.go.wait()
        await super().note(names, met, trusted=trusted)


@pytest.mark.parametrize("stops", [False, True])
async def test_what_ends_all_runs_just_before_one_begins_is_not_lost(stops: bool) -> None:
    """Enable Sync off, or the end of the daemon: nothing runs, and the slot was skipped."""
    box = Box(monday(8, 7), slots := Held(), AT_EIGHT)
    await slots.noting.wait()
    box.enabled = stops
    if stops:
        box.loop.stop()
    else:
        box.loop.settings_changed()
    slots.go.set()
    await box.step(minutes=1)
    assert box.took_place() == [("Mon 08:07", "interrupted" if stops else DISABLED)]
    await box.lose_power()


async def test_an_hour_that_is_wanted_no_longer_waits_no_longer(box: Box) -> None:
    """It is shown no more, and was not missed."""
    await box.change(AT_EIGHT)
    await box.link(up=False)
    await box.step(hours=8, minutes=20)
    await box.change(AT_TWO)
    assert await box.schedule.awaited() is None
    await box.step(hours=2)
    assert [at for at, _ in box.took_place()] == []


async def test_who_asks_without_a_link_does_not_use_the_hour_up(box: Box) -> None:
    """However often: it begins as soon as there is one."""
    await box.change(AT_EIGHT)
    await box.link(up=False)
    await box.step(hours=8, minutes=20)
    for _ in range(MOST_TRIES + 1):
        await box.loop.request(Request())
        await box.settle()
    await box.link(up=True)
    await box.step(minutes=20)
    assert box.took_place()[MOST_TRIES + 1 :] == [("Mon 08:20", COMPLETED)]


async def test_a_slot_that_is_used_is_never_told_as_the_next(box: Box) -> None:
    """Also where the jitter has grown since."""
    await box.change(AT_TWO)
    await box.step(hours=2, minutes=10)
    await box.change(Plan(daily=120, jitter=timedelta(minutes=40)))
    following = await box.schedule.next()
    assert following is not None
    assert following.due_at == monday(2, 40) + timedelta(days=1)
