"""How many may be connected to a socket, and how long one may keep us waiting.

Whoever connects and says nothing, says it slowly, or never reads the answer holds a place
here for a short time, and nothing else: no server of ours waits for a client in its work.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What the clients of a socket may take of us."""

    most: int
    """How many may be connected; one too many is told so and sent away."""
    quiet_seconds: float = 20
    """How long a request's head may take, and a connection be idle (aiohttp's keepalive_timeout).

    Longer than the 15 s for which aiohttp's client keeps an idle connection, so that the page's
    process never speaks into one that is being closed.
    """
    body_seconds: float = 10
    """How long a request's body may take."""
    stuck_seconds: float = 30
    """How long a client may read nothing while there is something for it."""


class Crowd:
    """Those who are connected to one socket.

    `make`: makes what serves a connection; `refusal`: what is sent to one too many.
    """

    def __init__(
        self, *, limits: Limits, make: Callable[[], asyncio.Protocol], refusal: bytes
    ) -> None:
        self.limits = limits
        self.make = make
        self.refusal = refusal
        self.count = 0
        self.accepted = 0
        """How many came in all."""

    def connection(self) -> asyncio.Protocol:
        """Make the protocol of a connection that was accepted."""
        return _Connection(self)


class _Connection(asyncio.Protocol):
    """Hands everything on to what serves it, and ends where the other side is stuck."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._served: asyncio.Protocol | None = None
        self._transport: asyncio.Transport | None = None
        self._stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a stream socket
        self._transport = transport
        if self._crowd.count >= self._crowd.limits.most:
            transport.write(self._crowd.refusal)
            transport.close()
            return
        self._crowd.count += 1
        self._crowd.accepted += 1
        self._served = self._crowd.make()
        self._served.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._let_go()
        if self._served is not None:
            self._crowd.count -= 1
            self._served.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._served is not None:
            self._served.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._served is None else self._served.eof_received()

    def pause_writing(self) -> None:
        """What is to be sent piles up: the client has so long to read some of it."""
        if self._served is not None and self._transport is not None:
            loop = asyncio.get_running_loop()
            seconds = self._crowd.limits.stuck_seconds
            self._stuck = loop.call_later(seconds, self._transport.abort)
            self._served.pause_writing()

    def resume_writing(self) -> None:
        self._let_go()
        if self._served is not None:
            self._served.resume_writing()

    def _let_go(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
