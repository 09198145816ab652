"""A thousand boxes with one daily time, after a day without their server: what it meets."""

import pytest

from tests.conftest import TOLD
from tests.endurance.fleet.play import ALL_MANNERS, missed, play, table

SEED = 1


def test_a_fleet_that_comes_back_together_is_served(
    request: pytest.FixtureRequest, is_long: bool
) -> None:
    """Each brings both days, to a server that is busy for longer than their jitter spreads them;
    without jitter or Retry-After it meets more at once, or more come again a day later."""
    boxes, manners = (1000, ALL_MANNERS) if is_long else (40, ALL_MANNERS[:3])
    outcomes = [play(boxes, each, SEED) for each in manners]
    request.config.stash[TOLD] += ["fleet, after a day without its server:", table(outcomes)]
    assert missed(outcomes) == [], f"seed {SEED}"
