"""What a connection had sent and when, as far as a reset that comes back may ask for it."""

import time
from collections import deque

from beekeed.link.tcpinfo import TcpInfo

_KEPT_SECONDS = 2.0
_PARTIAL_SEGMENTS = 3  # of a request's head, its body, and what TLS adds


class Trail:
    """The acknowledgements that were sent of late, and how much data surely arrived."""

    def __init__(self) -> None:
        self._acknowledged: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._arrived_segments = 0

    def note(self, info: TcpInfo) -> None:
        """Remember how much was acknowledged by now; older than a while is forgotten."""
        now = time.monotonic()
        self._acknowledged.append((now, _acknowledgements(info)))
        while len(self._acknowledged) > 1 and self._acknowledged[1][0] < now - _KEPT_SECONDS:
            self._acknowledged.popleft()

    def note_arrived(self, info: TcpInfo) -> None:
        """Remember that all that was sent had arrived."""
        self._arrived_segments = info.data_segs_out

    def under_way_since(self, moment: float, info: TcpInfo) -> int:
        """Bound how many segments were under way since a moment of the monotonic clock."""
        before = [count for at, count in self._acknowledged if at <= moment]
        acknowledgements = _acknowledgements(info) - (before[-1] if before else 0)
        return self.data_under_way(info) + acknowledgements

    def data_under_way(self, info: TcpInfo) -> int:
        """Bound how many segments with data may not have arrived yet."""
        return min(
            info.in_flight_bytes // max(1, info.snd_mss) + _PARTIAL_SEGMENTS,
            info.data_segs_out - self._arrived_segments,
        )


def _acknowledgements(info: TcpInfo) -> int:
    """Give how many segments without data were sent."""
    return info.segs_out - info.data_segs_out
