"""The real daemon while everything goes wrong, at random; see tests/endurance/chaos."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.conftest import TOLD
from tests.endurance.chaos.faults import FAULTS
from tests.endurance.chaos.rounds import draw, play
from tests.endurance.chaos.tally import Tally

pytestmark = pytest.mark.root

_BEATS, _FEW_BEATS = 14, 5
_LONG_SECONDS = 24 * 60


def seed() -> int:
    """The seed of the first round; the next ones have the next numbers."""
    return int(os.environ.get("BEEKEED_SEED", "0")) or random.SystemRandom().randint(1, 10**8)


def test_whatever_goes_wrong_nothing_is_lost_and_nothing_doubled(
    tmp_path: Path, is_long: bool, request: pytest.FixtureRequest
) -> None:
    """Everything is online or listed, once; no byte is unwritten, and no limit passed.

    A round alone: `python -m tests.endurance.chaos --seed N --beats B`.
    """
    whole, number, began = Tally(), seed(), time.monotonic()
    beats = _BEATS if is_long else _FEW_BEATS
    while not whole.rounds or (is_long and time.monotonic() < began + _LONG_SECONDS):
        print(f"chaos: --seed {number} --beats {beats}")
        whole.add(play(number, draw(number, beats), tmp_path, f"bkc{os.getpid()}"))
        number += 1
    request.config.stash[TOLD] += whole.told()
    assert whole.facts
    if is_long:
        missing = set(FAULTS) - set(+whole.struck)
        assert not missing, f"never took effect: {missing}"
