"""The shapes of Moodle's answers, and what the answer to each step means. Pure.

An answer is checked for what it does not say: another user or module than
asked for, a state that was not applied, an account that came without an id.
"""

from dataclasses import dataclass

import msgspec

from beekeed.core.change import confirmed
from beekeed.core.grade import OnlineGrade
from beekeed.core.model import (
    DONE,
    Complete,
    Completion,
    CreateAccount,
    Enrol,
    Outcome,
    Reason,
    Scope,
    SetGrade,
    Step,
    Verdict,
)
from beekeed.errors import Code, OutcomeUnknown, RemoteGarbled
from beekeed.moodle import refusals, wire


class _Function(msgspec.Struct):
    name: str


class SiteInfo(msgspec.Struct):
    """`core_webservice_get_site_info`."""

    sitename: str
    username: str
    functions: list[_Function]
    release: str = ""


class CourseHeader(msgspec.Struct):
    """A course of `core_course_get_courses_by_field`.

    The times come only where the account may update the course.
    """

    id: int
    shortname: str
    timecreated: int | None = None
    timemodified: int | None = None


class Courses(msgspec.Struct):
    """`core_course_get_courses_by_field`."""

    courses: list[CourseHeader]


class Module(msgspec.Struct):
    """A module of `core_course_get_contents`; `completion` 0: not tracked."""

    id: int
    name: str
    modname: str
    completion: int = 0


class Section(msgspec.Struct):
    """A section of `core_course_get_contents`."""

    section: int
    modules: list[Module]


class User(msgspec.Struct):
    """A user of `core_user_get_users_by_field`; fields we may not see are left out."""

    id: int
    username: str
    firstname: str = ""
    lastname: str = ""
    idnumber: str = ""


class Role(msgspec.Struct):
    """A role of a participant."""

    roleid: int
    shortname: str


class Participant(msgspec.Struct):
    """A user of `core_enrol_get_enrolled_users`."""

    id: int
    fullname: str = ""
    roles: list[Role] = []


class _Status(msgspec.Struct):
    cmid: int
    state: int | None  # null where only a view is stored (seen on 4.5.6)


class Statuses(msgspec.Struct):
    """`core_completion_get_activities_completion_status`."""

    statuses: list[_Status]


class _GradeItem(msgspec.Struct):
    grademin: float
    grademax: float
    cmid: int | None = None  # totals have none
    itemnumber: int | None = None
    graderaw: float | None = None  # the final grade, whatever its name says (seen on 4.5.6)
    gradeishidden: bool | None = None
    gradedategraded: int | None = None
    gradeislocked: bool | None = None
    gradeisoverridden: bool | None = None
    locked: bool | None = None

    @property
    def is_unseen(self) -> bool:
        """Whether there is a grade that our account may not see: it has a date and no value."""
        has_grade = self.gradedategraded is not None
        return bool(self.gradeishidden) and self.graderaw is None and has_grade


class _UserGrades(msgspec.Struct):
    userid: int
    gradeitems: list[_GradeItem]


class UserGrades(msgspec.Struct):
    """`gradereport_user_get_grade_items`."""

    usergrades: list[_UserGrades]

    def of(self, online_id: int) -> dict[tuple[int, int], OnlineGrade]:
        """Give somebody's grades in activities; none where Moodle lists nothing of theirs."""
        return {
            (each.cmid, each.itemnumber or 0): OnlineGrade(
                each.grademin,
                each.grademax,
                each.graderaw,
                bool(each.gradeislocked or each.gradeisoverridden or each.locked),
            )
            for user in self.usergrades
            if user.userid == online_id
            for each in user.gradeitems
            if each.cmid is not None and not each.is_unseen
        }


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
            if answer is not None:  # null is all that Moodle says of a success
                raise RemoteGarbled(Code.ANSWER_UNREADABLE, what="enrolment")
            return Outcome(Verdict.DONE, step.change.value)
        case Complete():
            return _completed(step, wire.shaped(answer, _Override))
        case SetGrade():
            return _graded(step, wire.shaped(answer, int))


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
        return Outcome(Verdict.DONE, step.change.value)
    reason = Reason(Code.GRADE_REFUSED, {"answer": answer})
    scope = Scope.CHANGE if answer == _GRADE_UPDATE_FAILED else Scope.ACTIVITY
    return Outcome(Verdict.REFUSED, reason=reason, scope=scope)


_GRADE_UPDATE_OK, _GRADE_UPDATE_FAILED = 0, 1


def state_of(number: int | None) -> Completion:
    """Read a completion state; none is incomplete."""
    try:
        return Completion(number or 0)
    except ValueError as error:
        raise RemoteGarbled(Code.ANSWER_UNREADABLE, what="completion state") from error
