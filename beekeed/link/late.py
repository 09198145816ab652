"""What still comes for a connection that has ended by itself: no socket is there to count it.

Where we closed first, the peer sends its last segment again as long as our last acknowledgement
gets lost, and the kernel acknowledges it again (TIME_WAIT). Where it did, it acknowledges each
of our last segments, of which the first got us closed, and the others get a reset.
"""

import asyncio
import time
from collections.abc import Callable

from beekeed.core.model import Bytes
from beekeed.link import tcpinfo
from beekeed.link.tcpinfo import TcpInfo

COUNTED_SECONDS = 0.1
"""A driver may count what it received so long after it handed it on."""
_LOOK_SECONDS = 0.03
_NEAR_SECONDS = 0.005  # over such a line nothing gets lost
_LONGEST_SECONDS = 4.0
_MOST = 4


class Late:
    """Bounds it, and counts it where the line may lose something.

    `first`, `last`: how the connection was when its end began, and when it was over; `began_it`:
    whether we did; `is_lossy`: whether something of it got lost; `beside`: gives what was
    received beside what is counted, `beside_before`: what that was when it surely was not over.
    """

    def __init__(
        self,
        first: TcpInfo,
        last: TcpInfo,
        *,
        ipv6: bool,
        began_it: bool,
        is_lossy: bool,
        beside: Callable[[], int | None],
        beside_before: int | None,
    ) -> None:
        again = min(_MOST, last.total_retrans - first.total_retrans)
        segments, self._likely = (_MOST, 1) if began_it else (again, 0)
        self._header = tcpinfo.header_bytes(last, ipv6=ipv6)
        data = min(last.advmss, last.bytes_received - first.bytes_received)
        self._each = Bytes(self._header, self._header + data)
        self.most = _times(segments, self._each)
        """What may come at the most."""
        self._last = last
        self._is_lossy = is_lossy
        self._beside = beside
        self._beside_before = beside_before

    @property
    def unseen(self) -> Bytes:
        """What is charged where nothing came: the last acknowledgement may be lost all the same."""
        return _times(self._likely, self._each)

    async def count(self, quiet_seconds: float) -> Bytes:
        """Give what comes, when for so long nothing did; at once where nothing gets lost."""
        if not self._is_lossy and (
            not self.most.sent or self._last.least_rtt_seconds < _NEAR_SECONDS
        ):
            return Bytes()
        if not self.most.sent:
            await asyncio.sleep(COUNTED_SECONDS)
            return Bytes()
        came = await self._watch(quiet_seconds)
        if came is None:
            return self.most if self._is_lossy else Bytes()
        segments = (came + self._header // 2) // self._header
        return Bytes(segments * self._header, came)

    async def _watch(self, quiet_seconds: float) -> int | None:
        """Give how much came that no socket counts; None where somebody else receives as well."""
        before, came, found = self._beside_before, 0, 0
        now = time.monotonic()
        until, quiet_at = now + _LONGEST_SECONDS, now + quiet_seconds
        while time.monotonic() < min(until, quiet_at):
            await asyncio.sleep(_LOOK_SECONDS)
            beside = self._beside()
            if before is None or beside is None:
                return None
            found = beside - before
            if came < found < self.most.received:  # another's may wait behind a gap for a while
                came, quiet_at = found, time.monotonic() + 2 * quiet_seconds
        return max(0, found) if found < self.most.received else None


def _times(segments: int, each: Bytes) -> Bytes:
    return Bytes(segments * each.sent, segments * each.received)
