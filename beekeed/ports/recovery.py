"""What had to be put right with our own records, for whoever looks after the box."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beekeed.core.model import Reason


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was done, and when, by the clock of then."""

    reason: Reason
    at: datetime


class Recoveries(Protocol):
    """Tells of them."""

    async def latest(self) -> Recovery | None:
        """Give the latest; None: there was none."""
        ...
