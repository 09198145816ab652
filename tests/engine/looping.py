"""The daemon's loop on the engine of a school, on the machine's own time, or one of a test's."""

from collections.abc import Callable

from beekeed.clock import Clock, SystemClock
from beekeed.core.cycle import Phase
from beekeed.core.schedule import NOTHING, Plan
from beekeed.engine import Engine, Schedule
from beekeed.loop import Loop
from beekeed.ports.link import Arrival
from beekeed.ports.schedule import Slots
from tests.engine.school import School
from tests.engine.stepped import MemorySlots


class NoArrival:
    """See ports.Arrival: nobody is to wait."""

    async def link(self, seconds: float) -> bool:
        """Nobody is to wait."""
        raise AssertionError

    async def site(self, seconds: float) -> bool:
        """Nobody is to wait."""
        raise AssertionError


def loop_of(
    here: School,
    *,
    engine: Engine | None = None,
    clock: Clock | None = None,
    slots: Slots | None = None,
    plan: Callable[[], Plan] = lambda: NOTHING,
    arrival: Arrival | None = None,
    is_enabled: Callable[[], bool] = lambda: True,
    announce: Callable[[Phase], None] = lambda _: None,
    look_every_seconds: float = 3600,
) -> Loop:
    """Build it as the daemon does."""
    clock, engine = clock or SystemClock(), engine or here.engine()
    return Loop(
        engine=engine,
        schedule=Schedule(
            clock=clock,
            trust=here.trust,
            slots=slots or MemorySlots(),
            plan=lambda _: plan(),
            skip=engine.skip,
        ),
        clock=clock,
        route=here.route,
        arrival=arrival or NoArrival(),
        is_enabled=is_enabled,
        announce=announce,
        look_every_seconds=look_every_seconds,
    )
