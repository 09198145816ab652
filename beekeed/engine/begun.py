"""What the parts of one run share from its beginning on: what it is for, and what it works with."""

from collections.abc import Callable
from dataclasses import dataclass

from beekeed.clock import Clock
from beekeed.core.cycle import Event
from beekeed.core.request import Request, Wanted
from beekeed.engine.headway import Headway
from beekeed.engine.limiting import Limiter
from beekeed.engine.stopping import Stop
from beekeed.engine.stores import Stores
from beekeed.ports.link import Measurement
from beekeed.ports.online import OnlineMoodle


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun."""

    run_id: int
    event_id: str
    began: float
    """On the monotonic clock."""
    request: Request
    wanted: Wanted
    stop: Stop
    report: Callable[[Event], None]
    """Hears of each step of the cycle."""
    spent: Measurement
    """By the run so far, on the line."""
    headway: Headway
    limiter: Limiter
    clock: Clock
    online: OnlineMoodle
    stores: Stores
