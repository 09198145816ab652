"""The phases of the daemon."""

import itertools
from pathlib import Path

import pytest

from beekeed.core.cycle import RESTS, TRANSITIONS, Event, Phase, advance, diagram, rest
from beekeed.core.model import Change, Key, Kind
from beekeed.core.plan import ORDER, account_keys, enrolment_keys

GUIDE = Path(__file__).parents[2] / "docs" / "how-it-works.md"


def test_every_phase_is_in_the_table_and_can_be_reached() -> None:
    """No phase is forgotten, and from each one the daemon comes back to rest."""
    reached = {Phase.IDLE}
    for _ in Phase:
        reached |= {to for phase in reached for to in TRANSITIONS[phase].values()}
    assert set(TRANSITIONS) == set(Phase) == reached
    for phase in set(Phase) - RESTS:
        assert TRANSITIONS[phase][Event.ENDED] is Phase.IDLE
    for phase in set(Phase) - RESTS - {Phase.STOPPING}:
        assert TRANSITIONS[phase][Event.STOP_ASKED] is Phase.STOPPING


def test_an_event_that_a_phase_does_not_take_is_our_mistake() -> None:
    """It is not passed over: systemd starts a daemon that lost its way again."""
    for phase, event in itertools.product(Phase, Event):
        if event not in TRANSITIONS[phase]:
            with pytest.raises(KeyError):
                advance(phase, event)


@pytest.mark.parametrize("phase", sorted(RESTS))
@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("awaits_link", [True, False])
def test_whatever_rests_comes_to_the_right_rest(
    phase: Phase, enabled: bool, awaits_link: bool
) -> None:
    """By events that the table knows, and stays there."""
    for _ in range(3):
        if event := rest(phase, enabled=enabled, awaits_link=awaits_link):
            phase = advance(phase, event)
    if not enabled:
        assert phase is Phase.OFF
    else:
        assert phase is (Phase.AWAITING if awaits_link else Phase.IDLE)


def test_the_diagram_in_the_guide_is_the_table() -> None:
    """Where it is not: `python -c "from beekeed.core.cycle import diagram; print(diagram())"`."""
    drawn = GUIDE.read_text().partition("```mermaid\n")[2].partition("\n```")[0]
    assert drawn == diagram()
    for phase, events in TRANSITIONS.items():
        for event, target in events.items():
            assert any(
                line.strip().startswith(f"{phase} --> {target}: ") and event in line
                for line in drawn.splitlines()
            )


def test_results_go_before_mere_enrolments() -> None:
    """features.md, row 19: what is worth most goes first, and brings what it needs."""
    assert ORDER.index(Kind.COMPLETION) < ORDER.index(Kind.ENROLMENT)
    done = [Change(Key(Kind.COMPLETION, 5, n, 9), "1", None) for n in (1, 2)]
    assert account_keys(done) == [Key(Kind.ACCOUNT, 0, 0, 9)]
    assert enrolment_keys(done) == [Key(Kind.ENROLMENT, 5, 0, 9)]
