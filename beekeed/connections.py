"""How many may be connected to a socket, and how long one may keep us waiting.

Whoever connects and says nothing, says it slowly, or never reads the answer holds a place
here for a short time, and nothing else: no server of ours waits for a client in its work.
A place is taken as soon as a connection is accepted, before any TLS, and one address cannot
keep the places from the others.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_LOOPBACK = ("127.0.0.1", "::1")
_UNSENT_BYTES = 64 * 1024  # asyncio's own for TLS is eight times that


@dataclass(frozen=True, slots=True)
class Limits:
    """What the clients of a socket may take of us."""

    most: int
    """How many may be connected; one too many is told so and sent away."""
    most_of_one: int = 0
    """How many of these may come from one address; 0: all.

    Half of all from loopback: behind it are the browsers of the box itself, or its web server's.
    """
    quiet_seconds: float = 20
    """How long a request's head may take, and a connection be idle (aiohttp's keepalive_timeout).

    Longer than the 15 s for which aiohttp's client keeps an idle connection, so that the page's
    process never speaks into one that is being closed.
    """
    body_seconds: float = 10
    """How long a request's body may take."""
    stuck_seconds: float = 30
    """How long a client may read nothing while there is something for it."""
    handshake_seconds: float = 5
    """How long a client may take for the handshake of TLS, and for its end."""

    def most_from(self, address: str) -> int:
        """Tell how many may be connected from an address."""
        if not self.most_of_one:
            return self.most
        return max(self.most_of_one, self.most // 2) if is_loopback(address) else self.most_of_one


def is_loopback(address: str) -> bool:
    """Tell whether an address is the box's own to itself, also as an IPv6 socket names it."""
    return address.removeprefix("::ffff:") in _LOOPBACK


class Crowd:
    """Those who are connected to one socket.

    `make`: makes what serves a connection; `refusal`: what is sent to one too many, who hears
    nothing where `tls` is spoken.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        make: Callable[[], asyncio.Protocol],
        refusal: bytes,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.limits = limits
        self.make = make
        self.refusal = refusal
        self.tls = tls
        self.accepted = 0
        """How many came in all."""
        self._here: dict[_Connection, None] = {}  # in the order in which they came

    @property
    def count(self) -> int:
        """How many are connected."""
        return len(self._here)

    def connection(self) -> asyncio.Protocol:
        """Make the protocol of a connection that was accepted."""
        return _Connection(self)

    @contextmanager
    def busy(self, transport: asyncio.BaseTransport | None) -> Iterator[None]:
        """Know the client of a transport to be served while the body runs: it is not let go."""
        found = [each for each in self._here if each.transport is transport]
        for each in found:
            each.is_served = True
        try:
            yield
        finally:
            for each in found:
                each.is_served = False

    def enter(self, newcomer: "_Connection") -> bool:
        """Take one in, if there is room or can be made."""
        if not self._has_room(newcomer.address):
            return False
        self._here[newcomer] = None
        self.accepted += 1
        return True

    def leave(self, one: "_Connection") -> None:
        """Know that one is gone."""
        self._here.pop(one, None)

    def _has_room(self, address: str) -> bool:
        """Make room where there is none: one goes that only holds a place."""
        held = Counter(each.address for each in self._here)
        waiting = [each for each in self._here if each.is_waiting]
        if held[address] >= self.limits.most_from(address):
            if not self.limits.most_of_one:
                return False
            return _let_go([each for each in waiting if each.address == address])
        if len(self._here) < self.limits.most:
            return True
        # Of an address that has more even then, or two would chase each other away for ever.
        waiting = [each for each in waiting if held[each.address] > held[address] + 1]
        return _let_go(sorted(waiting, key=lambda each: -held[each.address]))


def _let_go(candidates: Sequence["_Connection"]) -> bool:
    """Let the first of some go; tells whether there was one."""
    for each in candidates[:1]:
        each.let_go()
    return bool(candidates)


class _Connection(asyncio.Protocol):
    """Hands everything on to what serves it, and ends where the other side is stuck."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._served: asyncio.Protocol | None = None
        self._raw: asyncio.Transport | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._greeting: asyncio.Task[None] | None = None
        self._early: list[bytes] = []  # what came right behind the handshake
        self.transport: asyncio.Transport | None = None
        """What it is served over; None before the handshake has ended."""
        self.address = ""
        """The client's; empty at a unix socket."""
        self.is_served = False
        """Whether a request of it is being answered."""

    @property
    def is_waiting(self) -> bool:
        """Whether it only holds a place: silent, within a head, or idle."""
        return not self.is_served and self._stuck is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a stream socket
        self._raw = transport
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._crowd.enter(self):
            self._refuse(transport)
        elif self._crowd.tls is None:
            self._serve(transport)
        else:
            transport.pause_reading()  # until the handshake has begun
            handshake = self._secure(transport, self._crowd.tls)
            self._greeting = asyncio.get_running_loop().create_task(handshake)

    def connection_lost(self, exc: Exception | None) -> None:
        self._let_be()
        self._crowd.leave(self)
        if self._served is not None:
            self._served.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._served is not None:
            self._served.data_received(data)
        elif self._greeting is not None:
            self._early.append(data)

    def eof_received(self) -> bool | None:
        return None if self._served is None else self._served.eof_received()

    def pause_writing(self) -> None:
        """What is to be sent piles up: the client has so long to read some of it."""
        if self._served is not None and self._raw is not None:
            loop = asyncio.get_running_loop()
            seconds = self._crowd.limits.stuck_seconds
            self._stuck = loop.call_later(seconds, self._raw.abort)
            self._served.pause_writing()

    def resume_writing(self) -> None:
        self._let_be()
        if self._served is not None:
            self._served.resume_writing()

    def let_go(self) -> None:
        """End it at once, and give its place free."""
        self._crowd.leave(self)
        if self._raw is not None:
            self._raw.abort()

    def _refuse(self, transport: asyncio.Transport) -> None:
        if self._crowd.tls is not None:
            transport.abort()
            return
        transport.write(self._crowd.refusal)
        transport.close()

    async def _secure(self, raw: asyncio.Transport, tls: ssl.SSLContext) -> None:
        """Speak TLS from now on, or end."""
        seconds = self._crowd.limits.handshake_seconds
        await asyncio.sleep(0)  # of many who come at once, most are gone again: they cost nothing
        if raw.is_closing():
            return
        try:
            secured = await asyncio.get_running_loop().start_tls(
                raw, self, tls, server_side=True,
                ssl_handshake_timeout=seconds, ssl_shutdown_timeout=seconds,
            )  # fmt: skip
        except OSError:  # ssl.SSLError, and what comes too late, are some
            secured = None
        if secured is None or secured.is_closing():
            self.let_go()
            return
        secured.set_write_buffer_limits(high=_UNSENT_BYTES)
        self._serve(secured)

    def _serve(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._served = self._crowd.make()
        self._served.connection_made(transport)
        for data in self._early:
            self._served.data_received(data)
        self._early = []

    def _let_be(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
