"""Puts steps together that one call does: many grades of one activity cost little each.

Arrays of one call travel as JSON in one field. Such a call is all or nothing where
Moodle runs it as one transaction, and whose fault a refusal is shows when each step
goes in a call of its own (`apart`).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from beekeed.core.step import CreateAccount, Enrol, JoinGroup, SetGrade, Step
from beekeed.moodle.calls import Manner, calls
from beekeed.moodle.wire import Call


@dataclass(frozen=True, slots=True)
class Bundle:
    """Steps that go together, their places in what was asked for, and the calls that do them.

    The answer to the first call is the steps'.
    """

    places: Sequence[int]
    steps: Sequence[Step]
    calls: Sequence[Call]


def bundles(
    steps: Sequence[Step], learner_role_id: int, manner: Manner, *, apart: bool = False
) -> list[Bundle]:
    """Give the calls for some steps, in the order of the first step of each."""
    together: dict[Hashable, list[int]] = {}
    for place, step in enumerate(steps):
        key = None if apart else _together(step)
        together.setdefault(place if key is None else key, []).append(place)
    found = []
    for places in together.values():
        own = [steps[place] for place in places]
        found.append(Bundle(places, own, calls(own, learner_role_id, manner, apart=apart)))
    return found


def _together(step: Step) -> tuple[object, ...] | None:
    """Name what steps share that may go in one call; None: it goes alone."""
    match step:
        case CreateAccount():
            return (CreateAccount,)
        case Enrol() | JoinGroup():
            return type(step), step.course_online_id
        case SetGrade():
            return SetGrade, step.course_online_id, step.cmid, step.item, step.assignment
        case _:
            return None
