"""Sends grades: what online holds is read first, and what stays there is never replaced."""

from collections.abc import Sequence
from dataclasses import replace

from beekeed.core import grade
from beekeed.core.grade import OnlineAssignment, OnlineGrade
from beekeed.core.model import Change, Reason
from beekeed.core.step import Outcome, Scope, SetGrade, Verdict
from beekeed.engine.matching import course_reason
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.errors import Code, RemoteRefused

_ASSIGN = "assign"


class Grading:
    """Grades of one run. Assignments go through themselves where the settings say so."""

    def __init__(self, out: Outbound) -> None:
        self._out = out
        self._assignments: dict[int, OnlineAssignment] = {}
        self._unread: dict[int, Reason | None] = {}

    async def send(self, changes: Sequence[Change], accounts: Accounts) -> None:
        """Read what online holds of some grades, and send what may be sent."""
        steps = [self._step(change, accounts) for change in changes]
        await self._read_assignments([step for step in steps if self._goes_through(step)])
        places = {(step.course_online_id, step.online_id) for step in steps}
        online = self._out.online
        held = await self._out.stop.unless_asked(online.grades(places)) if places else {}
        outcomes: list[tuple[Change, Outcome]] = []
        ready: list[SetGrade] = []
        for step in steps:
            theirs = held[step.course_online_id, step.online_id].get((step.cmid, step.item))
            found = self._decide(step, theirs)
            if isinstance(found, Outcome):
                outcomes.append((step.change, found))
            else:
                ready.append(found)
        await self._out.wire.record(outcomes)
        await self._out.wire.push(ready)

    def _step(self, change: Change, accounts: Accounts) -> SetGrade:
        course = self._out.courses[change.key.course_id]
        activity = course.activities[change.key.part_id]
        return SetGrade(
            change,
            accounts[change.key.learner_id].online_id,
            course.online_id,
            activity.cmid,
            activity.modname,
            course.items[change.key.part_id].number,
        )

    def _goes_through(self, step: SetGrade) -> bool:
        """Tell whether a grade goes through its assignment, which has one item of that kind."""
        return self._out.rules.through_assignments and (step.modname, step.item) == (_ASSIGN, 0)

    async def _read_assignments(self, steps: Sequence[SetGrade]) -> None:
        """Read how the assignments of the courses of some steps are marked, once in a run.

        Where that may not be read, or our service cannot grade through assignments, their
        grades wait; nobody is set aside for it.
        """
        for course_id in {step.change.key.course_id for step in steps}:
            if course_id not in self._unread:
                self._unread[course_id] = await self._read_course(course_id)
        for step in steps:
            reason = self._unread[step.change.key.course_id]
            if reason is not None:
                self._out.wire.withhold_part(step.change.key, reason)

    async def _read_course(self, course_id: int) -> Reason | None:
        course = self._out.courses[course_id]
        cmids = {each.cmid for each in course.activities.values() if each.modname == _ASSIGN}
        try:
            reading = self._out.online.assignments(course.online_id, cmids)
            self._assignments |= await self._out.stop.unless_asked(reading)
        except RemoteRefused as error:
            return course_reason(error)
        return None

    def _decide(self, step: SetGrade, theirs: OnlineGrade | None) -> SetGrade | Outcome:
        """Give the step as it is to be sent, or tell why it need not or must not be."""
        here = self._out.courses[step.change.key.course_id].items[step.change.key.part_id]
        if theirs is None:
            return _refused(Code.GRADE_ITEM_UNSEEN, Scope.ACTIVITY)
        if not grade.same_measure(here, theirs):
            return _refused(Code.GRADE_ITEM_DIFFERS, Scope.ACTIVITY)
        if not here.lowest <= float(grade.points(step.change.value)) <= here.highest:
            return _refused(Code.GRADE_OUT_OF_RANGE)
        decided = grade.decide(step.change, theirs)
        if decided is not None:
            return decided
        step = replace(step, before=_held(theirs))
        return self._through(step, theirs) if self._goes_through(step) else step

    def _through(self, step: SetGrade, theirs: OnlineGrade) -> SetGrade | Outcome:
        """Give a grade's step through its assignment, or tell why it may not go that way."""
        if self._unread[step.change.key.course_id] is not None:
            return step  # waits; the wire holds it back
        marked = self._assignments.get(step.cmid)
        if marked is None:
            return _refused(Code.ACTIVITY_CLOSED, Scope.ACTIVITY)
        if not marked.is_plain:
            return _refused(Code.ASSIGNMENT_ADVANCED, Scope.ACTIVITY)
        if grade.breaks_comment(step.change, theirs):
            return _refused(Code.COMMENT_HAS_FILES)
        if not marked.has_comments and not grade.comment(step.change.value).is_empty:
            return _refused(Code.COMMENTS_OFF_ONLINE)
        return replace(
            step,
            assignment=marked.instance,
            comment=grade.comment_to_send(step.change, theirs),
            keeps_comment=grade.keeps_comment(step.change, theirs),
        )


def _held(theirs: OnlineGrade) -> str:
    return "" if theirs.grade is None else grade.value(theirs.grade, theirs.comment)


def _refused(code: Code, scope: Scope = Scope.CHANGE) -> Outcome:
    return Outcome(Verdict.REFUSED, reason=Reason(code), scope=scope)
