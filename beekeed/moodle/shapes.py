"""The shapes of what Moodle's web services answer to those who read. Pure.

Only the fields that we use; more may come, and those with a default may be missing.
"""

from collections.abc import Collection

import msgspec

from beekeed.core.grade import OnlineAssignment, OnlineGrade
from beekeed.core.model import Comment
from beekeed.core.profile import custom_name
from beekeed.moodle.wire import Number, Points


class _Function(msgspec.Struct):
    name: str


class SiteInfo(msgspec.Struct):
    """`core_webservice_get_site_info`."""

    sitename: str
    username: str
    functions: list[_Function]
    release: str = ""
    siteid: Number = 1
    """The number of the course that is the front page."""


class CourseHeader(msgspec.Struct):
    """A course of `core_course_get_courses_by_field`.

    The times and the revision come only where the account may update the course.
    """

    id: Number
    shortname: str
    timecreated: Number | None = None
    timemodified: Number | None = None
    cacherev: Number | None = None


class Courses(msgspec.Struct):
    """`core_course_get_courses_by_field`."""

    courses: list[CourseHeader]


class Module(msgspec.Struct):
    """A module of `core_course_get_contents`; `completion` 0: not tracked."""

    id: Number
    name: str
    modname: str
    completion: Number = 0
    instance: Number = 0


class Section(msgspec.Struct):
    """A section of `core_course_get_contents`."""

    section: Number
    modules: list[Module]


class User(msgspec.Struct):
    """A user of `core_user_get_users_by_field`; fields we may not see are left out."""

    id: Number
    username: str | None = None
    firstname: str = ""
    lastname: str = ""
    idnumber: str = ""


class Role(msgspec.Struct):
    """A role of a participant."""

    roleid: Number
    shortname: str


class CustomField(msgspec.Struct):
    """A custom profile field of a participant."""

    shortname: str
    value: str | None = None


PROFILE_FIELDS = (
    *("firstname", "lastname", "email", "idnumber", "city", "country"),
    *("institution", "department", "address"),
)


class _Membership(msgspec.Struct):
    id: Number


class Participant(msgspec.Struct):
    """A user of `core_enrol_get_enrolled_users`."""

    id: Number
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
    groups: list[_Membership] = []

    def profile(self) -> dict[str, str]:
        """Give what was shown of the profile; Moodle leaves out most of what is empty."""
        shown = {name: getattr(self, name) for name in PROFILE_FIELDS}
        custom = {custom_name(each.shortname): each.value or "" for each in self.customfields}
        return {name: value for name, value in shown.items() if value is not None} | custom


class _Status(msgspec.Struct):
    cmid: Number
    state: Number | None  # null where only a view is stored (seen on 4.5.6)
    timecompleted: Number | None = None

    @property
    def is_set(self) -> bool:
        """Whether a state is stored: also one that somebody set to incomplete has a time."""
        return bool(self.state or self.timecompleted)


class Statuses(msgspec.Struct):
    """`core_completion_get_activities_completion_status`."""

    statuses: list[_Status]


class _GradeItem(msgspec.Struct):
    grademin: Points
    grademax: Points
    cmid: Number | None = None  # totals have none
    itemnumber: Number | None = None
    graderaw: Points | None = None  # the final grade, whatever its name says (seen on 4.5.6)
    gradeishidden: bool | None = None
    gradedategraded: Number | None = None
    gradeislocked: bool | None = None
    gradeisoverridden: bool | None = None
    locked: bool | None = None
    feedback: str | None = None  # as stored, whatever its format (seen on 4.5.6)
    feedbackformat: Number | None = None

    @property
    def is_unseen(self) -> bool:
        """Whether there is a grade that our account may not see: it has a date and no value."""
        has_grade = self.gradedategraded is not None
        return bool(self.gradeishidden) and self.graderaw is None and has_grade


class _UserGrades(msgspec.Struct):
    userid: Number
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
    id: Number
    cmid: Number
    teamsubmission: Number
    blindmarking: Number
    markingworkflow: Number
    attemptreopenmethod: str
    maxattempts: Number
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
    cmid: Number
    activemethod: str | None = None


class GradingAreas(msgspec.Struct):
    """`core_grading_get_definitions`."""

    areas: list[_GradingArea]

    def with_form(self) -> set[int]:
        """Give the modules that are graded with a rubric or a marking guide."""
        return {area.cmid for area in self.areas if area.activemethod}


class Group(msgspec.Struct):
    """A group of `core_group_get_course_groups`, or one that was made."""

    id: Number
    name: str
