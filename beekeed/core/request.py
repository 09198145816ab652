"""What a sync is asked to do."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Period:
    """Days to be brought up to date, first and last among them, in UTC."""

    first: date
    last: date


VERIFY = "verify"
"""The cause of a run that reads back what was acknowledged, and sends nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """One sync as somebody or the schedule asks for it.

    `period`: only what belongs to these days, and all of that, also what is late; None:
    everything pending. `force`: courses are matched without their modification dates, for
    this run alone (features.md, row 8).
    """

    cause: str = "manual"
    period: Period | None = None
    force: bool = False
