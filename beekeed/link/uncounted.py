"""What one connection received that its socket does not count: what came twice, or too early.

Only everybody's counters tell of it. Rule: whatever arrives while they are read is taken for
ours at least once.
"""

from collections.abc import Callable

from beekeed.link import counters, tcpinfo
from beekeed.link.tcpinfo import TcpInfo


class Uncounted:
    """Learns it from one look to the next. The oftener, the less is taken for ours."""

    def __init__(self) -> None:
        self.twice = tcpinfo.NOTHING_TWICE
        """What arrived twice, at the most."""
        self.ahead_bytes = 0
        """What waits behind a gap, at the most."""
        self._before: TcpInfo | None = None
        self._repeats_before = counters.repeats_received()

    def look(self, ask: Callable[[], TcpInfo], waiting: Callable[[TcpInfo], int]) -> None:
        """Ask how it is now, and learn from the answer."""
        repeats = counters.repeats_received()
        now = ask()
        repeats_after = self.learn(now, repeats=repeats, waiting=waiting(now))
        if ask().segs_in == now.segs_in:  # what was counted since `now` is not ours
            self._repeats_before = repeats_after

    def learn(self, now: TcpInfo, *, repeats: int, waiting: int) -> int:
        """Learn from how it is now; gives what is counted by then.

        `repeats`: what was counted before that was asked; `waiting`: how many bytes may be
        behind a gap.
        """
        repeats_after = counters.repeats_received()
        self.twice += tcpinfo.doubled(
            self._before,
            now,
            repeats=repeats_after - self._repeats_before,
            ahead=self.ahead_bytes,
        )
        ahead = tcpinfo.ahead_bytes(self.ahead_bytes, self._before, now)
        self.ahead_bytes = min(ahead, waiting)
        self._before, self._repeats_before = now, repeats
        return repeats_after

    def end(self) -> None:
        """Note that it ended by itself: each gap is filled."""
        self.ahead_bytes = 0
