"""What still comes for a connection that was dropped: no socket is there to count it.

Each segment is answered by a reset, and the kernel counts the resets of all connections
together. A connection that the peer had reset is different: what was on its way meets nobody
there, and the peer answers it by resets.
"""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from beekeed.core.model import Bytes
from beekeed.link import counters, tcpinfo
from beekeed.link.late import COUNTED_SECONDS
from beekeed.link.tcpinfo import State, TcpInfo
from beekeed.link.trail import Trail

_MOST_SECONDS = 8
_QUEUE_SECONDS = 1.5  # what was sent may stand so long in the queues on its way
_LOOK_SECONDS = 0.03
_TICK_SECONDS = 0.01  # as coarse as the kernel's times are
MERGED_SHARE = 20
"""Where many segments are one to the kernel, it counts one header: so much is one part more."""
_MOST_MERGED = 65_536


class Dropped(NamedTuple):
    """How all stood when a connection was dropped."""

    at: float
    """By the monotonic clock."""
    resets: int
    """That others' connections had sent."""
    octets: Bytes
    """That the whole namespace had sent and received."""


class Strays:
    """Counts it, once. `last`: how the connection was; `coming`: the most that may come.

    `is_answered`: whether an answer had begun.
    """

    def __init__(
        self,
        last: TcpInfo,
        dropped: Dropped,
        *,
        ipv6: bool,
        resets: counters.Resets,
        trail: Trail,
        coming: int,
        is_answered: bool,
    ) -> None:
        self._last = last
        self._dropped = dropped
        self._plain = tcpinfo.plain_header_bytes(ipv6=ipv6)
        self._opening = tcpinfo.opening_bytes(ipv6=ipv6)
        self._header = tcpinfo.header_bytes(last, ipv6=ipv6)
        self._resets = resets
        self._trail = trail
        self._coming = coming
        self._is_answered = is_answered
        self.unseen = Bytes()
        """What is charged beside, as it may come later than anybody waits."""

    async def count(self, quiet_seconds: float, is_over: Callable[[], bool]) -> Bytes:
        """Give what came, when for so long nothing did; earlier where nobody asks any more."""
        if self._last.state == State.CLOSED:
            return await self._count_answers()
        segments = await self._count_segments(quiet_seconds, is_over)
        each = self._last.advmss + self._header
        if not self._last.is_connected:  # all that can come is that the peer takes it
            each = self._opening
            if self._last.segs_out:  # and once more where our reset gets lost, as it may any time
                again = 1 if segments else 2
                self.unseen = Bytes(again * self._plain, again * each)
        elif self._is_answered:
            each = _MOST_MERGED  # of an answer, the kernel may count many segments as one
        found = Bytes(segments * self._plain, min(self._coming, segments * each))
        # A reset that answers what was under way is answered by nobody.
        resets = Bytes(received=self._plain * self._trail.data_under_way(self._last))
        return self._at_most_all(found) + resets

    async def _count_segments(self, quiet_seconds: float, is_over: Callable[[], bool]) -> int:
        if self._is_answered and self._last.silent_seconds < _QUEUE_SECONDS:
            quiet_seconds += _QUEUE_SECONDS
        now = time.monotonic()
        segments, until, quiet_at = 0, now + _MOST_SECONDS, now + quiet_seconds
        while time.monotonic() < min(until, quiet_at) and not is_over():
            await asyncio.sleep(_LOOK_SECONDS)
            seen = self._resets.of_others() - self._dropped.resets
            if seen > segments:
                segments, quiet_at = seen, time.monotonic() + quiet_seconds
        return segments

    async def _count_answers(self) -> Bytes:
        """Give what came after the peer's reset: another for each segment that it met on its way.

        They are those that were sent at most a round trip before its last data came; on a line
        that loses, where the reset itself may have come the second time, two.
        """
        info = self._last
        if not info.is_connected:
            return Bytes()
        trips = 2 if info.total_retrans or info.rcv_ooopack else 1
        silent_seconds = info.silent_seconds + trips * info.rtt_seconds + _TICK_SECONDS
        met = self._trail.under_way_since(self._dropped.at - silent_seconds, info)
        await asyncio.sleep(info.rtt_seconds + COUNTED_SECONDS)
        return Bytes(received=met * self._plain)

    def _at_most_all(self, found: Bytes) -> Bytes:
        """Believe no more than what the whole namespace sent and received since it was dropped."""
        now, before = counters.octets(), self._dropped.octets
        sent, received = now.sent - before.sent, now.received - before.received
        return Bytes(
            min(found.sent, sent + sent // MERGED_SHARE),
            min(found.received, received + received // MERGED_SHARE),
        )
