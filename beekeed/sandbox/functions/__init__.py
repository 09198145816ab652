"""The functions of the web service that the sandbox builds, by name.

The one rule: a name is here, or calling it answers HTTP 501; a Moodle's answer is never made up.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.functions import (
    assignment_list,
    assignments,
    batch,
    completions,
    contents,
    courses,
    enrolments,
    grade_items,
    grades,
    grading_forms,
    groups,
    memberships,
    site,
    updates,
    user_updates,
    users,
)

BATCH = "tool_mobile_call_external_functions"

FUNCTIONS: Mapping[str, Callable[[Call, Parameters], Any]] = MappingProxyType(
    {
        "core_webservice_get_site_info": site.get_site_info,
        "core_course_get_courses_by_field": courses.get_courses_by_field,
        "core_course_get_contents": contents.get_course_contents,
        "core_course_get_updates_since": updates.get_updates_since,
        "core_user_get_users_by_field": users.get_users_by_field,
        "core_user_create_users": users.create_users,
        "core_user_update_users": user_updates.update_users,
        "core_enrol_get_enrolled_users": enrolments.get_enrolled_users,
        "core_enrol_get_users_courses": memberships.get_users_courses,
        "enrol_manual_enrol_users": enrolments.enrol_users,
        "enrol_manual_unenrol_users": enrolments.unenrol_users,
        "core_completion_override_activity_completion_status": (
            completions.override_activity_completion_status
        ),
        "core_completion_get_activities_completion_status": (
            completions.get_activities_completion_status
        ),
        "core_group_get_course_groups": groups.get_course_groups,
        "core_group_get_group_members": groups.get_group_members,
        "core_group_create_groups": groups.create_groups,
        "core_group_add_group_members": groups.add_group_members,
        "core_grades_update_grades": grades.update_grades,
        "gradereport_user_get_grade_items": grade_items.get_grade_items,
        "mod_assign_get_assignments": assignment_list.get_assignments,
        "mod_assign_save_grades": assignments.save_grades,
        "core_grading_get_definitions": grading_forms.get_definitions,
        "mod_assign_set_user_flags": assignments.set_user_flags,
        BATCH: batch.call_external_functions,
    }
)
