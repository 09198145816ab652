"""The web service that a box synchronizes through: account, role, service, token.

The one rule: the rows that provision/target_service.php makes on a real Moodle, capability by
capability and function by function; and what beekeed calls beside.
"""

import sqlite3
from collections.abc import Sequence

from beekeed.sandbox.database import insert, rows
from beekeed.sandbox.people import assign_role
from beekeed.sandbox.site import (
    add_user,
    allow,
    context_id,
    role_id,
    set_config,
)
from beekeed.sandbox.standard import ADMIN_ID, SYSTEM

USERNAME = "beekeesync"
SERVICE = "beekee"

_CAPABILITIES = (
    "webservice/rest:use", "moodle/user:create", "moodle/user:update",
    "moodle/user:viewdetails", "moodle/user:viewhiddendetails", "moodle/course:useremail",
    "moodle/course:view", "moodle/course:viewhiddencourses", "moodle/course:viewparticipants",
    "moodle/course:overridecompletion", "moodle/grade:manage", "moodle/grade:edit",
    "moodle/grade:viewall", "moodle/grade:view", "enrol/manual:enrol", "enrol/manual:unenrol",
    "moodle/role:assign", "moodle/course:managegroups", "moodle/site:accessallgroups",
    "report/completion:view", "moodle/course:viewhiddenactivities",
    "moodle/user:viewalldetails", "mod/assign:grade", "mod/assign:viewgrades",
    "moodle/course:isincompletionreports", "report/progress:view", "moodle/user:editprofile",
    "moodle/course:enrolreview", "moodle/category:viewhiddencategories",
    "moodle/webservice:createtoken", "moodle/course:update", "gradereport/user:view",
)  # fmt: skip
"""What the role is allowed, beside the view of every kind of activity."""

FUNCTIONS = (
    "core_webservice_get_site_info", "core_course_get_courses_by_field",
    "core_course_get_courses", "core_course_get_contents", "core_course_check_updates",
    "core_course_get_updates_since", "core_user_get_users_by_field", "core_user_get_users",
    "core_user_create_users", "core_user_update_users", "enrol_manual_enrol_users",
    "enrol_manual_unenrol_users", "core_enrol_get_enrolled_users",
    "core_enrol_get_users_courses", "core_completion_override_activity_completion_status",
    "core_completion_get_activities_completion_status",
    "core_completion_get_course_completion_status", "core_grades_update_grades",
    "gradereport_user_get_grade_items", "core_grades_get_gradeitems",
    "core_group_create_groups", "core_group_get_course_groups",
    "core_group_add_group_members", "core_group_delete_group_members",
    "core_group_get_group_members", "tool_mobile_call_external_functions",
    "mod_assign_save_grades", "mod_assign_get_assignments", "core_course_get_course_module",
    "core_course_get_course_module_by_instance", "mod_quiz_get_quizzes_by_courses",
    "core_grades_get_grade_tree", "core_enrol_get_course_enrolment_methods",
    "core_role_assign_roles", "core_notes_create_notes", "core_files_upload",
    "mod_assign_get_submissions", "gradereport_user_get_grades_table",
)  # fmt: skip
"""The functions of the recorded service, in the order they were added (recorded: site info)."""

FURTHER = ("mod_assign_set_user_flags", "core_grading_get_definitions")
"""What a service for beekeed has beside those that were recorded first."""

_FURTHER_CAPABILITIES = ("moodle/grade:viewhidden",)
"""What its role is allowed beside those that were recorded first."""

_OUTSIDE = ("core_user_delete_users",)
"""A function that the site has and the service has not."""


def add_service(
    db: sqlite3.Connection,
    *,
    token: str,
    now: int,
    functions: Sequence[str] = (*FUNCTIONS, *FURTHER),
) -> int:
    """Switches REST on and adds account, role, service and token; answers the account's id.

    Where the service has all of FURTHER, its role has what goes with that.
    """
    set_config(db, "enablewebservices", "1")
    set_config(db, "webserviceprotocols", "rest")
    account = add_user(
        db, username=USERNAME, firstname="Beekee", lastname="Sync",
        email="sync@example.org", now=now,
    )  # fmt: skip
    system = context_id(db, SYSTEM, 0)
    further = _FURTHER_CAPABILITIES if {*FURTHER} <= {*functions} else ()
    role = _add_role(db, system, now, (*_CAPABILITIES, *further))
    assign_role(db, role, system, account, now, ADMIN_ID)
    service = insert(
        db, "external_services", name="Beekee sync", shortname=SERVICE, enabled=1,
        restrictedusers=1, timecreated=now, downloadfiles=1, uploadfiles=1,
    )  # fmt: skip
    insert(
        db, "external_services_users", externalserviceid=service, userid=account,
        timecreated=now,
    )  # fmt: skip
    _add_functions(db, service, functions)
    insert(
        db, "external_tokens", token=token, tokentype=0, userid=account,
        externalserviceid=service, contextid=system, creatorid=ADMIN_ID, timecreated=now,
        name="Beekee",
    )  # fmt: skip
    return account


def _add_role(db: sqlite3.Connection, system: int, now: int, capabilities: Sequence[str]) -> int:
    """The account's own role: no archetype, may assign students and nobody else."""
    order = len(rows(db, "SELECT id FROM mdl_role")) + 1
    role = insert(
        db, "role", name="Beekee sync", shortname=USERNAME, description="", sortorder=order
    )
    insert(db, "role_context_levels", roleid=role, contextlevel=SYSTEM)
    insert(db, "role_allow_assign", roleid=role, allowassign=role_id(db, "student"))
    views = rows(db, "SELECT name FROM mdl_capabilities WHERE name LIKE 'mod/%:view'")
    for capability in (*capabilities, *(row["name"] for row in views)):
        allow(db, role, capability, context=system, now=now)
    return role


def _add_functions(db: sqlite3.Connection, service: int, functions: Sequence[str]) -> None:
    for name in (*FUNCTIONS, *FURTHER, *_OUTSIDE):
        component = "moodle" if name.startswith("core_") else name.rpartition("_")[0]
        insert(db, "external_functions", name=name, component=component)
        if name in functions:
            insert(db, "external_services_functions", externalserviceid=service, functionname=name)
