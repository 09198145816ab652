"""The web service calls that a plain client makes, one for each action.

A call is the function and its form, as its documentation in Moodle has it.
"""

from collections.abc import Mapping, Sequence

COMPLETE = "core_completion_override_activity_completion_status"
GRADE = "core_grades_update_grades"
GRADE_ASSIGNMENT = "mod_assign_save_grades"
CREATE = "core_user_create_users"
ENROL = "enrol_manual_enrol_users"
UPDATE = "core_user_update_users"

Form = Mapping[str, object]
Call = tuple[str, Form]
Plain = Sequence[Call]


def complete(user: int, module: int) -> Call:
    """Have somebody have completed an activity."""
    return COMPLETE, {"userid": user, "cmid": module, "newstate": 1}


def grade_quiz(course: int, module: int, user: int, points: float) -> Call:
    """Give somebody a grade in a quiz."""
    return GRADE, {
        "source": "plain", "courseid": course, "component": "mod_quiz", "activityid": module,
        "itemnumber": 0, "grades[0][studentid]": user, "grades[0][grade]": points,
    }  # fmt: skip


def grade_assignment(assignment: int, user: int, points: float) -> Call:
    """Give somebody a grade in an assignment, without a comment."""
    editor = "grades[0][plugindata][assignfeedbackcomments_editor]"
    return GRADE_ASSIGNMENT, {
        "assignmentid": assignment, "applytoall": 0, "grades[0][userid]": user,
        "grades[0][grade]": points, "grades[0][attemptnumber]": -1, "grades[0][addattempt]": 0,
        "grades[0][workflowstate]": "", f"{editor}[text]": "", f"{editor}[format]": 1,
    }  # fmt: skip


def create(fields: Mapping[str, str]) -> Call:
    """Make an account."""
    return CREATE, {f"users[0][{name}]": value for name, value in fields.items()}


def enrol(course: int, user: object, role: int) -> Call:
    """Enrol somebody."""
    return ENROL, {
        "enrolments[0][roleid]": role,
        "enrolments[0][userid]": user,
        "enrolments[0][courseid]": course,
    }


def move(user: int, city: str) -> Call:
    """Have another town in somebody's profile."""
    return UPDATE, {"users[0][id]": user, "users[0][city]": city}
