"""When a sync is due: a daily time and a week's grid of hours, together. Pure.

A slot is one moment of the schedule: this Tuesday's 02:00, or this Tuesday's hour from 08:00.
Its name is its kind and its time, so that whatever the clock does it is the same slot, and is
used once. All times are UTC: what a country does with its clocks in spring moves nothing.

What is decided here (features.md, rows 4, 12 and 23):

- Each device starts its slots some minutes late, always as many: its jitter, at most 45
  minutes. So a thousand boxes do not arrive together, and a selected hour still has its sync
  within it.
- A slot of the grid is open from its hour's start plus the jitter until the hour is over:
  whoever has no link then waits for one.
- The daily time is open for a quarter of an hour from its time plus the jitter, for a box
  that starts just then or has another sync under way. Without a link at that moment it is
  skipped.
- A daily time within a selected hour is that hour's sync: one, at the hour's start.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

_WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)
_A_MONDAY = datetime(1969, 12, 29, tzinfo=UTC)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

WHOLE_DRAW = 1_000_000
"""A device's draw, which makes its jitter, is below this."""

DAILY_LASTS = timedelta(minutes=15)
"""How long after the daily time and its jitter it still counts as that time."""

LONGEST_OPEN = _HOUR
"""No slot is open longer than this after its name's time: 45 + 15 minutes, or an hour."""


class SlotKind(StrEnum):
    """What a slot comes from."""

    DAILY = "daily"
    HOUR = "hour"


@dataclass(frozen=True, slots=True, order=True)
class SlotName:
    """What a slot is known by, whatever the settings are by then."""

    at: datetime
    """The daily time, or the hour's start."""
    kind: SlotKind


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment of the schedule: a sync of it may begin from `due_at` on and before `until`."""

    name: SlotName
    due_at: datetime
    until: datetime

    def is_open(self, now: datetime) -> bool:
        """Tell whether its sync may begin now."""
        return self.due_at <= now < self.until


@dataclass(frozen=True, slots=True)
class Plan:
    """When syncs are wanted.

    `daily`: the minute of the day, None where there is no daily time. `hours`: those of the
    week, 0 being Monday from 00:00. `jitter`: how late this device starts each.
    """

    daily: int | None = None
    hours: frozenset[int] = frozenset()
    jitter: timedelta = timedelta()

    def starts(self) -> list[tuple[int, SlotKind]]:
        """List the slots of a week by their minute in it, in order."""
        found = [(60 * hour, SlotKind.HOUR) for hour in self.hours]
        if self.daily is not None:
            daily = [24 * 60 * day + self.daily for day in range(7)]
            found += [(each, SlotKind.DAILY) for each in daily if each // 60 not in self.hours]
        return sorted(found)

    def has(self, name: SlotName) -> bool:
        """Tell whether a slot of that name is wanted."""
        minute = (name.at - _A_MONDAY) % _WEEK // timedelta(minutes=1)
        return (minute, name.kind) in self.starts()

    def slot(self, name: SlotName) -> Slot:
        """Give the slot of a name."""
        due_at = name.at + self.jitter
        until = name.at + _HOUR if name.kind is SlotKind.HOUR else due_at + DAILY_LASTS
        return Slot(name, due_at, until)


NOTHING = Plan()
"""Nothing is scheduled."""


def minute_of_day(text: str) -> int:
    """Read a time of the day like 02:00."""
    hour, minute = text.split(":")
    return 60 * int(hour) + int(minute)


def hour_of_week(text: str) -> int:
    """Read an hour of the week like mon-08."""
    day, hour = text.split("-")
    return 24 * _WEEKDAYS.index(day) + int(hour)


def hour_name(hour: int) -> str:
    """Write an hour of the week: 8 is mon-08."""
    return f"{_WEEKDAYS[hour // 24]}-{hour % 24:02}"


def jitter(longest: timedelta, draw: int) -> timedelta:
    """Give a device's jitter, in whole seconds: its draw's share of the longest."""
    return timedelta(seconds=int(longest.total_seconds()) * draw // WHOLE_DRAW)


def slots_from(plan: Plan, first: datetime) -> Iterator[Slot]:
    """Give the slots named after a moment or at it, in order, for ever; none for no schedule."""
    starts = plan.starts()
    monday = _A_MONDAY + _WEEK * ((first - _A_MONDAY) // _WEEK)
    while starts:
        for minute, kind in starts:
            at = monday + timedelta(minutes=minute)
            if at >= first:
                yield plan.slot(SlotName(at, kind))
        monday += _WEEK


def met(plan: Plan, since: datetime, now: datetime) -> list[Slot]:
    """List the slots that were open at some moment between two, both included."""
    found = []
    for each in slots_from(plan, since - LONGEST_OPEN):
        if each.due_at > now:
            break
        if each.until > since:
            found.append(each)
    return found


def open_now(plan: Plan, now: datetime) -> list[Slot]:
    """List the slots of which a sync may begin now."""
    return met(plan, now, now)


def coming(plan: Plan, now: datetime, used: Iterable[SlotName] = ()) -> Slot | None:
    """Give the next slot that is due after now and is not among the used ones."""
    gone = frozenset(used)
    for each in slots_from(plan, now - LONGEST_OPEN):
        if each.due_at > now and each.name not in gone:
            return each
    return None
