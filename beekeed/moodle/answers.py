"""What Moodle's answer to each step means. Pure.

An answer is checked for what it does not say: another user or module than
asked for, a state that was not applied, an account that came without an id.
"""

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


class _Warning(msgspec.Struct):
    warningcode: str
    itemid: int | None = None


class _Updated(msgspec.Struct):
    warnings: list[_Warning] = []


class _Created(msgspec.Struct):
    id: int
    username: str


class _Override(msgspec.Struct):
    cmid: int
    userid: int
    state: int | None
    tracking: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for an answer that did not come, or cannot be read; `error` says why."""

    error: OutcomeUnknown | RemoteGarbled


@dataclass(frozen=True, slots=True)
class NotTried:
    """Stands for the answer to a call that was never made."""


def outcome(step: Step, function: str, answer: wire.Json) -> Outcome:
    """Tell what became of a step by the answer to its call."""
    match answer:
        case NotTried():
            return Outcome(Verdict.NOT_TRIED)
        case Lost(error=error):
            return Outcome(Verdict.UNKNOWN, reason=Reason(error.code, error.params))
        case wire.Refusal(errorcode=errorcode):
            reason, scope = refusals.reason(function, errorcode)
            return Outcome(Verdict.REFUSED, reason=reason, scope=scope)
    try:
        return _read(step, answer)
    except RemoteGarbled as error:
        return Outcome(Verdict.UNKNOWN, reason=Reason(error.code, error.params))


def _read(step: Step, answer: wire.Json) -> Outcome:
    match step:
        case CreateAccount():
            created = wire.shaped(answer, list[_Created])
            if [account.username for account in created] != [step.username]:
                raise RemoteGarbled(Code.ANSWER_UNREADABLE, what="created account")
            return Outcome(Verdict.DONE, str(created[0].id))
        case Enrol():
            _expect_nothing(answer, "enrolment")
            return Outcome(Verdict.DONE, step.made)
        case Complete():
            return _completed(step, wire.shaped(answer, _Override))
        case SetGrade() if step.assignment:
            _expect_nothing(answer, "grade")
            return _graded_through_assignment(step)
        case SetGrade():
            return _graded(step, wire.shaped(answer, int))
        case JoinGroup():
            _expect_nothing(answer, "group member")
            return Outcome(Verdict.DONE, step.change.value)
        case EditProfile():
            return _edited(step, wire.shaped(answer, _Updated))


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


def _graded(step: SetGrade, answer: int) -> Outcome:
    """Read Moodle's number: 0 done, 1 failed, 2 several items, 4 locked (recorded).

    1 is also what one learner's locked grade gives: it says nothing of the others.
    """
    if answer == _GRADE_UPDATE_OK:
        return Outcome(Verdict.DONE, grade.points(step.change.value))
    reason = Reason(Code.GRADE_REFUSED, {"answer": answer})
    scope = Scope.CHANGE if answer == _GRADE_UPDATE_FAILED else Scope.ACTIVITY
    return Outcome(Verdict.REFUSED, reason=reason, scope=scope)


_GRADE_UPDATE_OK, _GRADE_UPDATE_FAILED = 0, 1


def _graded_through_assignment(step: SetGrade) -> Outcome:
    """Moodle says nothing whatever happened (recorded); what stands against it was read before."""
    held = grade.value(float(grade.points(step.change.value)), step.comment)
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
