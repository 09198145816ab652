"""Every transition of the table of phases, as the real loop and the real engine make it."""

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from beekeed.core.cycle import TRANSITIONS, Event, Phase, advance
from beekeed.core.request import VERIFY, Request
from beekeed.core.schedule import Plan
from beekeed.engine import Stores
from tests.engine.school import School
from tests.engine.stepped import Box, MemorySlots, monday

Transition = tuple[Phase, Event]

OF_RUNS = {
    (phase, event)
    for phase, events in TRANSITIONS.items()
    for event in events
    if phase not in (Phase.IDLE, Phase.AWAITING, Phase.OFF)
} | {(Phase.IDLE, Event.STARTED)}
ALL = {(phase, event) for phase, events in TRANSITIONS.items() for event in events}


class Tripwire:
    """A store that tells of each call before it is made."""

    def __init__(self, store: Any, tell: Callable[[], None]) -> None:
        self._store = store
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        """Give what the store has."""
        self._tell()
        return getattr(self._store, name)


async def walk(here: School, request: Request, stop_at: int = 0) -> tuple[set[Transition], int]:
    """Run once, and have it stopped before one of its calls of a store.

    Gives the transitions, and how many calls there were.
    """
    calls, phase, walked = 0, Phase.IDLE, set[Transition]()

    def tell() -> None:
        nonlocal calls
        calls += 1
        if calls == stop_at:
            engine.stop()

    def report(event: Event) -> None:
        nonlocal phase
        walked.add((phase, event))
        phase = advance(phase, event)

    stores = here.stores
    each = {field.name: Tripwire(getattr(stores, field.name), tell) for field in fields(Stores)}
    here.stores = Stores(**each)
    engine = here.engine()
    here.stores = stores
    here.clock.time += timedelta(hours=1)
    await engine.run(request, lambda _: None, report)
    assert phase is Phase.IDLE
    return walked, calls


async def runs_transitions(here: School) -> set[Transition]:
    """Have runs of every kind, each once for every place where it may be stopped."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    walked, count = await walk(here, Request())
    for request in (Request(), Request(VERIFY)):
        walked |= (await walk(here, request))[0]
    at, count = 0, count
    while at < count:
        at += 2
        here.box.grade("amina", "Test", 1 + at / 100, at=here.clock.time)
        more, count = await walk(here, Request(), stop_at=at)
        walked |= more
    here.box.close()
    box = here.box.path
    away = box.rename(Path(f"{box}.away"))
    walked |= (await walk(here, Request()))[0]
    away.rename(box)
    return walked


async def rests_transitions() -> set[Transition]:
    """Have the loop wait for a link, find one, find none, and be switched off and on."""
    box = Box(monday(), MemorySlots(), Plan(hours=frozenset({0, 1, 3})))
    await box.link(up=False)
    await box.step(minutes=30)
    await box.link(up=True)
    await box.step(minutes=10)
    await box.link(up=False)
    await box.step(hours=2)
    await box.change(enabled=False)
    await box.change(enabled=True)
    await box.step(hours=1)
    await box.change(enabled=False)
    await box.lose_power()
    walked = set()
    for before, after in pairwise([Phase.IDLE, *box.phases]):
        events = [event for event, to in TRANSITIONS[before].items() if to is after]
        assert len(events) == 1 or before not in (Phase.IDLE, Phase.AWAITING, Phase.OFF)
        walked |= {(before, event) for event in events[:1]}
    return walked


async def test_every_transition_of_the_table_is_made_and_no_other(here: School) -> None:
    """A run that is stopped before each of its calls of a store, and a loop that waits."""
    of_runs = await runs_transitions(here)
    of_rests = await rests_transitions()
    assert of_runs == OF_RUNS
    assert of_runs | of_rests == ALL
