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


def test_a_small_answer_leaves_the_size_as_it_was() -> None:
    """Half a second for 150 bytes is the way there and back, on the fastest line."""
    assert pace.after_answer(pace.MOST_BYTES, 150, 0.5) == pace.MOST_BYTES
    limit = pace.FIRST_BYTES
    for _ in range(10):  # 20 kB/s up, with an enrolment between two full requests
        limit = pace.after_answer(limit, limit, 0.6 + limit / 20_000)
        limit = pace.after_answer(limit, 300, 0.6)
    assert limit == pace.MOST_BYTES


@pytest.mark.parametrize(
    ("age", "left"), [(None, 6), (-3600.0, 6), (0.0, 6), (4.0, 2), (6.0, 0), (86_400.0, 0)]
)
def test_a_request_of_an_earlier_life_is_left_the_rest_of_its_time(
    age: float | None, left: float
) -> None:
    """Where a clock tells nothing, all of it."""
    assert pace.left_working_seconds(100, age) == left
    assert pace.left_working_seconds(10**6, None) == pace.SECONDS
