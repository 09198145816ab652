"""Writes steps as calls of Moodle's web services. Pure, but for the passwords it makes up."""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass

from beekeed.core import grade, profile
from beekeed.core.step import Complete, CreateAccount, EditProfile, Enrol, JoinGroup, SetGrade, Step
from beekeed.moodle import functions
from beekeed.moodle.wire import Call


@dataclass(frozen=True, slots=True)
class Manner:
    """How steps are done: the settings that show in calls.

    `tells_learners`: Moodle may mail a learner whose assignment was graded.
    """

    mailed_passwords: bool = False
    tells_learners: bool = False


def calls(step: Step, learner_role_id: int, manner: Manner) -> Sequence[Call]:
    """Give the calls that do a step, in order: the answer to the first is the step's."""
    match step:
        case CreateAccount():
            return [Call(functions.CREATE, {"users": [_new_account(step, manner)]})]
        case Enrol():
            return [_enrol(step, learner_role_id)]
        case Complete():
            arguments = {"userid": step.online_id, "cmid": step.cmid, "newstate": step.state.value}
            return [Call(functions.COMPLETE, arguments)]
        case SetGrade() if step.assignment:
            return _grade_assignment(step, manner)
        case SetGrade():
            return [_grade(step)]
        case JoinGroup():
            member = {"groupid": step.group_online_id, "userid": step.online_id}
            return [Call(functions.JOIN_GROUP, {"members": [member]})]
        case EditProfile():
            return [_edit(step)]


def _new_account(step: CreateAccount, manner: Manner) -> dict[str, object]:
    password: dict[str, object] = (
        {"createpassword": 1} if manner.mailed_passwords else {"password": _password()}
    )
    fields = profile.creatable(step.learner)
    return password | {"username": step.username} | _as_arguments(fields)


def _as_arguments(fields: dict[str, str]) -> dict[str, object]:
    """Put custom fields into the list that Moodle has for them."""
    custom = [
        {"type": shortname, "value": value}
        for name, value in fields.items()
        if (shortname := profile.custom_shortname(name))
    ]
    own = {name: value for name, value in fields.items() if not profile.custom_shortname(name)}
    return own | ({"customfields": custom} if custom else {})


def _edit(step: EditProfile) -> Call:
    user = {"id": step.online_id} | _as_arguments({step.name: step.change.value})
    return Call(functions.UPDATE, {"users": [user]})


def _enrol(step: Enrol, learner_role_id: int) -> Call:
    enrolment = {
        "roleid": learner_role_id,
        "userid": step.online_id,
        "courseid": step.course_online_id,
    }
    enrolment |= {"suspend": 1} if step.suspended else {}
    enrolment |= {"timeend": step.ends_at} if step.ends_at else {}
    return Call(functions.ENROL, {"enrolments": [enrolment]})


def _grade(step: SetGrade) -> Call:
    return Call(
        functions.GRADE,
        {
            "source": "beekeed",
            "courseid": step.course_online_id,
            "component": f"mod_{step.modname}",
            "activityid": step.cmid,
            "itemnumber": step.item,
            "grades": [
                {"studentid": step.online_id, "grade": grade.points(step.change.value)},
            ],
        },
    )


def _grade_assignment(step: SetGrade, manner: Manner) -> list[Call]:
    """Grade through the assignment itself, which keeps the comment.

    The comment is always sent: without it, a learner who has one is a database error
    (recorded). Moodle notes that the learner is to be told, whatever the assignment's
    settings say (`apply_grade_to_user`, 4.5.6); the second call takes that back.
    """
    given = {
        "userid": step.online_id,
        "grade": grade.points(step.change.value),
        "attemptnumber": -1,  # the last one
        "addattempt": 0,
        "workflowstate": "",
        "plugindata": {
            "assignfeedbackcomments_editor": {
                "text": step.comment.text,
                "format": step.comment.format,
            }
        },
    }
    save = Call(
        functions.GRADE_ASSIGNMENT,
        {"assignmentid": step.assignment, "applytoall": 0, "grades": [given]},
    )
    told = {"userid": step.online_id, "mailed": 1}
    silence = Call(
        functions.ASSIGNMENT_FLAGS, {"assignmentid": step.assignment, "userflags": [told]}
    )
    return [save] if manner.tells_learners else [save, silence]


def _password() -> str:
    """Make up a password that nobody learns, of every class that a policy may ask for."""
    pools = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "*-_.!")
    characters = [secrets.choice(pool) for pool in pools]
    characters += [secrets.choice(string.ascii_letters + string.digits) for _ in range(20)]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
