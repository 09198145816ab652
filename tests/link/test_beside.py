"""What passed on an interface that no connection of ours counted: a table of cases."""

from dataclasses import dataclass

import pytest

from beekeed.link.beside import Beside


@dataclass
class Connection:
    """One that received so much."""

    surely: int = 0
    at_most: int = 0
    charged: int = 0
    is_final: bool = False

    def surely_received(self) -> int:
        """See beside.Known."""
        return self.surely

    def received_at_most(self) -> int:
        """See beside.Known."""
        return self.at_most

    def charged_beside(self) -> int:
        """See beside.Known."""
        return self.charged


class Line:
    """An interface whose counter is set by hand."""

    def __init__(self) -> None:
        self.counter = 1_000_000
        self.beside = Beside(everybody=lambda: self.counter)


@pytest.fixture
def line() -> Line:
    """An interface over which much came before."""
    return Line()


def test_alone_it_is_what_no_socket_counted(line: Line) -> None:
    """To the byte."""
    one = Connection()
    mark = line.beside.join(one)
    line.counter, one.surely = 1_005_000, 3_500
    assert line.beside.since(mark) == 1_500


def test_what_another_connection_of_ours_received_is_known(line: Line) -> None:
    """While it lasts, and when it is over and forgotten."""
    other, one = Connection(surely=0, at_most=0), Connection()
    line.beside.join(other)
    mark = line.beside.join(one)
    line.counter, other.surely = 1_005_000, 5_000
    assert line.beside.since(mark) == 0
    other.is_final = True
    line.beside.join(Connection())
    assert line.beside.since(mark) == 0


def test_what_waited_behind_a_gap_is_not_believed_to_have_come_later(line: Line) -> None:
    """Else what came for us in the meantime would be missed."""
    other, one = Connection(), Connection()
    line.beside.join(other)
    line.counter, other.at_most = 1_003_000, 3_000
    mark = line.beside.join(one)
    line.counter, other.surely = 1_004_400, 3_000  # the gap is filled; 1400 came twice for us
    assert line.beside.since(mark) == 1_400


def test_what_was_charged_already_is_not_charged_again(line: Line) -> None:
    """But only what was charged since."""
    first, other = Connection(charged=700, is_final=True), Connection()
    line.beside.join(first)
    line.beside.join(other)
    mark = line.beside.join(Connection())
    line.counter, other.charged = 1_001_400, 1_000
    assert line.beside.since(mark) == 400


@pytest.mark.parametrize("counter", [0, 999_000])
def test_a_counter_that_cannot_be_right_bounds_nothing(line: Line, counter: int) -> None:
    """The interface went, or began anew, or its driver counts later."""
    mark = line.beside.join(Connection())
    line.counter = counter
    assert line.beside.since(mark) is None
