"""Steps on the wire: intent, request, receipt; what a refusal reaches is not asked again."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile

from beekeed.clock import Clock
from beekeed.core import plan, retry
from beekeed.core.change import is_repeatable
from beekeed.core.model import Change, Key, Kind, Reason
from beekeed.core.progress import finished
from beekeed.core.step import Outcome, Scope, SetGrade, Step, Verdict
from beekeed.engine.headway import Headway
from beekeed.engine.stopping import Stop, Stopped
from beekeed.engine.writing import settle
from beekeed.errors import BeekeedError, Code, LinkDown, OutcomeUnknown, RemoteRefused
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.stores import Adopted, Journal

_LAST_SECONDS = 20  # so long a stop waits at most to find out what a lost answer leaves open


@dataclass(frozen=True, slots=True)
class _Sent:
    """What became of one request.

    `why`: why it did nothing, or its answer was lost. `arrived`: the site may have got it.
    """

    outcomes: list[tuple[Step, Outcome]]
    why: Reason | None = None
    arrived: bool = True


class Wire:
    """The way of steps to the online Moodle, for one run and target."""

    def __init__(
        self,
        *,
        run_id: int,
        target_id: int,
        online: OnlineMoodle,
        journal: Journal,
        clock: Clock,
        stop: Stop,
        headway: Headway,
    ) -> None:
        self._run_id = run_id
        self._target_id = target_id
        self._online = online
        self._journal = journal
        self._clock = clock
        self._stop = stop
        self._headway = headway
        self._closed: dict[tuple[Scope, Key], Reason] = {}
        self._withheld: dict[tuple[Kind, int], Reason] = {}
        self._withheld_parts: dict[tuple[Scope, Key], Reason] = {}
        self._lacking: Reason | None = None
        self._served: set[int] = set()
        self._acknowledged = 0
        self._done: Counter[Kind] = Counter()
        self._apart: set[Key] = set()
        self._open: set[Key] = set()
        """What a lost request may have done, or may still do: it is not answered yet."""
        self._unread: dict[Key, Step] = {}
        """Those of them of which nothing was read since."""

    def is_withheld(self, kind: Kind, course_id: int) -> bool:
        """Whether our account may not do changes of a kind in a course."""
        return (kind, course_id) in self._withheld

    def withhold(self, kind: Kind, course_id: int, reason: Reason) -> None:
        """Let changes of a kind wait in a course in this run: our account may not do them."""
        self._withheld[kind, course_id] = reason

    def withhold_part(self, key: Key, reason: Reason) -> None:
        """Let changes of a kind wait in one activity in this run."""
        self._withheld_parts[_reach(Scope.ACTIVITY, key)] = reason

    def lack(self, reason: Reason) -> None:
        """Note that something waits in this run that our account may not do."""
        self._lacking = self._lacking or reason

    def withheld_courses(self) -> Mapping[int, Reason]:
        """Give the courses in which our account may not do something that achievements need.

        0: on the whole site.
        """
        parts = {key.course_id: reason for (_, key), reason in self._withheld_parts.items()}
        courses = {
            course_id: reason
            for (kind, course_id), reason in self._withheld.items()
            if kind not in plan.EXTRA
        }
        return parts | courses

    def withheld_extra(self) -> Reason | None:
        """Give a reason why something else waits that our account may not do, or None."""
        reasons = (reason for (kind, _), reason in self._withheld.items() if kind in plan.EXTRA)
        return next(reasons, self._lacking)

    def not_carried(self) -> Collection[tuple[Kind, int]]:
        """Give the kinds and courses in which our service lacks a function for them."""
        return [
            what for what, reason in self._withheld.items() if reason.code is Code.FUNCTION_MISSING
        ]

    @property
    def served(self) -> Set[int]:
        """The courses in which learners' own work was acknowledged in this run."""
        return self._served

    @property
    def acknowledged(self) -> int:
        """How many changes of any kind were acknowledged in this run."""
        return self._acknowledged

    @property
    def done(self) -> Mapping[Kind, int]:
        """How many changes of each kind a call of this run did."""
        return self._done

    async def push(self, steps: Sequence[Step]) -> list[tuple[Step, Outcome]]:
        """Do steps until each has an outcome; the first refusal is taken out, the rest goes on.

        Trouble that passes is waited out. Raises LinkDown, RemoteRefused and OutcomeUnknown
        where nothing can go on, and Stopped. Ends early where a stop was asked.
        """
        done: list[tuple[Step, Outcome]] = []
        fruitless = 0
        left = await self._without_closed(steps)
        while left and await self._may_go_on(fruitless):
            some, apart = self._next(left)
            sent = await self._send_once(some, apart=apart)
            done += sent.outcomes
            undone = [step for step, each in sent.outcomes if each.verdict is Verdict.NOT_TRIED]
            got_on = len(undone) < len(some) or (not apart and self._is_apart(some[0]))
            fruitless = 0 if got_on else fruitless + sent.arrived
            left = await self._without_closed([*undone, *left[len(some) :]])
            if fruitless == retry.ATTEMPTS and left:
                reason = sent.why or Reason(Code.NO_ANSWER)
                raise OutcomeUnknown(reason.code, **reason.params)
        if self._stop.asked and self._unread:
            done += await self._find_out(list(self._unread.values()))
        return done

    async def _may_go_on(self, fruitless: int) -> bool:
        """Wait until the site may be asked; False where a stop was asked."""
        if self._stop.asked:
            return False
        try:
            await self._stop.unless_asked(self._online.wait(fruitless))
        except Stopped:
            return False
        return True

    def _next(self, left: Sequence[Step]) -> tuple[Sequence[Step], bool]:
        """Give the steps of the next request, and whether each goes in a call of its own."""
        apart = self._is_apart(left[0])
        some = list(takewhile(lambda step: self._is_apart(step) == apart, left))
        return some[: self._online.fits(some, apart=apart)], apart

    def _is_apart(self, step: Step) -> bool:
        return step.change.key in self._apart

    async def _send_once(self, steps: Sequence[Step], *, apart: bool) -> _Sent:
        """Intent, request, receipt; a lost answer is settled at once."""
        await self._journal.intend(self._run_id, self._target_id, steps, self._clock.now())
        try:
            answered = await self._online.apply(steps, apart=apart)
        except (LinkDown, RemoteRefused) as error:  # surely nothing was done
            undone = [(step, Outcome(Verdict.NOT_TRIED)) for step in steps]
            await self.record(undone)
            if not self._online.is_worth_a_try(error):
                raise
            return _Sent(undone, Reason(error.code, error.params), arrived=False)
        outcomes = list(zip(steps, answered, strict=True))
        self._apart |= {step.change.key for step, each in outcomes if each.scope is Scope.TOGETHER}
        known = [pair for pair in outcomes if pair[1].verdict is not Verdict.UNKNOWN]
        await self._record_answered(known)
        unknown = [pair for pair in outcomes if pair[1].verdict is Verdict.UNKNOWN]
        if not unknown:
            return _Sent(known)
        return _Sent(known + await self._settle(unknown), unknown[-1][1].reason)

    async def _settle(self, lost: Sequence[tuple[Step, Outcome]]) -> list[tuple[Step, Outcome]]:
        """Find out what became of steps; what may be repeated is, once, and not asked about."""
        again = [step for step, outcome in lost if self._may_repeat(step, outcome)]
        asked = [step for step, _ in lost if step not in again]
        self._unread |= {_key(step): step for step in again}
        self._open |= {_key(step) for step in again}
        settled = await self._find_out(asked) if asked else []
        return settled + [(step, Outcome(Verdict.NOT_TRIED)) for step in again]

    def _may_repeat(self, step: Step, outcome: Outcome) -> bool:
        """Tell whether to do a step again of which it is not known whether it was done.

        Only where its trouble may pass: to a site that is another one now, or broken, it
        would be said without end. And not when no more is to be sent.
        """
        if self._stop.asked or not is_repeatable(step) or _key(step) in self._open:
            return False
        reason = outcome.reason or Reason(Code.NO_ANSWER)
        return self._online.is_worth_a_try(OutcomeUnknown(reason.code, **reason.params))

    async def _find_out(self, steps: Sequence[Step]) -> list[tuple[Step, Outcome]]:
        """Settle steps by reading, and write down what became of them.

        The intent of what is not there stays, as the request may still be on its way or at
        work: only an answer ends it, or what the next run reads.
        """
        try:
            self._stop.check()
            outcomes = await settle(self._online, self._stop, steps)
        except Stopped:
            outcomes = await self._find_out_at_last(steps)
        settled = list(zip(steps, outcomes, strict=True))
        for step, outcome in settled:
            self._unread.pop(_key(step), None)
            if outcome.verdict is Verdict.NOT_TRIED:
                self._open.add(_key(step))
        await self.record(settled)
        return settled

    async def _find_out_at_last(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        """Settle what was in flight when a stop was asked, if that is possible soon.

        Raises Stopped where it is not: the next sync settles it.
        """
        enough = Stop()
        timer = asyncio.get_running_loop().call_later(_LAST_SECONDS, enough.ask)
        try:
            return await settle(self._online, enough, steps)
        except BeekeedError as error:
            raise Stopped from error
        finally:
            timer.cancel()

    async def _record_answered(self, outcomes: Sequence[tuple[Step, Outcome]]) -> None:
        """Record answers; what our own account may not do sets nobody aside.

        Raises RemoteRefused where it may not do it anywhere.
        """
        await self.record(
            [
                (step, Outcome(Verdict.NOT_TRIED) if outcome.scope in _OURS else outcome)
                for step, outcome in outcomes
            ]
        )
        for step, outcome in outcomes:
            if outcome.verdict is not Verdict.REFUSED or outcome.reason is None:
                continue
            key = step.change.key
            if outcome.scope is Scope.SITE:
                raise RemoteRefused(outcome.reason.code, **outcome.reason.params)
            if outcome.scope is Scope.RIGHT and isinstance(step, SetGrade) and step.assignment:
                self.withhold_part(key, outcome.reason)  # another right than other grades take
            elif outcome.scope is Scope.RIGHT:
                self.withhold(key.kind, key.course_id, outcome.reason)
            else:
                self._closed[_reach(outcome.scope, key)] = outcome.reason

    async def _without_closed(self, steps: Sequence[Step]) -> list[Step]:
        """Give the steps that a refusal in this run does not reach, and set the others aside."""
        left: list[Step] = []
        refused: list[tuple[Change, Outcome]] = []
        for step in steps:
            key = step.change.key
            reasons = (self._closed.get(_reach(scope, key)) for scope in _REACHES)
            reason = next((reason for reason in reasons if reason is not None), None)
            if reason is not None:
                refused.append((step.change, Outcome(Verdict.REFUSED, reason=reason)))
            elif not self.is_withheld(key.kind, key.course_id) and not self._waits(key):
                left.append(step)
        await self.record(refused)
        return left

    def _waits(self, key: Key) -> bool:
        return _reach(Scope.ACTIVITY, key) in self._withheld_parts

    async def refuse(
        self, changes: Sequence[Change], reason: Reason, online_value: str = ""
    ) -> None:
        """Set changes aside without sending anything; `online_value`: what online holds."""
        outcome = Outcome(Verdict.REFUSED, online_value, reason)
        await self.record([(change, outcome) for change in changes])

    async def record(self, outcomes: Sequence[tuple[Step | Change, Outcome]]) -> None:
        """Write down what became of steps, or of changes that needed none.

        What an earlier request may have done keeps its intent until it has an answer.
        """
        outcomes = [pair for pair in outcomes if not self._is_open(*pair)]
        if not outcomes:
            return
        now = self._clock.now()
        await self._journal.record(self._run_id, self._target_id, outcomes, now)
        self.count(outcomes)
        self._headway.finish(finished((_change(what), outcome) for what, outcome in outcomes))

    def count(self, outcomes: Sequence[tuple[Step | Change, Outcome]]) -> None:
        """Count what was acknowledged, and has a receipt."""
        for what, outcome in outcomes:
            self._unread.pop(_key(what), None)
            self._open.discard(_key(what))
            if outcome.verdict in (Verdict.DONE, Verdict.ALREADY):
                key = _key(what)
                self._acknowledged += 1
                self._done[key.kind] += outcome.verdict is Verdict.DONE
                if key.kind not in plan.BROUGHT:
                    self._served.add(key.course_id)

    def _is_open(self, what: Step | Change, outcome: Outcome) -> bool:
        key = _key(what)
        return outcome.verdict is Verdict.NOT_TRIED and key in self._open

    async def adopt(self, adopted: Sequence[Adopted]) -> None:
        """Write down accounts that were online already and are the same people."""
        if adopted:
            now = self._clock.now()
            await self._journal.adopt(self._run_id, self._target_id, adopted, now)


def _change(what: Step | Change) -> Change:
    return what if isinstance(what, Change) else what.change


def _key(what: Step | Change) -> Key:
    return _change(what).key


_OURS = (Scope.SITE, Scope.RIGHT)
_REACHES = (Scope.CHANGE, Scope.LEARNER, Scope.ACTIVITY, Scope.COURSE)


def _reach(scope: Scope, key: Key) -> tuple[Scope, Key]:
    """Name what a refusal closes for changes of the same kind."""
    match scope:
        case Scope.LEARNER:
            return scope, Key(key.kind, 0, 0, key.learner_id)
        case Scope.ACTIVITY:
            return scope, Key(key.kind, key.course_id, key.part_id, 0)
        case Scope.COURSE:
            return scope, Key(key.kind, key.course_id, 0, 0)
        case _:
            return scope, key
