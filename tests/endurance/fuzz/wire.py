"""What reads the online Moodle's answers: it parses, or it is RemoteGarbled (or Moodle's own no).

One answer is read as each of our questions would read it.
"""

from collections.abc import Callable
from typing import Any

from beekeed.core.step import Outcome, Step
from beekeed.errors import BeekeedError, OutcomeUnknown, RemoteGarbled, RemoteRefused
from beekeed.moodle import answers, rights, shapes, wire
from tests.endurance.fuzz.answering import WORDS, read
from tests.endurance.fuzz.steps import FUNCTIONS, STEPS
from tests.endurance.fuzz.target import Target, check_kept, check_told

_SHAPES: tuple[Any, ...] = (
    shapes.SiteInfo,
    shapes.Courses,
    list[shapes.Section],
    list[shapes.User],
    list[shapes.Participant],
    shapes.Statuses,
    shapes.UserGrades,
    shapes.Assignments,
    shapes.GradingAreas,
    list[shapes.Group],
)


def target() -> Target:
    """Give the target."""
    return Target(_taste, (*WORDS, *_names()))


def _names() -> list[str]:
    return [
        *("responses", '{"responses":[{"error":false,"data":"', '"error":true,"exception":"'),
        *("courses", "modules", "usergrades", "gradeitems", "statuses", "functions", "roles"),
        *("customfields", "assignments", "areas", "warnings", "warningcode", "tracking", "state"),
        *(f'"{name}":' for shape in _SHAPES for name in getattr(shape, "__struct_fields__", ())),
        *('"id":', '"cmid":', '"userid":', '"username":', '"grademax":', '"graderaw":'),
    ]


def _taste(data: bytes) -> None:
    try:
        value = read(data)
    except (RemoteGarbled, RemoteRefused, OutcomeUnknown) as error:
        check_told(error)
        return
    for shape in _SHAPES:
        _garbled_or(lambda shape=shape: _used(wire.shaped(value, shape)))  # type: ignore[misc]
    _garbled_or(lambda: rights.has_all(value))
    _outcomes(value)
    for each in _garbled_or(lambda: wire.read_batch(value)) or ():
        _outcomes(each)


def _used(found: Any) -> None:
    """Read on as those do who asked."""
    match found:
        case shapes.UserGrades():
            check_kept(found.of(7))
        case shapes.Assignments():
            check_kept(found.by_cmid({5}, {5, 6}))
        case shapes.GradingAreas():
            check_kept(found.with_form())
        case shapes.Statuses():
            check_kept([answers.state_of(each.state) for each in found.statuses if each.is_set])
        case [shapes.Participant(), *_]:
            check_kept([each.profile() for each in found])
    check_kept(found)


def _outcomes(value: wire.Json) -> None:
    """Read it as the answer to each kind of step."""
    for name, steps in STEPS.items():
        _check_outcomes(steps, answers.outcomes(steps, FUNCTIONS[name], value))


def _check_outcomes(steps: Any, found: Any) -> None:
    given: list[tuple[Step, Outcome]] = list(zip(steps, found, strict=True))
    for _, outcome in given:
        check_kept(outcome)
        if outcome.reason is not None:
            check_told(BeekeedError(outcome.reason.code, **outcome.reason.params))


def _garbled_or(read_on: Callable[[], Any]) -> Any:
    try:
        return read_on()
    except RemoteGarbled as error:
        check_told(error)
