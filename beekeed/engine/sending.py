"""Sends what is pending, slice by slice, in the order of value.

For each slice: who these learners are online (`meeting.py`), that they are enrolled
there, then the changes themselves (`wire.py`: intent, request, receipt). One bad
record is set aside and never stops the others.
"""

from collections.abc import Collection, Mapping, Sequence

from beekeed.clock import Clock
from beekeed.core import change as changes_rules
from beekeed.core import grade, person, plan
from beekeed.core.grade import OnlineGrade
from beekeed.core.model import (
    Account,
    Change,
    Complete,
    Completion,
    Enrol,
    Key,
    Kind,
    Outcome,
    Reason,
    Scope,
    SetGrade,
    Verdict,
)
from beekeed.engine.matching import MatchedCourse
from beekeed.engine.meeting import Meeting, Rules, There
from beekeed.engine.stopping import Stop
from beekeed.engine.wire import Wire
from beekeed.errors import Code, RemoteRefused
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.stores import Catalogue, Changes, Journal, Targets


class Sender:
    """Sends for one run to one target."""

    def __init__(
        self,
        *,
        run_id: int,
        target_id: int,
        courses: Mapping[int, MatchedCourse],
        stop: Stop,
        clock: Clock,
        online: OnlineMoodle,
        catalogue: Catalogue,
        changes: Changes,
        targets: Targets,
        journal: Journal,
        rules: Rules,
    ) -> None:
        self._target_id = target_id
        self._courses = courses
        self._stop = stop
        self._online = online
        self._changes = changes
        self._targets = targets
        self._rules = rules
        self._there = There(online=online, targets=targets, target_id=target_id, stop=stop)
        self._wire = Wire(
            run_id=run_id,
            target_id=target_id,
            online=online,
            journal=journal,
            clock=clock,
            stop=stop,
        )
        self._meeting = Meeting(
            target_id=target_id,
            there=self._there,
            wire=self._wire,
            clock=clock,
            online=online,
            catalogue=catalogue,
            changes=changes,
            targets=targets,
            rules=rules,
            stop=stop,
        )

    @property
    def lacking(self) -> Mapping[int, Reason]:
        """Matched courses in which our account may not do something, and why; 0: anywhere."""
        found = {**self._wire.withheld_courses(), **self._there.unreadable}
        return {id_: reason for id_, reason in found.items() if id_ in self._courses or not id_}

    @property
    def left_out(self) -> Mapping[int, Reason]:
        """Those of the matched courses of which no learner's work could be sent for that."""
        return {
            course_id: reason
            for course_id, reason in self.lacking.items()
            if course_id and course_id not in self._wire.served
        }

    @property
    def acknowledged(self) -> int:
        """How many changes of any kind were acknowledged in this run."""
        return self._wire.acknowledged

    async def send_all(self) -> None:
        """Send everything sendable in the plan's order.

        Raises LinkDown, RemoteRefused, RemoteGarbled or OutcomeUnknown where the
        run cannot go on, and Stopped; what was acknowledged until then is recorded.
        """
        await self._there.read({id_: each.online_id for id_, each in self._courses.items()})
        await self._try_again_what_was_mended()
        forgotten = -1
        while forgotten != self._meeting.forgotten:  # what they had acknowledged is to send again
            forgotten = self._meeting.forgotten
            for kind in plan.ORDER:
                await self._send_kind(kind)

    async def _try_again_what_was_mended(self) -> None:
        """Try again what was set aside for a reason that, as was just read, is no more."""
        codes = (Code.NOT_ENROLLED_ONLINE, Code.TRACKING_OFF)
        asides = await self._changes.aside_for(self._target_id, codes, self._courses)
        accounts = await self._targets.accounts(
            self._target_id, {change.key.learner_id for change in asides}
        )
        mended = [
            change.key
            for change in asides
            if change.key.learner_id in accounts
            and change.key.course_id not in self._there.unreadable
            and self._is_enrolled(change.key, accounts)
            and (change.key.kind is not Kind.COMPLETION or self._is_tracked(change.key))
        ]
        await self._changes.try_again(self._target_id, mended)

    async def _send_kind(self, kind: Kind) -> None:
        after: Key | None = None
        while True:
            self._stop.check()
            courses = [
                course_id
                for course_id in self._courses
                if course_id not in self._there.unreadable
                and not self._wire.is_withheld(kind, course_id)
            ]
            slice_ = await self._changes.next(
                self._target_id, kind, courses, after, self._rules.slice_changes
            )
            if not slice_:
                return
            after = slice_[-1].key
            await self._send_slice(slice_)

    async def _send_slice(self, slice_: Sequence[Change]) -> None:
        accounts = await self._meeting.bring_accounts(slice_)
        ready = await self._screen(slice_, accounts)
        await self._bring_enrolments(ready, accounts)
        enrolled = [c for c in ready if self._is_enrolled(c.key, accounts)]
        await self._send_grades([c for c in enrolled if c.key.kind is Kind.GRADE], accounts)
        completions = [c for c in enrolled if c.key.kind is Kind.COMPLETION]
        await self._send_completions(completions, accounts)

    async def _screen(
        self, slice_: Sequence[Change], accounts: Mapping[int, Account]
    ) -> list[Change]:
        """Give the changes whose learners may be touched, and set the others aside."""
        ready: list[Change] = []
        for change in slice_:
            account = accounts.get(change.key.learner_id)
            if account is None:
                continue  # waits for the account, which was set aside or not made yet
            reason = self._meeting.doubt(account) or person.untouchable(
                account.username,
                self._there.roles[account.online_id],
                self._rules.learner_roles,
                self._rules.never_touch,
            )
            if reason is None:
                ready.append(change)
            else:
                await self._wire.refuse([change], reason)
        return ready

    # Enrolments

    async def _bring_enrolments(
        self, changes: Sequence[Change], accounts: Mapping[int, Account]
    ) -> None:
        """Enrol who is not enrolled online, where the box says so and never did before."""
        pending = await self._changes.pending(self._target_id, plan.enrolment_keys(changes))
        open_ = [change for change in pending.values() if change.aside is None]
        there = [change for change in open_ if self._is_enrolled(change.key, accounts)]
        await self._wire.record(
            [(change, Outcome(Verdict.ALREADY, change.value)) for change in there]
        )
        await self._enrol_all(
            [self._enrol(change, accounts) for change in open_ if change not in there]
        )
        await self._refuse_unenrolled(changes, pending, accounts)

    def _enrol(self, change: Change, accounts: Mapping[int, Account]) -> Enrol:
        state, _, ends_at = change.value.partition(":")
        return Enrol(
            change,
            accounts[change.key.learner_id].online_id,
            self._courses[change.key.course_id].online_id,
            suspended=state in ("suspended", "left"),
            ends_at=int(ends_at or 0),
        )

    async def _enrol_all(self, steps: Sequence[Enrol]) -> None:
        """Enrol people; one alone first where the number of the learners' role is a guess.

        Moodle answers nothing to an enrolment: only reading back tells which role it gave.
        """
        left = list(steps)
        while left and not self._online.knows_learner_role():
            number = self._rules.learner_role_id
            if await self._targets.wrong_role(self._target_id) == number:
                raise RemoteRefused(Code.LEARNER_ROLE_KNOWN_WRONG, number=number)
            trial = left.pop(0)
            if await self._push_enrolments([trial]):
                await self._prove_role(trial)
        await self._push_enrolments(left)

    async def _prove_role(self, trial: Enrol) -> None:
        """Read back which role somebody got. Raises RemoteRefused where it is not the learners'."""
        course_id = trial.change.key.course_id
        await self._there.read({course_id: self._courses[course_id].online_id})
        if not self._online.knows_learner_role():
            roles = ", ".join(sorted(self._there.roles[trial.online_id])) or "-"
            await self._targets.note_wrong_role(self._target_id, self._rules.learner_role_id)
            raise RemoteRefused(Code.LEARNER_ROLE_WRONG, roles=roles)

    async def _push_enrolments(self, steps: Sequence[Enrol]) -> bool:
        """Enrol people; tells whether anybody was."""
        done = [
            step
            for step, outcome in await self._wire.push(steps)
            if outcome.verdict is Verdict.DONE and isinstance(step, Enrol)
        ]
        for step in done:
            self._there.enrolled[step.change.key.course_id].add(step.online_id)
        return bool(done)

    async def _refuse_unenrolled(
        self,
        changes: Sequence[Change],
        pending: Collection[Key],
        accounts: Mapping[int, Account],
    ) -> None:
        """Set aside the work of who was enrolled online and is not any more.

        Moodle would take it all the same and store it where nobody sees it.
        """
        left = [
            change
            for change in changes
            if change.key.kind not in plan.BROUGHT
            and not self._is_enrolled(change.key, accounts)
            and Key(Kind.ENROLMENT, change.key.course_id, 0, change.key.learner_id) not in pending
        ]
        await self._wire.refuse(left, Reason(Code.NOT_ENROLLED_ONLINE))

    def _is_enrolled(self, key: Key, accounts: Mapping[int, Account]) -> bool:
        return accounts[key.learner_id].online_id in self._there.enrolled[key.course_id]

    # Grades

    async def _send_grades(
        self, changes: Sequence[Change], accounts: Mapping[int, Account]
    ) -> None:
        """Read what online holds, and send what may be sent."""
        steps = [self._set_grade(change, accounts) for change in changes]
        places = {(step.course_online_id, step.online_id) for step in steps}
        held = await self._stop.unless_asked(self._online.grades(places)) if places else {}
        outcomes = {
            step.change.key: self._decide_grade(
                step, held[step.course_online_id, step.online_id].get((step.cmid, step.item))
            )
            for step in steps
        }
        await self._wire.record(
            [(step.change, found) for step in steps if (found := outcomes[step.change.key])]
        )
        await self._wire.push([step for step in steps if outcomes[step.change.key] is None])

    def _set_grade(self, change: Change, accounts: Mapping[int, Account]) -> SetGrade:
        course = self._courses[change.key.course_id]
        activity = course.activities[change.key.activity_id]
        return SetGrade(
            change,
            accounts[change.key.learner_id].online_id,
            course.online_id,
            activity.cmid,
            activity.modname,
            course.items[change.key.activity_id].number,
        )

    def _decide_grade(self, step: SetGrade, theirs: OnlineGrade | None) -> Outcome | None:
        """Tell why a grade need not or must not be sent, or None."""
        here = self._courses[step.change.key.course_id].items[step.change.key.activity_id]
        if theirs is None:
            reason = Reason(Code.GRADE_ITEM_UNSEEN)
            return Outcome(Verdict.REFUSED, reason=reason, scope=Scope.ACTIVITY)
        if not grade.same_measure(here, theirs):
            reason = Reason(Code.GRADE_ITEM_DIFFERS)
            return Outcome(Verdict.REFUSED, reason=reason, scope=Scope.ACTIVITY)
        if not here.lowest <= float(step.change.value) <= here.highest:
            return Outcome(Verdict.REFUSED, reason=Reason(Code.GRADE_OUT_OF_RANGE))
        return grade.decide(step.change, theirs)

    # Completions

    async def _send_completions(
        self, changes: Sequence[Change], accounts: Mapping[int, Account]
    ) -> None:
        steps = [self._complete(change, accounts) for change in changes]
        untracked = [step.change for step in steps if not self._is_tracked(step.change.key)]
        await self._wire.refuse(untracked, Reason(Code.TRACKING_OFF))
        steps = [step for step in steps if self._is_tracked(step.change.key)]
        decided = await self._decide(
            [step for step in steps if changes_rules.reads_first(step.change)]
        )
        await self._wire.record([(step.change, outcome) for step, outcome in decided])
        settled = {step.change.key for step, _ in decided}
        await self._wire.push([step for step in steps if step.change.key not in settled])

    def _is_tracked(self, key: Key) -> bool:
        return self._courses[key.course_id].activities[key.activity_id].tracked

    def _complete(self, change: Change, accounts: Mapping[int, Account]) -> Complete:
        course = self._courses[change.key.course_id]
        return Complete(
            change,
            accounts[change.key.learner_id].online_id,
            course.online_id,
            course.activities[change.key.activity_id].cmid,
            changes_rules.wanted(change),
        )

    async def _decide(self, steps: Sequence[Complete]) -> list[tuple[Complete, Outcome]]:
        """Read what online holds, and tell which steps need not or must not be sent."""
        if not steps:
            return []
        states = await self._stop.unless_asked(
            self._online.completions({(step.course_online_id, step.online_id) for step in steps})
        )
        decided = []
        for step in steps:
            theirs = states[(step.course_online_id, step.online_id)].get(
                step.cmid, Completion.INCOMPLETE
            )
            outcome = changes_rules.decide(step.change, theirs)
            if outcome is not None:
                decided.append((step, outcome))
        return decided
