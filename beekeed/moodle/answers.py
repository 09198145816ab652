"""What Moodle's answer to each step means. Pure.

An answer is checked for what it does not say: another user or module than
asked for, a state that was not applied, an account that came without an id.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from beekeed.core import grade
from beekeed.core.change import confirmed
from beekeed.core.model import DONE, Completion, Reason
from beekeed.core.step import (
    Complete,
    CreateAccount,
    EditProfile,
    Enrol,
    JoinGroup,
    Outcome,
    Scope,
    SetGrade,
    Step,
    Verdict,
)
from beekeed.errors import Code, OutcomeUnknown, RemoteGarbled
from beekeed.moodle import refusals, wire
from beekeed.moodle.functions import TRANSACTIONS


class _Warning(msgspec.Struct):
    warningcode: str
    itemid: wire.Number | None = None


class _Updated(msgspec.Struct):
    warnings: list[_Warning] = []


class _Created(msgspec.Struct):
    id: wire.Number
    username: str


class _Override(msgspec.Struct):
    cmid: wire.Number
    userid: wire.Number
    state: wire.Number | None
    tracking: wire.Number


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for an answer that did not come, or cannot be read; `error` says why."""

    error: OutcomeUnknown | RemoteGarbled


@dataclass(frozen=True, slots=True)
class NotTried:
    """Stands for the answer to a call that was never made."""


def outcomes(steps: Sequence[Step], function: str, answer: wire.Json) -> Sequence[Outcome]:
    """Tell what became of steps that went together, by the answer to their call."""
    match answer:
        case NotTried():
            return [Outcome(Verdict.NOT_TRIED)] * len(steps)
        case Lost(error=error):
            return [_unknown(error)] * len(steps)
        case wire.Refusal(errorcode=errorcode):
            return [_refused(function, errorcode, together=len(steps) > 1)] * len(steps)
    try:
        return _read(steps, answer)
    except RemoteGarbled as error:
        return [_unknown(error)] * len(steps)


def _unknown(error: OutcomeUnknown | RemoteGarbled) -> Outcome:
    return Outcome(Verdict.UNKNOWN, reason=Reason(error.code, error.params))


def _refused(function: str, errorcode: str, *, together: bool) -> Outcome:
    """Read a refusal; of several records it tells only that one of them is to blame."""
    reason, scope = refusals.reason(function, errorcode)
    if not together or scope not in (Scope.CHANGE, Scope.LEARNER):
        return Outcome(Verdict.REFUSED, reason=reason, scope=scope)
    verdict = Verdict.NOT_TRIED if function in TRANSACTIONS else Verdict.UNKNOWN
    return Outcome(verdict, reason=reason, scope=Scope.TOGETHER)


def _read(steps: Sequence[Step], answer: wire.Json) -> list[Outcome]:
    match steps[0]:
        case CreateAccount():
            return _created(steps, wire.shaped(answer, list[_Created]))
        case Enrol():
            _expect_nothing(answer, "enrolment")
            return [Outcome(Verdict.DONE, step.made) for step in steps if isinstance(step, Enrol)]
        case Complete() as step:
            return [_completed(step, wire.shaped(answer, _Override))]
        case SetGrade() as first:
            grades = [step for step in steps if isinstance(step, SetGrade)]
            if not first.assignment:
                return _graded(grades, wire.shaped(answer, wire.Number))
            _expect_nothing(answer, "grade")
            return [_graded_through_assignment(step) for step in grades]
        case JoinGroup():
            _expect_nothing(answer, "group member")
            return [Outcome(Verdict.DONE, step.change.value) for step in steps]
        case EditProfile() as step:
            return [_edited(step, wire.shaped(answer, _Updated))]


def _created(steps: Sequence[Step], created: Sequence[_Created]) -> list[Outcome]:
    """Read the numbers of new accounts; they come in the order in which they were sent."""
    names = [step.username for step in steps if isinstance(step, CreateAccount)]
    if [account.username for account in created] != names:
        raise RemoteGarbled(Code.ANSWER_UNREADABLE, what="created accounts")
    return [Outcome(Verdict.DONE, str(account.id)) for account in created]


def _expect_nothing(answer: wire.Json, what: str) -> None:
    """Check that an answer is null, which is all that Moodle says of some successes."""
    if answer is not None:
        raise RemoteGarbled(Code.ANSWER_UNREADABLE, what=what)


def _completed(step: Complete, answer: _Override) -> Outcome:
    if (answer.userid, answer.cmid) != (step.online_id, step.cmid):
        raise RemoteGarbled(Code.ANSWER_UNREADABLE, what="completion")
    state = state_of(answer.state)
    if state is step.state:
        return Outcome(Verdict.DONE, str(state.value))
    if answer.tracking == 0:  # answered, and nothing stored (recorded)
        return Outcome(Verdict.REFUSED, reason=Reason(Code.TRACKING_OFF), scope=Scope.ACTIVITY)
    if step.state in DONE and state is not Completion.INCOMPLETE:
        return confirmed(state)  # there was a result already; Moodle left it
    return Outcome(Verdict.REFUSED, reason=Reason(Code.NOT_APPLIED))


def _graded(steps: Sequence[SetGrade], answer: int) -> list[Outcome]:
    """Read Moodle's number: 0 done, 1 failed, 2 several items, 4 locked (recorded).

    1 is also what one learner's locked grade gives: it says nothing of the others.
    """
    if answer == _GRADE_UPDATE_OK:
        return [Outcome(Verdict.DONE, grade.points(step.change.value)) for step in steps]
    reason = Reason(Code.GRADE_REFUSED, {"answer": answer})
    if answer != _GRADE_UPDATE_FAILED:
        refused = Outcome(Verdict.REFUSED, reason=reason, scope=Scope.ACTIVITY)
    elif len(steps) == 1:
        refused = Outcome(Verdict.REFUSED, reason=reason)
    else:
        refused = Outcome(Verdict.UNKNOWN, reason=reason, scope=Scope.TOGETHER)
    return [refused] * len(steps)


_GRADE_UPDATE_OK, _GRADE_UPDATE_FAILED = 0, 1


def _graded_through_assignment(step: SetGrade) -> Outcome:
    """Moodle says nothing whatever happened (recorded); what stands against it was read before."""
    points = float(grade.points(step.change.value))
    held = grade.online_value(step.change, points, step.comment)
    reason = Reason(Code.COMMENT_KEPT_ONLINE) if step.keeps_comment else None
    return Outcome(Verdict.DONE, held, reason)


def _edited(step: EditProfile, answer: _Updated) -> Outcome:
    """Read the warnings, in which Moodle says what it refused (recorded)."""
    if not answer.warnings:
        return Outcome(Verdict.DONE, step.change.value)
    reason, scope = refusals.warned(answer.warnings[0].warningcode, step.name)
    return Outcome(Verdict.REFUSED, reason=reason, scope=scope)


def state_of(number: int | None) -> Completion:
    """Read a completion state; none is incomplete."""
    try:
        return Completion(number or 0)
    except ValueError as error:
        raise RemoteGarbled(Code.ANSWER_UNREADABLE, what="completion state") from error
