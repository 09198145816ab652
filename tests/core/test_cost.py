"""What a sync will cost: figures, what is added on the line, and what fits a limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core import cost
from beekeed.core.cost import NOTHING, Cost, Read, Spending
from beekeed.core.model import Bytes

prices = st.builds(
    Cost,
    st.builds(Bytes, st.integers(1, 200_000), st.integers(1, 200_000)),
    st.integers(1, 100),
)
slices = st.lists(st.tuples(st.integers(1, 100), prices), max_size=8)


def whole(counted: Bytes) -> int:
    """Up and down together."""
    return counted.sent + counted.received


def test_what_is_read_costs_by_the_request_and_by_the_thing() -> None:
    """Items of reports come with the requests of their accounts."""
    one, two = (cost.reading(Read.GRADES, count) for count in (1, 2))
    assert one.requests == two.requests == 1
    assert two.http.sent > one.http.sent
    assert two.http.received > one.http.received
    paged = cost.reading(Read.GRADES, 2, requests=2)
    assert paged.http.sent - two.http.sent > 200
    assert cost.items(Read.GRADE_ITEMS, 10).requests == 0
    assert cost.items(Read.GRADE_ITEMS, 10).http.received > 100


@pytest.mark.parametrize("what", Read)
def test_everything_that_is_read_has_its_figures(what: Read) -> None:
    """And costs something."""
    assert cost.reading(what, 1).http.received > 0


def test_nothing_costs_nothing() -> None:
    """No connection is opened, so none is paid."""
    for encrypted in (False, True):
        assert cost.on_the_line(NOTHING, encrypted=encrypted) == Bytes()


@given(prices)
def test_the_line_costs_more_than_what_it_carries(price: Cost) -> None:
    """Each way, and more where it is encrypted; large messages a few parts in a hundred."""
    plain = cost.on_the_line(price, encrypted=False)
    sealed = cost.on_the_line(price, encrypted=True)
    assert plain.sent > price.http.sent
    assert plain.received > price.http.received
    assert sealed.sent > plain.sent
    assert sealed.received > plain.received + 4000
    large = Cost(Bytes(10_000_000, 10_000_000), 100)
    assert whole(cost.on_the_line(large, encrypted=True)) < 21_500_000 * 1.02


@given(slices, st.none() | st.integers(0, 2_000_000))
def test_what_is_spent_is_within_the_limit_and_in_order(
    taken: list[tuple[int, Cost]], limit: int | None
) -> None:
    """All, then a part of one, then none; what is spent and what is left are the whole."""
    spending = Spending(limit)
    fits = [spending.take(count, price) for count, price in taken]
    assert limit is None or whole(spending.spent) <= limit
    full = [fit == count for fit, (count, _) in zip(fits, taken, strict=True)]
    first = full.index(False) if False in full else len(full)
    assert not any(fits[first + 1 :])
    both = spending.spent + spending.rest
    assert both == cost.on_the_line(sum((price for _, price in taken), NOTHING), encrypted=False)
    if limit is None:
        assert all(full)
        assert spending.rest == Bytes()


def test_what_costs_nothing_fits_while_anything_does() -> None:
    """And what costs something does not where nothing is left."""
    assert Spending(5).take(5, NOTHING) == 5
    assert Spending(0).take(5, Cost(Bytes(1, 1), 1)) == 0


@given(slices, st.integers(0, 2_000_000), st.integers(0, 100_000))
def test_more_bytes_never_carry_less(taken: list[tuple[int, Cost]], limit: int, more: int) -> None:
    """A higher limit serves no change later."""
    small, large = Spending(limit), Spending(limit + more)
    for count, price in taken:
        assert small.take(count, price) <= large.take(count, price)
