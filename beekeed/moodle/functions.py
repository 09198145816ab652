"""The web service functions that beekeed calls, and what each needs online.

The capabilities are those of Moodle's own contract (recorded for 4.5.6) and
what a try showed to be needed beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """A function, the capabilities that it takes, and whether we can do without it."""

    name: str
    capabilities: tuple[str, ...]
    required: bool = True


SITE_INFO = "core_webservice_get_site_info"
COURSES = "core_course_get_courses_by_field"
CONTENTS = "core_course_get_contents"
PEOPLE = "core_user_get_users_by_field"
CREATE = "core_user_create_users"
ENROLLED = "core_enrol_get_enrolled_users"
ENROL = "enrol_manual_enrol_users"
COMPLETE = "core_completion_override_activity_completion_status"
COMPLETIONS = "core_completion_get_activities_completion_status"
GRADE = "core_grades_update_grades"
GRADES = "gradereport_user_get_grade_items"
BATCH = "tool_mobile_call_external_functions"

FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function(SITE_INFO, ("webservice/rest:use",)),
        Function(COURSES, ("moodle/course:view", "moodle/course:update")),
        Function(CONTENTS, ("moodle/course:view", "moodle/course:viewhiddencourses")),
        Function(PEOPLE, ("moodle/user:viewdetails", "moodle/user:viewhiddendetails")),
        Function(CREATE, ("moodle/user:create",)),
        Function(ENROLLED, ("moodle/course:viewparticipants",)),
        Function(ENROL, ("enrol/manual:enrol", "moodle/role:assign")),
        Function(COMPLETE, ("moodle/course:overridecompletion",)),
        Function(COMPLETIONS, ("report/progress:view",)),
        Function(GRADE, ("moodle/grade:manage", "moodle/grade:edit")),
        Function(
            GRADES, ("gradereport/user:view", "moodle/grade:viewall", "moodle/grade:viewhidden")
        ),
        Function(BATCH, (), required=False),
    )
}
