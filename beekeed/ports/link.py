"""The line to the online Moodle, and what it costs."""

import socket
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from beekeed.core.model import Bytes, Charge
from beekeed.errors import LinkDown

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
"""One result of `socket.getaddrinfo`."""


class Route(Protocol):
    """What tells whether there is a way to the online Moodle, without using it."""

    def is_up(self) -> bool:
        """Tell whether the kernel has a route there, over an interface with a carrier."""
        ...


class Line(Protocol):
    """The way to the online Moodle, each byte of which is paid.

    One request at a time. Nothing leaves but within `request`.
    """

    @property
    def refusal(self) -> LinkDown | None:
        """Why the latest request was cut off, or may get no more; None where it may."""
        ...

    def payable_bytes(self) -> int | None:
        """Give the largest body of a request that can be paid now; None where any can.

        As it stood after the latest request.
        """
        ...

    def request(self, body_bytes: int) -> AbstractAsyncContextManager[None]:
        """Hold what a request with such a body may cost; within it, it may go out.

        Raises LinkDown where it cannot be paid.
        """
        ...

    async def look_up(self, host: str, port: int, family: int) -> Sequence[AddressInfo]:
        """Find the addresses of a host. Raises OSError; and LinkDown where it cannot be paid."""
        ...

    def open_socket(self, address: AddressInfo) -> socket.socket:
        """Make an unconnected socket for an address."""
        ...

    async def read_on(self) -> None:
        """Pay for more of an answer. Raises ConnectionError where that cannot be."""
        ...

    def discard(self) -> None:
        """Give the latest request up: what was not sent yet never is."""
        ...

    async def close(self) -> None:
        """Wait until all connections, which were closed, have ended and are settled."""
        ...


class Measurement(Protocol):
    """One measurement, under way."""

    @property
    def charged_by(self) -> Charge:
        """What the bytes of ours are told by."""
        ...

    def so_far(self) -> Bytes:
        """Bytes of ours since it was begun; final once the line was closed."""
        ...

    def of_line(self) -> Bytes:
        """Bytes of everybody on the line since it was begun, by the interface's counters."""
        ...


class Meter(Protocol):
    """What counts bytes on the way to the online Moodle."""

    def begin(self, run_id: int) -> Measurement:
        """Begin to count for a run, before it uses the line."""
        ...
