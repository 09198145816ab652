"""What one entry of the ledger pays for: a connection, and the tries that led to it."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from beekeed.core.model import Bytes
from beekeed.link import allowance
from beekeed.link.beside import Beside
from beekeed.link.counters import Resets
from beekeed.link.flow import Flow
from beekeed.link.sockets import MeteredSocket
from beekeed.ports.link import AddressInfo

_PIECE_BYTES = 16_384  # as much as a TLS record
_LEAST_BYTES = 64
_ENDS_SECONDS = 14.0  # a flow takes 8 at the most to be seen off, and some for what comes late
_LOOK_SECONDS = 0.02


class LimitStop(ConnectionAbortedError):
    """A connection was cut off: what may still come could not be paid."""


class Gauge(Protocol):
    """What tells the cost of a tab where it is not what the sockets say."""

    def spent(self) -> Bytes:
        """Bytes since it was begun."""
        ...


class Tab:
    """Sums up its flows, and cuts them off before they cost more than was granted.

    `gauge`: what to charge by where the kernel does not tell what a connection costs.
    """

    def __init__(
        self,
        *,
        window: int,
        resets: Resets,
        ended: Callable[["Tab"], None],
        gauge: Gauge | None,
    ) -> None:
        self.entry: int | None = None
        self.granted = 0
        """What may be spent, by its entry."""
        self.may_grow = True
        """Whether more may be held; no more once that was refused."""
        self.wants_more = asyncio.Event()
        self.lock = asyncio.Lock()
        self.window = window
        self._resets = resets
        self._flows: list[Flow] = []
        self._endings: set[asyncio.Task[None]] = set()
        self._ended = ended
        self._gauge = gauge
        self._before = Bytes()
        self._to_send = 0
        self._under_way = False
        self._is_stopped = False

    @property
    def is_open(self) -> bool:
        """Whether a request can go out on a connection that is there."""
        return any(flow.is_open for flow in self._flows)

    @property
    def is_under_way(self) -> bool:
        """Whether a request is."""
        return self._under_way

    @property
    def is_over(self) -> bool:
        """Whether nothing of it costs anything more."""
        return not self._under_way and all(flow.is_final for flow in self._flows)

    def open_socket(self, address: AddressInfo, beside: Beside) -> MeteredSocket:
        """Make a socket whose connection is paid by this tab.

        `beside`: what else is received on its interface.
        """
        made = MeteredSocket(
            address,
            window=self.window,
            gate=self,
            resets=self._resets,
            beside=beside,
        )
        self._flows.append(made.flow)
        return made

    def total(self) -> Bytes:
        """Give what it cost since it was begun."""
        return self._before + self.spent()

    def spent(self) -> Bytes:
        """Give what it cost since its entry was begun.

        Once a connection was dropped, no more than was granted: what is beyond that was
        somebody else's, by counters that tell everybody's bytes. Where it was cut off because
        no more could be paid, all that was granted at least: of a flood that meets no socket
        any more nobody counts every byte. More, where we were too slow to cut a flood off; some
        of that may be somebody else's, never less than ours.
        """
        counted = self._gauge.spent() if self._gauge is not None else self._counted()
        sent = counted.sent - self._before.sent
        received = counted.received - self._before.received
        if self._is_stopped:
            return Bytes(sent, max(0, received, self.granted - sent))
        if self._gauge is None and any(flow.was_dropped for flow in self._flows):
            received = max(0, min(received, self.granted - sent))
        return Bytes(sent, received)

    def _counted(self) -> Bytes:
        return sum((flow.cost() for flow in self._flows), Bytes())

    def may_come(self) -> int:
        """Give what may still be sent and come, both ways, if it were cut off now."""
        left = max(0, self._to_send - sum(flow.written_bytes for flow in self._flows))
        coming = sum(flow.may_come() for flow in self._flows)
        return coming + allowance.sending_bytes(left) + allowance.END_BYTES

    def unused(self) -> int:
        """Give how much of what was granted is not spent."""
        return max(0, self.granted - _both(self.spent()))

    def room(self) -> int:
        """Give how much of what was granted is not needed yet; less than 0 where it is short."""
        return self.granted - _both(self.spent()) - self.may_come()

    def begin(self, size: int, window: int) -> None:
        """Note that a request of so many bytes is to go out, and how large its window may be."""
        for flow in self._flows:
            if flow.is_open:
                flow.mark_request(window)
        self._to_send = size + sum(flow.written_bytes for flow in self._flows)
        self._under_way = True
        self.wants_more.clear()

    def end(self) -> None:
        """Note that the request is over, whatever came of it, and let who waits see it."""
        self._to_send, self._under_way = 0, False
        self.wants_more.set()

    def enter(self, entry: int, spent: Bytes) -> None:
        """Take the entry that the ledger gave when it was told what was `spent`.

        A new one counts from there on.
        """
        if self.entry is not None and entry != self.entry:
            self._before += spent
        self.entry = entry

    def check(self) -> None:
        """Raise LimitStop where it was cut off."""
        if self._is_stopped:
            raise LimitStop

    def readable(self, wanted: int) -> int:
        """See Gate. What is read makes room for as much again."""
        self.check()
        most = self.room() * 4 // 5
        if most >= _LEAST_BYTES:
            return min(wanted, most, _PIECE_BYTES)
        if self.may_grow:
            self.wants_more.set()
            raise BlockingIOError
        self.stop()
        raise LimitStop

    def look(self) -> None:
        """Learn what the flows do not learn by themselves."""
        for flow in self._flows:
            flow.look()

    def stop(self) -> None:
        """Cut everything off. What may still come stays held until it has, or cannot any more."""
        self._is_stopped = True
        for flow in self._flows:
            flow.drop()

    def discard(self) -> None:
        """Give up what is under way: what was not sent yet is not."""
        for flow in self._flows:
            flow.give_up()

    def closed(self, flow: Flow) -> None:
        """See Gate. What was not sent yet is given up with its connection."""
        if flow.has_unsent:
            flow.drop()
        self._follow(flow)

    def _follow(self, flow: Flow) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # the process ends: nobody could follow it
            flow.charge_in_full()
            return
        task = loop.create_task(flow.finish())
        self._endings.add(task)
        task.add_done_callback(self._one_ended)

    def _one_ended(self, task: asyncio.Task[None]) -> None:
        self._endings.discard(task)
        if self.is_over:
            self._ended(self)

    async def wait(self) -> None:
        """Wait until nothing of it costs anything more; its sockets are being closed."""
        until = time.monotonic() + _ENDS_SECONDS
        # Sockets are closed by asyncio some time later, which tells nobody.
        while not self.is_over and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        for flow in self._flows:
            flow.charge_in_full()


def _both(traffic: Bytes) -> int:
    return traffic.sent + traffic.received
