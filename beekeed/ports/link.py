"""The line to the online Moodle, and what it costs."""

from typing import Protocol

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
