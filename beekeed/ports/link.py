"""The line to the online Moodle, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from beekeed.core.link import Contact, Interface, Tree
from beekeed.core.model import Bytes


class Route(Protocol):
    """What tells whether there is a way to the online Moodle, without using it."""

    def is_up(self) -> bool:
        """Tell whether the kernel has a route there, over an interface with a carrier."""
        ...


class Measurement(Protocol):
    """One measurement, under way."""

    def so_far(self) -> Bytes:
        """Bytes since it was begun."""
        ...


class Meter(Protocol):
    """What counts bytes on the way to the online Moodle."""

    def begin(self) -> Measurement:
        """Begin to count, before a run uses the line: one that is open already counts nothing."""
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
