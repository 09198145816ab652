"""The phases of the daemon."""

import itertools

import pytest

from beekeed.core.cycle import TRANSITIONS, Event, Phase, advance
from beekeed.core.model import Change, Key, Kind
from beekeed.core.plan import ORDER, account_keys, enrolment_keys


def test_every_phase_is_in_the_table_and_can_be_reached() -> None:
    """No phase is forgotten, and from each one the daemon comes back to rest."""
    reached = {Phase.IDLE}
    for _ in Phase:
        reached |= {to for phase in reached for to in TRANSITIONS[phase].values()}
    assert set(TRANSITIONS) == set(Phase) == reached
    for phase in set(Phase) - {Phase.IDLE}:
        assert TRANSITIONS[phase][Event.ENDED] is Phase.IDLE
        assert TRANSITIONS[phase][Event.STOP_ASKED] is Phase.STOPPING


def test_an_event_that_a_phase_does_not_take_is_our_mistake() -> None:
    """It is not passed over: systemd starts a daemon that lost its way again."""
    for phase, event in itertools.product(Phase, Event):
        if event not in TRANSITIONS[phase]:
            with pytest.raises(KeyError):
                advance(phase, event)


def test_results_go_before_mere_enrolments() -> None:
    """features.md, row 19: what is worth most goes first, and brings what it needs."""
    assert ORDER.index(Kind.COMPLETION) < ORDER.index(Kind.ENROLMENT)
    done = [Change(Key(Kind.COMPLETION, 5, n, 9), "1", None) for n in (1, 2)]
    assert account_keys(done) == [Key(Kind.ACCOUNT, 0, 0, 9)]
    assert enrolment_keys(done) == [Key(Kind.ENROLMENT, 5, 0, 9)]
