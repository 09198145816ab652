"""Sends what is pending, slice by slice: intent, wire, receipt.

For each slice of the plan: who these learners are online, that they are
enrolled there, then the changes themselves. One bad record is set aside and
never stops the others.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from beekeed.clock import Clock
from beekeed.core import change as changes_rules
from beekeed.core import person, plan
from beekeed.core.model import (
    Account,
    Change,
    Complete,
    Completion,
    CreateAccount,
    Enrol,
    Key,
    Kind,
    Learner,
    Outcome,
    Reason,
    Scope,
    Step,
    Verdict,
)
from beekeed.engine.matching import MatchedCourse
from beekeed.errors import Code, LinkDown, OutcomeUnknown, RemoteRefused
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.stores import Catalogue, Changes, Journal, Targets

_ATTEMPTS = 3  # a step that was surely not done is tried so often in one run


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide what may be touched online."""

    username_prefix: str = ""
    never_touch: frozenset[str] = frozenset()
    learner_roles: frozenset[str] = frozenset({"student"})
    slice_changes: int = 100


@dataclass(slots=True)
class _Online:
    """What was read of the synchronized courses in this run."""

    enrolled: dict[int, set[int]] = field(default_factory=dict)
    """By our course number: the accounts with any enrolment."""
    roles: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By account: its roles in all synchronized courses."""


class Sender:
    """Sends for one run to one target."""

    def __init__(
        self,
        *,
        run_id: int,
        target_id: int,
        courses: Mapping[int, MatchedCourse],
        clock: Clock,
        online: OnlineMoodle,
        catalogue: Catalogue,
        changes: Changes,
        targets: Targets,
        journal: Journal,
        rules: Rules,
    ) -> None:
        self._run_id = run_id
        self._target_id = target_id
        self._courses = courses
        self._clock = clock
        self._online = online
        self._catalogue = catalogue
        self._changes = changes
        self._targets = targets
        self._journal = journal
        self._rules = rules
        self._there = _Online()
        self._closed: dict[tuple[Scope, Key], Reason] = {}
        self._stopping = False

    def stop(self) -> None:
        """Send nothing more once the request in flight is recorded."""
        self._stopping = True

    async def send_all(self) -> None:
        """Send everything sendable in the plan's order.

        Raises LinkDown, RemoteRefused, RemoteGarbled or OutcomeUnknown where the
        run cannot go on; what was acknowledged until then is recorded.
        """
        for course in self._courses.values():
            await self._read_enrolled(course)
        for kind in plan.ORDER:
            after: Key | None = None
            while not self._stopping:
                slice_ = await self._changes.next(
                    self._target_id, kind, self._courses, after, self._rules.slice_changes
                )
                if not slice_:
                    break
                after = slice_[-1].key
                await self._send_slice(slice_)

    async def _read_enrolled(self, course: MatchedCourse) -> None:
        enrolled = await self._online.enrolled(course.online_id)
        self._there.enrolled[course.course_id] = set(enrolled)
        for online_id, participant in enrolled.items():
            self._there.roles[online_id].update(participant.roles)

    async def _send_slice(self, slice_: Sequence[Change]) -> None:
        accounts = await self._bring_accounts(slice_)
        ready = await self._screen(slice_, accounts)
        await self._bring_enrolments(ready, accounts)
        completions = [c for c in ready if c.key.kind is Kind.COMPLETION]
        enrolled = [c for c in completions if self._is_enrolled(c.key, accounts)]
        await self._send_completions(enrolled, accounts)

    # Accounts

    async def _bring_accounts(self, slice_: Sequence[Change]) -> Mapping[int, Account]:
        """Have an account for each learner of a slice, where that is safe."""
        ids = {change.key.learner_id for change in slice_}
        known = await self._targets.accounts(self._target_id, ids)
        if ids <= known.keys():
            return known
        wanted = await self._changes.pending(
            self._target_id,
            [key for key in plan.account_keys(slice_) if key.learner_id not in known],
        )
        learners = await self._catalogue.learners([key.learner_id for key in wanted])
        await self._meet({learners[change.key.learner_id]: change for change in wanted.values()})
        return await self._targets.accounts(self._target_id, ids)

    async def _meet(self, newcomers: Mapping[Learner, Change]) -> None:
        """Find out who some learners are online; adopt, create or set aside each."""
        names = {learner: self._rules.username_prefix + learner.username for learner in newcomers}
        found = await self._online.people(set(names.values())) if names else {}
        creates: list[Step] = []
        adopted = []
        for learner, change in newcomers.items():
            username = names[learner]
            online = found.get(username)
            reason = person.untouchable(username, (), (), self._rules.never_touch)
            if reason is None and online is None:
                reason = person.creatable(learner, username)
            elif reason is None and online is not None:
                reason = person.meets(learner, online)
            if reason is not None:
                await self._refuse([change], reason)
            elif online is not None:
                adopted.append((learner, change.key.learner_id, online))
            else:
                creates.append(CreateAccount(change, learner, username))
        if adopted:
            await self._journal.adopt(self._run_id, self._target_id, adopted, self._clock.now())
        await self._push(creates)

    async def _screen(
        self, slice_: Sequence[Change], accounts: Mapping[int, Account]
    ) -> list[Change]:
        """Give the changes whose learners may be touched, and set the others aside."""
        ready: list[Change] = []
        for change in slice_:
            account = accounts.get(change.key.learner_id)
            if account is None:
                continue  # waits for the account, which was set aside or not made yet
            reason = person.untouchable(
                account.username,
                self._there.roles[account.online_id],
                self._rules.learner_roles,
                self._rules.never_touch,
            )
            if reason is None:
                ready.append(change)
            else:
                await self._refuse([change], reason)
        return ready

    # Enrolments

    async def _bring_enrolments(
        self, changes: Sequence[Change], accounts: Mapping[int, Account]
    ) -> None:
        """Enrol who is not enrolled online, where the box says so and never did before."""
        pending = await self._changes.pending(self._target_id, plan.enrolment_keys(changes))
        steps: list[Step] = []
        for change in pending.values():
            if change.aside is not None:
                continue
            online_id = accounts[change.key.learner_id].online_id
            if self._is_enrolled(change.key, accounts):
                outcome = Outcome(Verdict.ALREADY, change.value)
                await self._record([(change, outcome)])
            else:
                course = self._courses[change.key.course_id]
                steps.append(
                    Enrol(change, online_id, course.online_id, change.value == "suspended")
                )
        for step, outcome in await self._push(steps):
            if outcome.verdict is Verdict.DONE and isinstance(step, Enrol):
                self._there.enrolled[step.change.key.course_id].add(step.online_id)
        await self._refuse_unenrolled(changes, pending, accounts)

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
            if change.key.kind is Kind.COMPLETION
            and not self._is_enrolled(change.key, accounts)
            and Key(Kind.ENROLMENT, change.key.course_id, 0, change.key.learner_id) not in pending
        ]
        await self._refuse(left, Reason(Code.NOT_ENROLLED_ONLINE))

    def _is_enrolled(self, key: Key, accounts: Mapping[int, Account]) -> bool:
        return accounts[key.learner_id].online_id in self._there.enrolled[key.course_id]

    # Completions

    async def _send_completions(
        self, changes: Sequence[Change], accounts: Mapping[int, Account]
    ) -> None:
        steps = [self._complete(change, accounts) for change in changes]
        doubtful = [step for step in steps if changes_rules.reads_first(step.change)]
        decided = await self._decide(doubtful)
        await self._record([(step.change, outcome) for step, outcome in decided])
        settled = {step.change.key for step, _ in decided}
        await self._push([step for step in steps if step.change.key not in settled])

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
        states = await self._online.completions(
            {(step.course_online_id, step.online_id) for step in steps}
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

    # The wire

    async def _push(self, steps: Sequence[Step]) -> list[tuple[Step, Outcome]]:
        """Do steps until each has an outcome; the first refusal is taken out, the rest goes on."""
        done: list[tuple[Step, Outcome]] = []
        fruitless = 0
        left = await self._without_closed(steps)
        while left and not self._stopping:
            outcomes = await self._send_once(left)
            done += outcomes
            undone = [step for step, outcome in outcomes if outcome.verdict is Verdict.NOT_TRIED]
            fruitless = fruitless + 1 if len(undone) == len(left) else 0
            if fruitless == _ATTEMPTS:
                raise OutcomeUnknown(Code.NO_ANSWER)
            left = await self._without_closed(undone)
        return done

    async def _send_once(self, steps: Sequence[Step]) -> list[tuple[Step, Outcome]]:
        """Intent, wire, receipt, for one request; a lost answer is settled at once."""
        await self._journal.intend(self._run_id, self._target_id, steps, self._clock.now())
        try:
            outcomes = list(zip(steps, await self._online.apply(steps), strict=True))
        except (LinkDown, RemoteRefused):  # surely nothing was done
            await self._record([(step, Outcome(Verdict.NOT_TRIED)) for step in steps])
            raise
        lost = [step for step, outcome in outcomes if outcome.verdict is Verdict.UNKNOWN]
        known = [pair for pair in outcomes if pair[1].verdict is not Verdict.UNKNOWN]
        await self._record_answered(known)
        if lost:
            settled = list(zip(lost, await self._online.settle(lost), strict=True))
            await self._record(settled)
            known += settled
        return known

    async def _record_answered(self, outcomes: Sequence[tuple[Step, Outcome]]) -> None:
        """Record answers; a refusal that is the whole site's sets nobody aside but ends the run."""
        refusal = next((o for _, o in outcomes if o.scope is Scope.SITE), None)
        await self._record(
            [
                (step, Outcome(Verdict.NOT_TRIED) if outcome.scope is Scope.SITE else outcome)
                for step, outcome in outcomes
            ]
        )
        if refusal is not None and refusal.reason is not None:
            raise RemoteRefused(refusal.reason.code, **refusal.reason.params)
        for step, outcome in outcomes:
            if outcome.verdict is Verdict.REFUSED and outcome.reason is not None:
                self._closed[_reach(outcome.scope, step.change.key)] = outcome.reason

    async def _without_closed(self, steps: Sequence[Step]) -> list[Step]:
        """Give the steps that a refusal in this run does not reach, and set the others aside."""
        left: list[Step] = []
        for step in steps:
            reasons = (self._closed.get(_reach(scope, step.change.key)) for scope in _REACHES)
            reason = next((reason for reason in reasons if reason is not None), None)
            if reason is None:
                left.append(step)
            else:
                await self._refuse([step.change], reason)
        return left

    async def _refuse(self, changes: Sequence[Change], reason: Reason) -> None:
        outcome = Outcome(Verdict.REFUSED, reason=reason)
        await self._record([(change, outcome) for change in changes])

    async def _record(self, outcomes: Sequence[tuple[Step | Change, Outcome]]) -> None:
        if outcomes:
            await self._journal.record(self._run_id, self._target_id, outcomes, self._clock.now())


_REACHES = (Scope.CHANGE, Scope.LEARNER, Scope.ACTIVITY, Scope.COURSE)


def _reach(scope: Scope, key: Key) -> tuple[Scope, Key]:
    """Name what a refusal closes for changes of the same kind."""
    match scope:
        case Scope.LEARNER:
            return scope, Key(key.kind, 0, 0, key.learner_id)
        case Scope.ACTIVITY:
            return scope, Key(key.kind, key.course_id, key.activity_id, 0)
        case Scope.COURSE:
            return scope, Key(key.kind, key.course_id, 0, 0)
        case _:
            return scope, key
