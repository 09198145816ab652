"""Whether the box's clock may be believed, as far as the box itself can tell.

Where systemd-timesyncd has heard from a time server since the start, it is. Else it is
believed as long as it is not behind what it surely must be past.
"""

from datetime import UTC, datetime
from pathlib import Path

from beekeed.clock import Clock

_SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
_LAST_GOOD = Path("/var/lib/systemd/timesync/clock")
_FLOOR = datetime(2026, 1, 1, tzinfo=UTC)  # no beekeed is older


class TimesyncTrust:
    """See ports.ClockTrust. `synchronized`, `last_good`: timesyncd's two files."""

    def __init__(
        self, *, clock: Clock, synchronized: Path = _SYNCHRONIZED, last_good: Path = _LAST_GOOD
    ) -> None:
        self._clock = clock
        self._synchronized = synchronized
        self._last_good = last_good

    def is_trusted(self) -> bool:
        """See ports.ClockTrust."""
        return self._synchronized.exists() or self._clock.now() >= max(_FLOOR, self._known_past())

    def _known_past(self) -> datetime:
        """Give when timesyncd last knew the time, which it keeps as the age of a file."""
        try:
            return datetime.fromtimestamp(self._last_good.stat().st_mtime, UTC)
        except OSError:
            return _FLOOR
