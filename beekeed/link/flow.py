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
import sys
import time

from beekeed.core.model import Bytes
from beekeed.link import allowance, counters, tcpinfo
from beekeed.link.beside import Beside
from beekeed.link.late import Late
from beekeed.link.strays import MERGED_SHARE, Dropped, Strays
from beekeed.link.tcpinfo import State, TcpInfo
from beekeed.link.trail import Trail
from beekeed.link.uncounted import Uncounted

_SEE_OFF_SECONDS = 8
_ANSWER_SECONDS = 2.0  # a server that has not closed its side by then will not soon
_QUIET_SECONDS = 0.3
_RETRANSMIT_SECONDS = 0.2  # the least that any kernel waits before it sends again (TCP_RTO_MIN)
_LOOK_SECONDS = 0.03
_TICKETS_SEGMENTS, _TICKETS_BYTES = 2, 600  # TLS sends them when the request is out already
_LAST_SEGMENTS = 3  # what a server may have to say when we close our side
_ALERT_BYTES = 40  # TLS says with it that it closes a connection
_SO_MEMINFO = 55  # asm-generic/socket.h; the first of its fields is SK_MEMINFO_RMEM_ALLOC
_NO_ADDRESS = struct.pack("=H14x", socket.AF_UNSPEC)


class Flow:
    """One connection's figures. Of what goes through its socket it has to be told."""

    def __init__(self, made: socket.socket, resets: counters.Resets, beside: Beside) -> None:
        self._handle = made
        self._all_resets = resets
        self._ipv6 = made.family == socket.AF_INET6
        self._window = made.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self._uncounted = Uncounted()
        self._read = 0
        self._offered = self._window
        self._written = 0
        self._arrived = 0
        self._asked_at: TcpInfo | None = None
        self._burst = 0
        self._at_request: TcpInfo | None = None
        self._last: TcpInfo | None = None
        self._resets = False
        self._dropped: Dropped | None = None
        self._slipped = Bytes()
        self._after: Late | None = None
        self._came = Bytes()
        self._unseen = Bytes()
        self._trail = Trail()
        self._final: Bytes | None = None
        self._beside = beside
        self._mark = beside.join(self)
        self._unknown: int | None = None

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
            self._uncounted.look(self._ask, self._waiting)
            self._note_arrived()

    def _waiting(self, info: TcpInfo) -> int:
        """Bound how many bytes wait behind a gap: by the memory that everything takes."""
        raw = self._handle.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4)
        unread = info.bytes_received - 1 - self._read  # a FIN is no byte
        return max(0, int.from_bytes(raw, sys.byteorder) - max(0, unread))

    def _note_arrived(self) -> None:
        info = self._info()
        if not (info.in_flight_bytes or info.notsent_bytes):
            self._arrived = self._written
            self._trail.note_arrived(info)

    def cost(self) -> Bytes:
        """Give what it cost so far, at the most."""
        if self._final is not None:
            return self._final
        return self._cost_beside(self._unknown)

    def _cost_beside(self, beside: int | None) -> Bytes:
        """Give what it cost so far, where so much was received beside."""
        found = self._slipped + self._came
        spent = tcpinfo.cost(
            self._info(),
            ipv6=self._ipv6,
            twice=self._uncounted.twice,
            ahead=self._uncounted.ahead_bytes,
            late=found.received,
            beside=beside,
        )
        sent = found.sent + (self._header() if self._resets else 0)
        return spent + self._unseen + Bytes(sent=sent)

    def received_at_most(self) -> int:
        """See beside.Known."""
        self.look()
        return self._cost_beside(self._since()).received

    def _since(self) -> int | None:
        """Give what was received beside what is counted, since it was made."""
        return self._beside.since(self._mark)

    def surely_received(self) -> int:
        """See beside.Known."""
        return tcpinfo.surely_received(self._info(), ipv6=self._ipv6)

    def charged_beside(self) -> int:
        """See beside.Known. What was dropped may have been charged what never came."""
        if self._final is None or self._after is None:
            return 0
        return max(0, self._final.received - self._unseen.received - self.surely_received())

    def may_come(self) -> int:
        """Give what may still be sent and come, both ways, if it were dropped now."""
        if self._final is not None:
            return 0
        if self._after is not None:
            return self._after.most.sent + self._after.most.received
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
        resets = self._all_resets.of_others()
        before, repeats = counters.octets(), counters.repeats_received()
        dropped_at = time.monotonic()
        self._last = info = self._ask()
        waiting = self._waiting(info)
        self._resets = info.state in tcpinfo.ENDS_WITH_RESET
        if self._resets:
            self._all_resets.note_own()
        if info.state != State.CLOSED:
            _disconnect(self._handle)
        after = counters.octets()
        self._dropped = Dropped(dropped_at, resets, after)
        self._uncounted.learn(info, repeats=repeats, waiting=waiting)
        self._note_arrived()
        self._unknown = self._since()
        if info.state != State.CLOSED:
            self._slipped = self._between(info, before, after)

    def _between(self, info: TcpInfo, before: Bytes, after: Bytes) -> Bytes:
        """Bound what passed while it was dropped: nothing tells it but everybody's counters."""
        unsent = allowance.sending_bytes(
            info.notsent_bytes, info.in_flight_bytes, segment=info.snd_mss
        )
        sent = after.sent - before.sent - (self._header() if self._resets else 0)
        coming = self._coming(info) if self._is_answered(info) else 0
        if not info.is_connected:  # the peer may just take it: acknowledged, and reset
            coming = 2 * tcpinfo.opening_bytes(ipv6=self._ipv6)
        return Bytes(
            min(max(0, sent + sent // MERGED_SHARE), unsent + coming),
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

    async def finish(self) -> None:
        """Follow the connection to its end after `hand_over`; what it cost is final then."""
        try:
            if self._last is None:
                await self._see_off()
            came = await (self._count_late(self._after) if self._after else self._count_strays())
            if self._final is None:
                self._came = came
                self._unknown = self._since()
                self._final = self.cost()
        finally:
            self.charge_in_full()
            self._handle.close()

    async def _see_off(self) -> None:
        """Half-close, and wait until the kernel has done with the connection."""
        began_it = self._ask().state == State.ESTABLISHED
        if self._ask().state in (State.CLOSED, State.SYN_SENT):  # reset by the peer, or never there
            self.drop()
            return
        beside = self._since()
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
            beside = self._since()
            await asyncio.sleep(_LOOK_SECONDS)
            self.look()
            before, info = info, self._info()
            if (info.segs_in, info.segs_out) != (before.segs_in, before.segs_out):
                quiet_at = time.monotonic() + _ANSWER_SECONDS
        if self._last is not None:  # somebody dropped it
            return
        self.drop()
        if not self._handle.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):  # no reset came
            self._note_end(first, began_it=began_it, beside_before=beside)

    def _note_end(self, first: TcpInfo, *, began_it: bool, beside_before: int | None) -> None:
        """Note that it ended by itself. See Late."""
        last, twice = self._info(), self._uncounted.twice
        self._uncounted.end()
        self._after = Late(
            first,
            last,
            ipv6=self._ipv6,
            began_it=began_it,
            is_lossy=bool(twice.segments or last.total_retrans or last.rcv_ooopack),
            beside=self._since,
            beside_before=beside_before,
        )

    async def _count_late(self, after: Late) -> Bytes:
        """Give what came after it had ended by itself."""
        self._unseen = after.unseen
        came = await after.count(self._quiet_seconds())
        if came.sent:
            self._unseen = Bytes()
        return came

    async def _count_strays(self) -> Bytes:
        """Give what came after it was dropped."""
        if self._final is not None or self._dropped is None:
            return Bytes()
        info = self._info()
        strays = Strays(
            info,
            self._dropped,
            ipv6=self._ipv6,
            resets=self._all_resets,
            trail=self._trail,
            coming=self._coming(info),
            is_answered=self._is_answered(info),
        )
        came = await strays.count(self._quiet_seconds(), lambda: self._final is not None)
        self._unseen = strays.unseen
        return came

    def _quiet_seconds(self) -> float:
        return _QUIET_SECONDS + _RETRANSMIT_SECONDS + 2 * self._info().rtt_seconds


def narrow(handle: socket.socket, window: int) -> None:
    """Set how much may wait in a socket: its window is never larger. The kernel doubles it."""
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window // 2)


def _disconnect(handle: socket.socket) -> None:
    """Dissolve a connection: connect(2) with AF_UNSPEC discards what waits, and resets.

    Unlike close(2) it does not matter who else has the socket open.
    """
    ctypes.CDLL(None).connect(handle.fileno(), _NO_ADDRESS, len(_NO_ADDRESS))
