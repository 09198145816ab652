"""The ledger against the truth: what really passed on the line, packet by packet."""

import pytest

from tests.conftest import TOLD
from tests.link.bench import Played
from tests.link.conftest import Player
from tests.link.scenarios import metered

pytestmark = pytest.mark.root

A_CONNECTION, A_NAME, LOSS = 280, 2_000, 0.03
"""A_CONNECTION: what a peer over IPv6 may cost that takes what was given up, and does so again."""


def allowed(played: Played) -> float:
    """How much more than the truth the ledger may have."""
    told = played.told
    lost = LOSS * played.truth if played.is_lossy else 0
    return A_CONNECTION * max(1, told.connections) + A_NAME * told.names + lost


def show(played: Played) -> str:
    """A scenario and its figures, with what counting at the interface would have said."""
    scenario, told = played.scenario, played.told
    line = f"{scenario.requests[0].how} x{len(scenario.requests)} {scenario.address}"
    weather = f"loss {played.weather.loss:.1%} delay {played.weather.delay_seconds * 1000:.0f} ms"
    ledger = f"{played.ledger} ({told.sent} up, {told.received} down, {told.names} names)"
    figures = f"truth {played.truth} ledger {ledger} interface {told.line}"
    beside = " beside a download" if scenario.beside else ""
    return f"{line} {weather}{beside}: {figures}, {told.connections} connections {told.outcomes}"


def judge(done: list[Played], config: pytest.Config) -> None:
    """Hold each to the truth, and tell the worst of each kind of line."""
    for lossy in (False, True):
        of_kind = [each for each in done if each.is_lossy is lossy]
        if of_kind:
            worst = max(of_kind, key=lambda each: each.ledger - each.truth - allowed(each))
            kind = "lossy" if lossy else "clean"
            config.stash[TOLD].append(f"ledger, worst on a {kind} line: {show(worst)}")
    config.stash[TOLD].append(gaps(done))
    under = [show(each) for each in done if each.ledger < each.truth]
    assert not under
    over = [show(each) for each in done if each.ledger - each.truth > allowed(each)]
    assert not over
    assert not any(each.told.held for each in done), "something is held for ever"
    assert all(each.truth for each in done), "nothing passed"


def gaps(done: list[Played]) -> str:
    """How far off the ledger and the interface are, alone on the line and beside a download."""
    texts = []
    for beside in (False, True):
        some = [each for each in done if each.scenario.beside is beside]
        truth = sum(each.truth for each in some) or 1
        own = (sum(each.ledger for each in some) - truth) / truth
        naive = (sum(each.told.line for each in some) - truth) / truth
        kind = "beside a download" if beside else "alone on the line"
        texts.append(f"{kind}: ledger {own:+.2%}, interface {naive:+.2%} of the truth")
    return f"{len(done)} scenarios, " + "; ".join(texts)


def test_the_ledger_is_never_under_the_truth_and_little_over_it(
    play: Player, pytestconfig: pytest.Config
) -> None:
    """Whatever the line loses, however a connection ends, whoever else uses the line."""
    judge(play(metered, 40), pytestconfig)


@pytest.mark.full
def test_the_ledger_is_never_under_the_truth_in_many_scenarios(
    play: Player, pytestconfig: pytest.Config
) -> None:
    """The same, many times."""
    judge(play(metered, 300), pytestconfig)
