"""The shapes of Moodle's answers, and what the answer to each step means. Pure.

An answer is checked for what it does not say: another user or module than
asked for, a state that was not applied, an account that came without an id.
"""

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from beekeed.core import grade
from beekeed.core.change import confirmed
from beekeed.core.grade import OnlineAssignment, OnlineGrade
from beekeed.core.model import (
    DONE,
    Comment,
    Complete,
    Completion,
    CreateAccount,
    EditProfile,
    Enrol,
    JoinGroup,
    Outcome,
    Reason,
    Scope,
    SetGrade,
    Step,
    Verdict,
)
from beekeed.core.profile import custom_name
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
    instance: int = 0


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


class CustomField(msgspec.Struct):
    """A custom profile field of a participant."""

    shortname: str
    value: str | None = None


PROFILE_FIELDS = (
    *("firstname", "lastname", "email", "idnumber", "city", "country"),
    *("institution", "department", "address"),
)


class Participant(msgspec.Struct):
    """A user of `core_enrol_get_enrolled_users`."""

    id: int
    fullname: str = ""
    roles: list[Role] = []
    firstname: str | None = None
    lastname: str | None = None
    email: str | None = None
    idnumber: str | None = None
    city: str | None = None
    country: str | None = None
    institution: str | None = None
    department: str | None = None
    address: str | None = None
    customfields: list[CustomField] = []

    def profile(self) -> dict[str, str]:
        """Give what was shown of the profile; Moodle leaves out most of what is empty."""
        shown = {name: getattr(self, name) for name in PROFILE_FIELDS}
        custom = {custom_name(each.shortname): each.value or "" for each in self.customfields}
        return {name: value for name, value in shown.items() if value is not None} | custom


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
    feedback: str | None = None  # as stored, whatever its format (seen on 4.5.6)
    feedbackformat: int | None = None

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
                Comment(each.feedback or "", each.feedbackformat or 0),
            )
            for user in self.usergrades
            if user.userid == online_id
            for each in user.gradeitems
            if each.cmid is not None and not each.is_unseen
        }


class _Config(msgspec.Struct):
    plugin: str
    subtype: str
    name: str
    value: str


class _Assignment(msgspec.Struct):
    id: int
    cmid: int
    teamsubmission: int
    blindmarking: int
    markingworkflow: int
    attemptreopenmethod: str
    maxattempts: int
    configs: list[_Config] = []

    @property
    def is_plain(self) -> bool:
        """Whether every learner has one grade of their own, which counts at once."""
        further = self.attemptreopenmethod != "none" and self.maxattempts != 1
        return not (self.teamsubmission or self.blindmarking or self.markingworkflow or further)

    @property
    def has_comments(self) -> bool:
        """Whether its feedback comments are on."""
        on = _Config("comments", "assignfeedback", "enabled", "1")
        return on in self.configs


class _CourseAssignments(msgspec.Struct):
    assignments: list[_Assignment]


class Assignments(msgspec.Struct):
    """`mod_assign_get_assignments`."""

    courses: list[_CourseAssignments]

    def by_cmid(
        self, with_form: Collection[int], cmids: Collection[int]
    ) -> dict[int, OnlineAssignment]:
        """Give how some are marked; `with_form`: those with a rubric or a marking guide."""
        return {
            each.cmid: OnlineAssignment(
                each.id, each.is_plain and each.cmid not in with_form, each.has_comments
            )
            for course in self.courses
            for each in course.assignments
            if each.cmid in cmids
        }


class _GradingArea(msgspec.Struct):
    cmid: int
    activemethod: str | None = None


class GradingAreas(msgspec.Struct):
    """`core_grading_get_definitions`."""

    areas: list[_GradingArea]

    def with_form(self) -> set[int]:
        """Give the modules that are graded with a rubric or a marking guide."""
        return {area.cmid for area in self.areas if area.activemethod}


class Group(msgspec.Struct):
    """A group of `core_group_get_course_groups`, or one that was made."""

    id: int
    name: str


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
            return Outcome(Verdict.DONE, "made")
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
