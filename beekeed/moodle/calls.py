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


def calls(
    steps: Sequence[Step], learner_role_id: int, manner: Manner, *, apart: bool = False
) -> Sequence[Call]:
    """Give the calls that do steps which go together, in order: the first one's answer counts.

    Together go accounts; enrolments or members in a course; grades in one item. `apart`: they
    were refused together, and this is one of them.
    """
    match steps[0]:
        case CreateAccount():
            users = [
                _new_account(step, manner) for step in steps if isinstance(step, CreateAccount)
            ]
            return [Call(functions.CREATE, {"users": users})]
        case Enrol():
            enrolments = [_enrolment(s, learner_role_id) for s in steps if isinstance(s, Enrol)]
            return [Call(functions.ENROL, {"enrolments": enrolments})]
        case Complete() as step:
            arguments = {"userid": step.online_id, "cmid": step.cmid, "newstate": step.state.value}
            return [Call(functions.COMPLETE, arguments)]
        case SetGrade() as first:
            grades = [step for step in steps if isinstance(step, SetGrade)]
            if first.assignment:
                return _grade_assignment(grades, manner, apart=apart)
            return [_grade(first, grades)]
        case JoinGroup():
            members = [
                {"groupid": step.group_online_id, "userid": step.online_id}
                for step in steps
                if isinstance(step, JoinGroup)
            ]
            return [Call(functions.JOIN_GROUP, {"members": members})]
        case EditProfile() as step:
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


def _enrolment(step: Enrol, learner_role_id: int) -> dict[str, object]:
    enrolment: dict[str, object] = {
        "roleid": learner_role_id,
        "userid": step.online_id,
        "courseid": step.course_online_id,
    }
    enrolment |= {"suspend": 1} if step.suspended else {}
    return enrolment | ({"timeend": step.ends_at} if step.ends_at else {})


def _grade(item: SetGrade, steps: Sequence[SetGrade]) -> Call:
    return Call(
        functions.GRADE,
        {
            "source": "beekeed",
            "courseid": item.course_online_id,
            "component": f"mod_{item.modname}",
            "activityid": item.cmid,
            "itemnumber": item.item,
            "grades": [
                {"studentid": step.online_id, "grade": grade.points(step.change.value)}
                for step in steps
            ],
        },
    )


def _grade_assignment(steps: Sequence[SetGrade], manner: Manner, *, apart: bool) -> list[Call]:
    """Grade through the assignment itself, which keeps the comment.

    Moodle notes that the learner is to be told, whatever the assignment's settings say
    (`apply_grade_to_user`, 4.5.6); the second call takes that back.
    """
    instance = steps[0].assignment
    given = [_given(step, says_all=apart) for step in steps]
    save = Call(
        functions.GRADE_ASSIGNMENT,
        {"assignmentid": instance, "applytoall": 0, "grades": given},
    )
    told = [{"userid": step.online_id, "mailed": 1} for step in steps]
    silence = Call(functions.ASSIGNMENT_FLAGS, {"assignmentid": instance, "userflags": told})
    return [save] if manner.tells_learners else [save, silence]


def _given(step: SetGrade, *, says_all: bool) -> dict[str, object]:
    """Write a grade with its comment; where there is none on either side, nothing of it.

    That saves half of the bytes. Without it, a learner who has a comment is a database
    error (recorded), and so is one whose comment was blanked, which nobody can see: such a
    grade goes again, and says all.
    """
    given: dict[str, object] = {
        "userid": step.online_id,
        "grade": grade.points(step.change.value),
        "attemptnumber": -1,  # the last one
        "addattempt": 0,
        "workflowstate": "",
    }
    if step.comment.text or says_all:
        comment = {"text": step.comment.text, "format": step.comment.format}
        given["plugindata"] = {"assignfeedbackcomments_editor": comment}
    return given


def _password() -> str:
    """Make up a password that nobody learns, of every class that a policy may ask for."""
    pools = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "*-_.!")
    characters = [secrets.choice(pool) for pool in pools]
    characters += [secrets.choice(string.ascii_letters + string.digits) for _ in range(20)]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
