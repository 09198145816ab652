"""What one connection cost, followed from its first packet to its last.

The kernel counts for us as long as a connection has a socket. A connection that ends by
itself is seen off: half-closed, and watched until the kernel is done with it. What is
given up is dropped instead: nothing of it leaves any more, and what still comes is
answered with resets, which the kernel counts.
"""

import asyncio
import contextlib
import ctypes
import os
import socket
import struct
import time
from collections.abc import Callable

from beekeed.core.model import Bytes
from beekeed.link import allowance, counters, tcpinfo
from beekeed.link.tcpinfo import State, TcpInfo
from beekeed.link.trail import Trail

_SEE_OFF_SECONDS = 8
_ANSWER_SECONDS = 2.0  # a server that has not closed its side by then will not soon
_QUIET_SECONDS = 0.3
_RETRANSMIT_SECONDS = 0.2  # the least that any kernel waits before it sends again (TCP_RTO_MIN)
_LOOK_SECONDS = 0.03
_TICK_SECONDS = 0.01  # as coarse as the kernel's times are
_TICKETS_SEGMENTS, _TICKETS_BYTES = 2, 600  # TLS sends them when the request is out already
_LAST_SEGMENTS = 3  # what a server may have to say when we close our side
_ALERT_BYTES = 40  # TLS says with it that it closes a connection
_MERGED_SHARE = 20  # where many segments are one to the kernel, it counts one header
_MOST_MERGED = 65_536
_NO_ADDRESS = struct.pack("=H14x", socket.AF_UNSPEC)


class Flow:
    """One connection's figures. Of what goes through its socket it has to be told."""

    def __init__(
        self, made: socket.socket, resets: counters.Resets, everybody: Callable[[], int]
    ) -> None:
        self._handle = made
        self._everybody = everybody
        self._all_resets = resets
        self._ipv6 = made.family == socket.AF_INET6
        self._window = made.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self._everybody_before = everybody()
        self._looked: tuple[TcpInfo | None, int, int] = (None, *self._counted())
        self._twice = tcpinfo.NOTHING_TWICE
        self._ahead = 0
        self._read = 0
        self._offered = self._window
        self._written = 0
        self._arrived = 0
        self._asked_at: TcpInfo | None = None
        self._burst = 0
        self._at_request: TcpInfo | None = None
        self._last: TcpInfo | None = None
        self._resets = False
        self._resets_before = 0
        self._dropped = Bytes()
        self._slipped = Bytes()
        self._trail = Trail()
        self._final: Bytes | None = None

    @property
    def is_open(self) -> bool:
        """Whether a request can go out on it."""
        return self._last is None and self._info().state == State.ESTABLISHED

    @property
    def has_unsent(self) -> bool:
        """Whether something waits in the socket that was not sent yet."""
        return self._last is None and self._info().notsent_bytes > 0

    @property
    def was_dropped(self) -> bool:
        """Whether it did not end by itself."""
        return self._last is not None

    @property
    def is_final(self) -> bool:
        """Whether it costs nothing more."""
        return self._final is not None

    @property
    def written_bytes(self) -> int:
        """What was given to the socket to send."""
        return self._written

    def count_read(self, size: int) -> None:
        """Note that so many bytes were read: the peer may send as many more."""
        self._read += size
        self._trail.note(self._info())

    def count_written(self, size: int) -> None:
        """Note that so many bytes were given to the socket."""
        self._written += size
        self._trail.note(self._info())
        if size > _ALERT_BYTES:
            self._asked_at = self._info()

    def mark_request(self, window: int) -> None:
        """Note that a request begins: all that the peer had sent has arrived.

        Make the window smaller where it is; what was offered before stays so.
        """
        info = self._info()
        if window < self._window:
            self._offered = self._read + self._window
            narrow(self._handle, window)
            self._window = self._handle.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self._burst = self._burst_until(info)
        self._at_request = info

    def look(self) -> None:
        """Learn what only everybody's counters tell. The oftener, the less is taken for ours."""
        if self._last is None:
            self._learn(self._ask())

    def _learn(self, now: TcpInfo) -> None:
        before, repeats, everybody = self._looked
        self._looked = (now, *self._counted())
        self._ahead = tcpinfo.ahead_bytes(self._ahead, before, now)
        if not (now.in_flight_bytes or now.notsent_bytes):
            self._arrived = self._written
            self._trail.note_arrived(now)
        self._twice += tcpinfo.doubled(
            before,
            now,
            repeats=self._looked[1] - repeats,
            everybody=self._looked[2] - everybody,
        )

    def _counted(self) -> tuple[int, int]:
        return counters.repeats_received(), self._everybody()

    def cost(self) -> Bytes:
        """Give what it cost so far, at the most."""
        if self._final is not None:
            return self._final
        spent = tcpinfo.cost(
            self._info(),
            ipv6=self._ipv6,
            twice=self._twice,
            ahead=self._ahead,
            everybody=self._looked[2] - self._everybody_before if self._last else None,
        )
        return spent + self._slipped + Bytes(sent=self._header() if self._resets else 0)

    def may_come(self) -> int:
        """Give what may still be sent and come, both ways, if it were dropped now."""
        if self._final is not None:
            return 0
        info = self._info()
        sending = 0
        if self._last is None:
            in_flight, unsent = info.in_flight_bytes, info.notsent_bytes
            sending = allowance.sending_bytes(unsent, in_flight, segment=info.snd_mss)
        return sending + self._coming(info)

    def _coming(self, info: TcpInfo) -> int:
        if info.state == State.CLOSED and self._last is None:
            return 0
        return allowance.coming_bytes(
            self._room(info), self._burst_until(info), header=self._header()
        )

    def _room(self, info: TcpInfo) -> int:
        """Give how much more the peer may send: what is not read yet takes room."""
        return max(0, max(self._offered, self._read + self._window) - info.bytes_received)

    def _burst_until(self, info: TcpInfo) -> int:
        return max(self._burst, allowance.burst(info, self._at_request, self._window))

    def _info(self) -> TcpInfo:
        return self._last or self._ask()

    def _ask(self) -> TcpInfo:
        return tcpinfo.parse(
            self._handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, tcpinfo.LENGTH)
        )

    def _header(self) -> int:
        return tcpinfo.header_bytes(self._info(), ipv6=self._ipv6)

    def hand_over(self) -> None:
        """Keep the connection when its socket is closed: by a duplicate."""
        if self._handle.fileno() >= 0:
            self._handle = socket.socket(
                self._handle.family,
                self._handle.type,
                self._handle.proto,
                fileno=os.dup(self._handle.fileno()),
            )

    def drop(self) -> None:
        """End the connection at once, whoever has a duplicate; nothing of it leaves any more."""
        if self._last is not None:
            return
        self.look()
        self._resets_before = self._all_resets.of_others()
        before = counters.octets()
        self._last = info = self._ask()
        self._resets = info.state in tcpinfo.ENDS_WITH_RESET
        if self._resets:
            self._all_resets.note_own()
        if info.state != State.CLOSED:
            _disconnect(self._handle)
        self._dropped = counters.octets()
        self._learn(info)
        if info.state != State.CLOSED:
            self._slipped = self._between(info, before, self._dropped)

    def _between(self, info: TcpInfo, before: Bytes, after: Bytes) -> Bytes:
        """Bound what passed while it was dropped: nothing tells it but everybody's counters."""
        unsent = allowance.sending_bytes(info.notsent_bytes, segment=info.snd_mss)
        sent = after.sent - before.sent - (self._header() if self._resets else 0)
        coming = self._coming(info) if self._is_answered(info) else 0
        return Bytes(
            min(max(0, sent + sent // _MERGED_SHARE), unsent + coming),
            min(after.received - before.received, coming),
        )

    def give_up(self) -> None:
        """Drop it, unless all is sent and nothing has come: it may then end by itself."""
        info = self._info()
        is_alert = self._written - self._arrived <= _ALERT_BYTES
        is_under_way = info.notsent_bytes or (info.in_flight_bytes and not is_alert)
        if is_under_way or self._is_answered(info):
            self.drop()

    def _is_answered(self, info: TcpInfo) -> bool:
        """Tell whether an answer has begun."""
        if self._asked_at is None:
            return False
        segments, payload = info.arrived_since(self._asked_at)
        return segments > _TICKETS_SEGMENTS or payload > _TICKETS_BYTES

    def charge_in_full(self) -> None:
        """Drop it, and charge all that may still come: nothing has to be waited for."""
        if self._final is None:
            self.drop()
            self._final = self.cost() + Bytes(received=self.may_come())

    async def finish(self, unused: Callable[[], int]) -> None:
        """Follow the connection to its end after `hand_over`; what it cost is final then.

        `unused`: what is still held for it. More cannot have come after it was dropped.
        """
        try:
            if self._last is None:
                await self._see_off()
            strays = await self._count_strays()
            if self._final is None:
                most = unused()
                received = min(strays.received, max(0, most - strays.sent))
                self._final = self.cost() + Bytes(min(strays.sent, most), received)
        finally:
            self.charge_in_full()
            self._handle.close()

    async def _see_off(self) -> None:
        """Half-close, and wait until the kernel has done with the connection."""
        began_it = self._ask().state == State.ESTABLISHED
        if self._ask().state in (State.CLOSED, State.SYN_SENT):  # reset by the peer, or never there
            self.drop()
            return
        with contextlib.suppress(OSError):  # the peer was faster
            self._handle.shutdown(socket.SHUT_WR)
        until = time.monotonic() + _SEE_OFF_SECONDS
        info = first = self._ask()
        quiet_at = time.monotonic() + _ANSWER_SECONDS
        while info.state != State.CLOSED and self._last is None:
            now = time.monotonic()
            is_quiet = info.state == State.FIN_WAIT_2 and now >= quiet_at
            is_flooded = info.data_segs_in > first.data_segs_in + _LAST_SEGMENTS
            if now >= until or is_quiet or is_flooded:
                self.drop()
                return
            await asyncio.sleep(_LOOK_SECONDS)
            self.look()
            before, info = info, self._info()
            if (info.segs_in, info.segs_out) != (before.segs_in, before.segs_out):
                quiet_at = time.monotonic() + _ANSWER_SECONDS
        self.drop()
        self._ahead = 0
        if self._final is None:
            self._final = self.cost() + (self._last_acknowledgements() if began_it else Bytes())

    def _last_acknowledgements(self) -> Bytes:
        """Allow for the last one being lost: a socket that waits (TIME_WAIT) counts no more."""
        return Bytes(self._header(), self._header())

    def _quiet_seconds(self) -> float:
        return _QUIET_SECONDS + _RETRANSMIT_SECONDS + 2 * self._info().rtt_seconds

    async def _count_strays(self) -> Bytes:
        """Give what came after the connection was dropped: each segment was answered by a reset."""
        info = self._info()
        if self._final is not None:
            return Bytes()
        if info.state == State.CLOSED:
            return await self._count_answers(info)
        now = time.monotonic()
        strays, until, quiet_at = 0, now + _SEE_OFF_SECONDS, now + self._quiet_seconds()
        while time.monotonic() < min(until, quiet_at) and self._final is None:
            await asyncio.sleep(_LOOK_SECONDS)
            seen = self._all_resets.of_others() - self._resets_before
            if seen > strays:
                strays, quiet_at = seen, time.monotonic() + self._quiet_seconds()
        plain = tcpinfo.plain_header_bytes(ipv6=self._ipv6)
        each = info.advmss + self._header()
        if not info.is_connected:  # all that can come is that the peer takes it, late or again
            each = tcpinfo.opening_bytes(ipv6=self._ipv6)
        elif self._is_answered(info):
            each = _MOST_MERGED  # of an answer, the kernel may count many segments as one
        found = Bytes(strays * plain, min(self._coming(info), strays * each))
        return self._at_most_all(found)

    async def _count_answers(self, info: TcpInfo) -> Bytes:
        """Give what came after the peer's reset: another for each segment that it met on its way.

        They are those that were sent at most a round trip before its last data came; on a line
        that loses, where the reset itself may have come the second time, two.
        """
        if not info.is_connected:
            return Bytes()
        trips = 2 if info.total_retrans or info.rcv_ooopack else 1
        moment = time.monotonic() - info.silent_seconds - trips * info.rtt_seconds - _TICK_SECONDS
        met = self._trail.under_way_since(moment, info)
        await asyncio.sleep(info.rtt_seconds + _LOOK_SECONDS)
        beside = self._everybody() - self._everybody_before - self.cost().received
        found = met * tcpinfo.plain_header_bytes(ipv6=self._ipv6)
        return Bytes(received=max(0, min(found, beside)))

    def _at_most_all(self, found: Bytes) -> Bytes:
        """Believe no more than what the whole namespace sent and received since it was dropped."""
        now = counters.octets()
        sent, received = now.sent - self._dropped.sent, now.received - self._dropped.received
        return Bytes(
            min(found.sent, sent + sent // _MERGED_SHARE),
            min(found.received, received + received // _MERGED_SHARE),
        )


def narrow(handle: socket.socket, window: int) -> None:
    """Set how much may wait in a socket: its window is never larger. The kernel doubles it."""
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window // 2)


def _disconnect(handle: socket.socket) -> None:
    """Dissolve a connection: connect(2) with AF_UNSPEC discards what waits, and resets.

    Unlike close(2) it does not matter who else has the socket open.
    """
    ctypes.CDLL(None).connect(handle.fileno(), _NO_ADDRESS, len(_NO_ADDRESS))
