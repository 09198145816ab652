"""The limit against servers that want to spend our bytes, and against those that do not."""

import pytest

from tests.conftest import TOLD
from tests.link.bench import Played
from tests.link.conftest import Player
from tests.link.scenarios import capped, honest
from tests.link.test_exact_bytes import show

pytestmark = pytest.mark.root

_SETTLED_LATER = 4_000
"""What the last connection was held for and did not need: what may come late as well."""
MOST_UNUSED = 25_000
_TOO_NEAR_SECONDS = 0.01
_SELDOM = 5
"""One in so many floods may pass the limit, where the machine is busy with other things."""


def floods(played: Played) -> bool:
    """Tell whether single bytes may flood in faster than any process gets to run.

    On a line without delay and without a rate, hundreds pass between two turns of the loop,
    which other programs that want the processor make longer. What passed is in the books then.
    """
    dripping = any(request.how == "burst_then_drip" for request in played.scenario.requests)
    return dripping and played.weather.delay_seconds < _TOO_NEAR_SECONDS


def judge_stops(played: list[Played], config: pytest.Config) -> None:
    """No byte over the limit, neither on the wire nor in the books."""
    assert not [show(each) for each in played if each.truth > each.ledger]
    assert not any(each.told.held for each in played), "something is held for ever"
    flooded = [each for each in played if floods(each)]
    done = [each for each in played if not floods(each)]
    passed = sum(each.truth > (each.scenario.limit or 0) for each in flooded)
    config.stash[TOLD].append(
        f"{len(flooded)} floods of single bytes on a line that is as fast as this"
        f" machine: {passed} passed the limit, each of them is in the books"
    )
    assert passed <= max(1, len(flooded) // _SELDOM), "floods are not cut off in time"
    overshoot = max(each.truth - (each.scenario.limit or 0) for each in done)
    config.stash[TOLD].append(
        f"{len(done)} runs against hostile servers: largest overshoot {max(0, overshoot)} bytes;"
        f" the books at most {max(each.truth - each.ledger for each in played)} under the truth"
    )
    assert not [show(each) for each in done if each.truth > (each.scenario.limit or 0)]
    assert not [show(each) for each in done if each.told.left is None or each.told.left < 0]
    tried = [each for each in done if (each.scenario.limit or 0) >= 50_000]
    assert all(each.truth for each in tried), "a line that sends nothing keeps any limit"


def judge_use(done: list[Played], config: pytest.Config) -> None:
    """The limit is used up to what a request needs."""
    left = [each.told.left or 0 for each in done]
    reserved = [each.told.refused for each in done]
    config.stash[TOLD].append(
        f"{len(done)} runs with an honest server: unused {sum(left) // len(left)} bytes on average,"
        f" {max(left)} at most; a request needed {min(reserved)} to {max(reserved)}"
    )
    assert not [show(each) for each in done if each.truth > (each.scenario.limit or 0)]
    assert not [show(each) for each in done if not each.told.carried]
    assert not [show(each) for each in done if not each.told.refused], "the limit was not reached"
    assert all((each.told.left or 0) <= each.told.refused + _SETTLED_LATER for each in done)
    assert sum(left) / len(left) <= MOST_UNUSED


def test_no_byte_passes_the_limit(play: Player, pytestconfig: pytest.Config) -> None:
    """Not by endless answers or heads, redirects, single bytes, resets, TLS or repetition."""
    judge_stops(play(capped, 100), pytestconfig)


def test_the_limit_is_used_up(play: Player, pytestconfig: pytest.Config) -> None:
    """With an honest server changes go until a request cannot be paid any more."""
    judge_use(play(honest, 6), pytestconfig)


@pytest.mark.full
def test_no_byte_passes_the_limit_in_many_runs(play: Player, pytestconfig: pytest.Config) -> None:
    """The same, many times."""
    judge_stops(play(capped, 1_000), pytestconfig)


@pytest.mark.full
def test_the_limit_is_used_up_in_many_runs(play: Player, pytestconfig: pytest.Config) -> None:
    """The same, many times."""
    judge_use(play(honest, 60), pytestconfig)
