"""The real daemon with a wall clock that a test sets: libfaketime is between the two.

What counts the seconds since the start, and what waits, keep the true time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.faketime import preloaded
from tests.system.world import World


@contextmanager
def wall_clock(here: World, offset: str = "+0") -> Iterator[None]:
    """Have the programs that are started meanwhile see a clock that is off by so much."""
    set_clock(here, offset)
    here.environment |= preloaded() | {
        "FAKETIME_TIMESTAMP_FILE": str(here.folder / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else no wait takes its time
        "NO_FAKE_STAT": "1",
    }
    yield
    del here.environment["LD_PRELOAD"]


def set_clock(here: World, offset: str) -> None:
    """Set that clock, as in `faketime -f`: "+0" is right, "-20000d" is long ago."""
    new = here.folder / "clock.new"
    new.write_text(f"{offset}\n")
    new.rename(here.folder / "clock")


def offset_to(year: int) -> str:
    """How far a clock is off that is in the middle of a year."""
    return f"{int(datetime(year, 6, 1, tzinfo=UTC).timestamp() - time.time()):+d}"
