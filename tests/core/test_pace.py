"""The size of requests follows the link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core import pace


@pytest.mark.parametrize("speed", [150, 1_000, 3_000, 1_000_000])
def test_a_request_comes_to_take_about_twenty_seconds(speed: int) -> None:
    """On any link, within a few requests; on a fast one a server's limit is what holds."""
    limit = pace.FIRST_BYTES
    for _ in range(10):
        limit = pace.after_answer(limit, limit, 0.5 + limit / speed)
    wanted = min(max(pace.LEAST_BYTES, speed * pace.SECONDS), pace.MOST_BYTES)
    assert wanted * 0.8 <= limit <= wanted


def test_a_small_request_tells_nothing_of_large_ones() -> None:
    """Most of what it takes is the way there and back."""
    assert pace.after_answer(16_000, 300, 0.3) == 16_000
    assert pace.after_answer(16_000, 300, 30) < 16_000


def test_after_a_loss_less_is_at_stake() -> None:
    """Half of it, down to what still makes sense."""
    assert pace.after_loss(16_000) == 8_000
    assert pace.after_loss(pace.LEAST_BYTES) == pace.LEAST_BYTES


@given(
    st.integers(pace.LEAST_BYTES, pace.MOST_BYTES),
    st.integers(1, 10**6),
    st.floats(0, 10**6, allow_nan=False),
)
def test_it_stays_in_bounds(limit: int, sent: int, seconds: float) -> None:
    """Whatever a clock says."""
    assert pace.LEAST_BYTES <= pace.after_answer(limit, sent, seconds) <= pace.MOST_BYTES
