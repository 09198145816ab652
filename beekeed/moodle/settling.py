"""What became of a step whose answer was lost, by what online holds now. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from beekeed.core import grade, person, profile
from beekeed.core.change import decide
from beekeed.core.grade import OnlineGrade
from beekeed.core.model import Completion, OnlinePerson, Reason
from beekeed.core.step import (
    Complete,
    CreateAccount,
    EditProfile,
    Enrol,
    JoinGroup,
    Outcome,
    Scope,
    SetGrade,
    Step,
    Verdict,
)
from beekeed.errors import Code
from beekeed.ports.online import Enrolled, Fields, Grades, Place, States


@dataclass(slots=True)
class Held:
    """What online holds, as far as it could be read; courses that could not are left out."""

    people: Mapping[str, OnlinePerson] = field(default_factory=dict)
    enrolled: Mapping[int, Mapping[int, Enrolled]] = field(default_factory=dict)
    suspended: Mapping[int, Collection[int]] = field(default_factory=dict)
    states: Mapping[Place, States] = field(default_factory=dict)
    grades: Mapping[Place, Grades] = field(default_factory=dict)
    profiles: Mapping[int, Mapping[int, Fields]] = field(default_factory=dict)
    """By course and account."""
    memberships: Mapping[int, Mapping[int, Collection[int]]] = field(default_factory=dict)
    """The groups of accounts, by course and account."""


_WRITE_FAILED = "dmlwriteexception"


def is_sure(step: Step, answered: Outcome) -> bool:
    """Tell whether what Moodle answered to a step is all there is to know.

    It drops an edit of some fields without a word (recorded). And what it refused may be
    there already, where a request that was given up came late: of two with the same records
    one meets the key of the other's (seen on 4.5.6), and an account's name is taken.
    """
    if answered.verdict is Verdict.DONE:
        return not isinstance(step, EditProfile) or not profile.may_be_dropped(step.name)
    if answered.verdict is not Verdict.REFUSED or answered.scope is not Scope.CHANGE:
        return True
    if isinstance(step, CreateAccount):
        return False
    return not failed_to_write(answered)


def failed_to_write(answered: Outcome) -> bool:
    """Tell whether the site's database refused a record: what is wrong with it, or with the record.

    A deadlock and a value that is too long have the same errorcode.
    """
    reason = answered.reason
    return reason is not None and reason.params.get("errorcode") == _WRITE_FAILED


def settled(step: Step, held: Held, answered: Outcome | None = None) -> Outcome:
    """Tell what became of a step; NOT_TRIED: it did not arrive, or may be repeated.

    `answered`: what Moodle said, where it said something that was not sure.
    """
    found = _settled(step, held)
    match answered, found:
        case Outcome(Verdict.REFUSED), Outcome(Verdict.NOT_TRIED):
            return answered
        case Outcome(Verdict.REFUSED), Outcome(Verdict.DONE):
            return replace(found, verdict=Verdict.ALREADY)
        case Outcome(Verdict.DONE), Outcome(Verdict.NOT_TRIED) if _is_read(step, held):
            return Outcome(Verdict.REFUSED, reason=Reason(Code.PROFILE_FIELD_MISSING))
        case _:
            return found


def _is_read(step: Step, held: Held) -> bool:
    """Tell whether the profile that a step edits could be read."""
    if not isinstance(step, EditProfile):
        return False
    return step.online_id in held.profiles.get(step.course_online_id, {})


def _settled(step: Step, held: Held) -> Outcome:
    """Tell what reading alone tells; joining a group again changes nothing (recorded)."""
    outcome: Outcome | None = None
    match step:
        case CreateAccount():
            found = held.people.get(step.username)
            if found is not None and person.same_person(step.learner, found):
                outcome = Outcome(Verdict.DONE, str(found.online_id))
        case Enrol():
            outcome = _enrolment(step, held)
        case Complete():
            states = held.states.get((step.course_online_id, step.online_id))
            if states is not None:
                outcome = _completion(step, states.get(step.cmid) or Completion.INCOMPLETE)
        case SetGrade():
            grades = held.grades.get((step.course_online_id, step.online_id), {})
            theirs = grades.get((step.cmid, step.item))
            outcome = _grade(step, theirs) if theirs is not None else None
        case JoinGroup():
            groups = held.memberships.get(step.course_online_id, {}).get(step.online_id, ())
            if step.group_online_id in groups:
                outcome = Outcome(Verdict.DONE, step.change.value)
        case EditProfile():
            fields = held.profiles.get(step.course_online_id, {}).get(step.online_id)
            held_value = None if fields is None else fields.get(step.name, "").strip()
            if held_value == step.change.value.strip():
                outcome = Outcome(Verdict.DONE, step.change.value)
    return outcome or Outcome(Verdict.NOT_TRIED)


def _enrolment(step: Enrol, held: Held) -> Outcome | None:
    if step.online_id not in held.enrolled.get(step.course_online_id, {}):
        return None
    if step.change.base is None:
        return Outcome(Verdict.DONE, step.made)
    suspended = held.suspended.get(step.course_online_id)
    if suspended is None or (step.online_id in suspended) != step.suspended:
        return None
    return Outcome(Verdict.DONE, step.made)


def _completion(step: Complete, theirs: Completion) -> Outcome | None:
    if theirs is step.state:
        return Outcome(Verdict.DONE, str(theirs.value))
    return decide(step.change, theirs)


def _grade(step: SetGrade, theirs: OnlineGrade) -> Outcome | None:
    has_points = theirs.grade is not None and grade.text(theirs.grade) == grade.points(
        step.change.value
    )
    if has_points and (not step.assignment or theirs.comment.same_as(step.comment)):
        held = grade.online_value(step.change, theirs.grade or 0, theirs.comment)
        return Outcome(Verdict.DONE, held)
    if not has_points and _changed_meanwhile(step, theirs):
        return grade.differs(step.change, theirs)
    return grade.decide(step.change, theirs)


def _changed_meanwhile(step: SetGrade, theirs: OnlineGrade) -> bool:
    """Tell whether, at the first meeting, somebody graded since what was read before sending.

    Ours may have arrived and been corrected: it must not be sent over that.
    """
    if step.change.base is not None or step.before is None or theirs.grade is None:
        return False
    if theirs.is_fixed:  # a reason of its own
        return False
    return grade.text(theirs.grade) != grade.points(step.before)
