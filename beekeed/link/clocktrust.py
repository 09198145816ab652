"""Whether the box's clock may be believed, as far as the box itself can tell.

From timesyncd's files, from the newest moment that our own database knows, and from the
online Moodle's Date. The clock is never set from here: who may, says so with `timedatectl`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from beekeed.clock import Boot, Clock, SystemBoot
from beekeed.core.clocktrust import Heard, Moment, Trust, is_unset_since, judge
from beekeed.core.model import Reason

_SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")  # touched at each synchronization
_LAST_GOOD = Path("/var/lib/systemd/timesync/clock")  # systemd-timesyncd.service(8)
_RELEASED_AT = datetime(2026, 1, 1, tzinfo=UTC)  # no beekeed is older


class BoxClockTrust:
    """See ports.ClockTrust.

    `known`: the newest moment that was written down while the clock was trusted; what was
    agreed then still is, in the same boot and while nobody set the clock. `counts_date`:
    whether the Date of the online Moodle's answers may be believed. `synchronized`,
    `last_good`: timesyncd's two files. `asks_ntp`: tells whether another program than that
    follows a time server.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        boot: Boot | None = None,
        known: Moment | None = None,
        counts_date: bool = True,
        synchronized: Path = _SYNCHRONIZED,
        last_good: Path = _LAST_GOOD,
        asks_ntp: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self._clock = clock
        self._boot = boot or SystemBoot()
        self._known_at = known.at if known else _RELEASED_AT
        self._heard = Heard(known.at, known) if known else None
        self._counts_date = counts_date
        self._synchronized = synchronized
        self._last_good = last_good
        self._synced: tuple[int, Moment] | None = None
        self._asks_ntp = asks_ntp
        self._followed: Moment | None = None

    async def look(self) -> None:
        """See ports.ClockTrust."""
        if self._asks_ntp is not None and not self.is_trusted():
            self._followed = self._now() if await self._asks_ntp() else None

    def is_trusted(self) -> bool:
        """See ports.ClockTrust."""
        return self.moment().is_trusted

    def moment(self) -> Moment:
        """See ports.ClockTrust."""
        now = self._now()
        trust, _ = self._judge(now)
        if trust is not Trust.UNTRUSTED:
            self._known_at = now.at
        return replace(now, trust=trust)

    def doubt(self) -> Reason | None:
        """See ports.ClockTrust."""
        return self._judge(self._now())[1]

    def wants_date(self) -> bool:
        """See ports.ClockTrust. What was heard of a clock that nobody set since still holds."""
        now = self._now()
        has_heard = self._heard is not None and is_unset_since(self._heard.moment, now)
        return self._counts_date and not has_heard and self._judge(now)[0] is Trust.UNTRUSTED

    def hear(self, date: datetime) -> None:
        """See ports.ClockTrust."""
        self._heard = Heard(date, self._now())

    def _now(self) -> Moment:
        return Moment(self._clock.now(), self._boot.id, self._boot.seconds())

    def _judge(self, now: Moment) -> tuple[Trust, Reason | None]:
        floor = max(_RELEASED_AT, self._known_at, self._kept_by_timesyncd())
        return judge(now, floor=floor, synced=self._last_synced(now), heard=self._heard)

    def _last_synced(self, now: Moment) -> Moment | None:
        """Give the clocks when timesyncd's last synchronization was first seen, if there was one.

        It touches a file each time. One that is of the future was set before the clock was.
        """
        try:
            touched = self._synchronized.stat().st_mtime_ns
        except OSError:
            return self._followed
        if self._synced is None or self._synced[0] != touched:
            self._synced = (touched, now)
        return self._synced[1] if touched / 1e9 <= now.at.timestamp() + 1 else None

    def _kept_by_timesyncd(self) -> datetime:
        """Give when timesyncd last knew the time, which it keeps as the age of a file."""
        try:
            return datetime.fromtimestamp(self._last_good.stat().st_mtime, UTC)
        except (OSError, ValueError, OverflowError):  # not there, or of no year that there is
            return _RELEASED_AT
