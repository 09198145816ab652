"""What is received on an interface beside what the sockets of our connections counted.

Rule: never less than it was. It is what other programs received, and what came for us that no
socket counts; so it bounds the latter, to the byte where nobody else uses the line.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol


class Known(Protocol):
    """A connection that tells what it received."""

    @property
    def is_final(self) -> bool:
        """Whether what it tells changes no more."""
        ...

    def surely_received(self) -> int:
        """Give how many bytes it received, at the least."""
        ...

    def received_at_most(self) -> int:
        """Give how many bytes it received by now, at the most."""
        ...

    def charged_beside(self) -> int:
        """Give how many bytes it was charged beyond what it surely received, once it is final.

        Another one needs not be charged them again, even if they were its.
        """
        ...


class Mark(NamedTuple):
    """How an interface stood when a connection joined the others."""

    received: int
    charged: int


class Beside:
    """Compares an interface's counter with what the connections over it know of.

    `everybody`: gives how many bytes were received on the interface.
    """

    def __init__(self, *, everybody: Callable[[], int]) -> None:
        self._everybody = everybody
        self._connections: list[Known] = []
        self._over = Mark(0, 0)

    def join(self, connection: Known) -> Mark:
        """Know of a connection that is about to be made; gives the mark that `since` counts from.

        What another one received by now, but for a gap does not count yet, belongs before it.
        """
        everybody = self._everybody()
        for each in [each for each in self._connections if each.is_final]:
            self._connections.remove(each)
            self._over = _sum(self._over, each)
        received = sum(each.received_at_most() for each in self._connections)
        self._connections.append(connection)
        return Mark(everybody - self._over.received - received, self._over.charged)

    def since(self, mark: Mark) -> int | None:
        """Give how many more were received since a mark than the connections know of.

        None where the counter does not tell: it is of an interface that went, or runs late.
        """
        known = self._over
        for each in self._connections:
            known = _sum(known, each)
        beside = self._everybody() - known.received - mark.received
        return max(0, beside - (known.charged - mark.charged)) if beside >= 0 else None


def _sum(known: Mark, connection: Known) -> Mark:
    return Mark(
        known.received + connection.surely_received(),
        known.charged + connection.charged_beside(),
    )
