"""A box's clock that the test sets, with all that tells whether it is right."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from beekeed.core.clocktrust import Moment, Trust
from beekeed.errors import Code
from beekeed.link.clocktrust import BoxClockTrust
from tests.clock import START, FakeBoot, FakeClock


class Box:
    """A clock, timesyncd's two files, and what judges them."""

    def __init__(self, folder: Path, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.told, self.kept = folder / "synchronized", folder / "clock"
        self.trust = self.started()

    def started(self, known: Moment | None = None, boot: str = "this", **how: Any) -> BoxClockTrust:
        """Start beekeed."""
        return BoxClockTrust(
            clock=self.clock,
            boot=FakeBoot(self.clock.monotonic, boot, began=START.timestamp() - 600),
            known=known,
            synchronized=self.told,
            last_good=self.kept,
            **how,
        )

    def synchronize(self) -> None:
        """Do as timesyncd does when a time server answered."""
        self.touch(self.told)

    def touch(self, file: Path, at: datetime | None = None) -> None:
        """Touch a file at a time, by the box's clock unless told."""
        seconds = (at or self.clock.now()).timestamp()
        file.touch()
        os.utime(file, (seconds, seconds))

    def state(self) -> Trust:
        """How far the clock is believed."""
        return self.trust.moment().trust

    def why(self) -> Code | None:
        """Why it is not."""
        doubt = self.trust.doubt()
        return doubt.code if doubt else None
