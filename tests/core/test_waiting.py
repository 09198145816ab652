"""How long a silent site is left alone."""

from beekeed.core.waiting import seconds_to_next_try


def test_it_is_tried_after_1_2_4_up_to_15_minutes() -> None:
    """And every quarter of an hour from then on, for ever."""
    minutes = [seconds_to_next_try(tries) / 60 for tries in range(7)]
    assert minutes == [1, 2, 4, 8, 15, 15, 15]
    assert seconds_to_next_try(10_000) == 900
