"""The web service functions that beekeed calls, and what each needs online.

The capabilities are those of Moodle's own contract (recorded for 4.5.6) and
what a try showed to be needed beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """A function, the capabilities that it takes, and whether nothing can go without it."""

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
ASSIGNMENTS = "mod_assign_get_assignments"
GRADING = "core_grading_get_definitions"
GRADE_ASSIGNMENT = "mod_assign_save_grades"
ASSIGNMENT_FLAGS = "mod_assign_set_user_flags"
GROUPS = "core_group_get_course_groups"
MAKE_GROUP = "core_group_create_groups"
JOIN_GROUP = "core_group_add_group_members"
UPDATE = "core_user_update_users"
BATCH = "tool_mobile_call_external_functions"

TRANSACTIONS = frozenset({CREATE, ENROL, JOIN_GROUP})
"""What does all of its records or none: one that is refused undoes the others (recorded)."""

FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function(SITE_INFO, ("webservice/rest:use",)),
        Function(COURSES, ("moodle/course:view", "moodle/course:update")),
        Function(CONTENTS, ("moodle/course:view", "moodle/course:viewhiddencourses")),
        Function(PEOPLE, ("moodle/user:viewdetails", "moodle/user:viewalldetails")),
        Function(CREATE, ("moodle/user:create",)),
        Function(ENROLLED, ("moodle/course:viewparticipants", "moodle/course:enrolreview")),
        Function(ENROL, ("enrol/manual:enrol", "moodle/role:assign")),
        Function(COMPLETE, ("moodle/course:overridecompletion",)),
        Function(COMPLETIONS, ("report/progress:view",)),
        Function(GRADE, ("moodle/grade:manage", "moodle/grade:edit")),
        Function(
            GRADES, ("gradereport/user:view", "moodle/grade:viewall", "moodle/grade:viewhidden")
        ),
        Function(ASSIGNMENTS, ("mod/assign:view",), required=False),
        Function(GRADING, ("mod/assign:view",), required=False),
        Function(GRADE_ASSIGNMENT, ("mod/assign:grade",), required=False),
        Function(ASSIGNMENT_FLAGS, ("mod/assign:grade",), required=False),
        Function(GROUPS, ("moodle/course:managegroups",), required=False),
        Function(MAKE_GROUP, ("moodle/course:managegroups",), required=False),
        Function(JOIN_GROUP, ("moodle/course:managegroups",), required=False),
        Function(UPDATE, ("moodle/user:update",), required=False),
        Function(BATCH, (), required=False),
    )
}
