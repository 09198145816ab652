"""The line to the online Moodle, and what it costs."""

import socket
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from beekeed.core.link import Contact, Interface, Tree
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


class Diagnosis(Protocol):
    """What tells where the way to the online Moodle ends (core.link)."""

    @property
    def latest(self) -> Contact | None:
        """The latest walk since the start."""
        ...

    def look(self, contact: Contact | None) -> Tree:
        """Give the tree without a byte: the kernel's nodes now, the others by a contact."""
        ...

    def interfaces(self) -> Sequence[Interface]:
        """List the box's interfaces."""
        ...

    async def walk(self) -> Contact:
        """Try node by node as far as it goes. Raises LinkDown where no byte may be spent on it."""
        ...

    async def knock(self) -> bool:
        """Tell whether a bare connection is accepted. Raises LinkDown as `walk` does."""
        ...


class LinkWatch(Protocol):
    """What notices that the way to the online Moodle changed, as the kernel shows it."""

    def is_up(self) -> bool:
        """Tell whether there is one now."""
        ...

    async def changed(self, seconds: float) -> bool:
        """Wait until it is another than at the call, or so many seconds; tell which."""
        ...


class Arrival(Protocol):
    """What waits until a sync may reach the online Moodle."""

    async def link(self, seconds: float) -> bool:
        """Wait until the kernel shows a way there, or so many seconds; tell which."""
        ...

    async def site(self, seconds: float) -> bool:
        """Wait until a site that was silent may answer, or so many seconds; tell which.

        It may where the way is another than before, or a bare connection is accepted.
        Raises LinkDown where no byte may be spent on trying.
        """
        ...


@dataclass(frozen=True, slots=True)
class Managed:
    """What NetworkManager says, in its own words: "full" connectivity, metered "yes"."""

    connectivity: str
    metered: str


class Manager(Protocol):
    """What manages the box's network, if anything does."""

    async def ask(self) -> Managed | None:
        """Ask what it says; None where none runs."""
        ...
