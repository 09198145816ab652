"""Sends what is pending, slice by slice, in the order of value.

For each slice: who these learners are online (`meeting.py`), that they are enrolled
there (`enrolling.py`), then the changes themselves, each kind by its own file, over the
wire (`wire.py`: intent, request, receipt). One bad record is set aside and never stops
the others.
"""

from collections.abc import Collection, Mapping, Sequence

from beekeed.core import guard, person, plan
from beekeed.core.guard import Area
from beekeed.core.model import Change, Key, Kind, Reason
from beekeed.engine.begun import Begun
from beekeed.engine.completing import Completing
from beekeed.engine.editing import Editing
from beekeed.engine.enrolling import Enrolling
from beekeed.engine.grading import Grading
from beekeed.engine.joining import Joining
from beekeed.engine.matching import MatchedCourse
from beekeed.engine.meeting import Meeting, Rules, There
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.engine.wire import Wire
from beekeed.errors import Code

_OF_ASSIGNMENTS = (
    Code.ASSIGNMENT_ADVANCED,
    Code.COMMENT_HAS_FILES,
    Code.COMMENTS_OFF_ONLINE,
)
MENDABLE = (
    Code.NOT_ENROLLED_ONLINE,
    Code.TRACKING_OFF,
    Code.ACTIVITY_UNMATCHED,
    *_OF_ASSIGNMENTS,
)
"""What a run itself may find mended."""


class Sender:
    """Sends for one run to one target."""

    def __init__(
        self,
        *,
        run: Begun,
        target_id: int,
        courses: Mapping[int, MatchedCourse],
        guarded: Collection[Area],
        rules: Rules,
    ) -> None:
        self._wanted = run.wanted
        self._limiter = run.limiter
        self._headway = run.headway
        self.out = out = _outbound(run, target_id, courses, guarded, rules)
        self.meeting = Meeting(
            target_id=target_id,
            there=out.there,
            wire=out.wire,
            clock=run.clock,
            online=out.online,
            catalogue=out.catalogue,
            changes=out.changes,
            targets=out.targets,
            rules=rules,
            stop=out.stop,
        )
        self._enrolling = Enrolling(out)
        self._completing = Completing(out)
        self._of_kind = {
            Kind.GRADE: Grading(out).send,
            Kind.COMPLETION: self._completing.send,
            Kind.MEMBERSHIP: Joining(out).send,
            Kind.PROFILE: Editing(out).send,
        }

    @property
    def lacking(self) -> Mapping[int, Reason]:
        """Matched courses in which our account may not do something, and why; 0: anywhere."""
        found = {**self.out.wire.withheld_courses(), **self.out.there.unreadable}
        return {id_: each for id_, each in found.items() if id_ in self.out.courses or not id_}

    @property
    def lacking_extra(self) -> Reason | None:
        """Why memberships or profiles wait that our account may not touch, or None."""
        return self.out.wire.withheld_extra()

    @property
    def not_carried(self) -> Collection[tuple[Kind, int]]:
        """Which kinds waited in which courses because the target cannot carry them."""
        return self.out.wire.not_carried()

    @property
    def left_out(self) -> Mapping[int, Reason]:
        """Those of the matched courses of which no learner's work could be sent for that."""
        return {
            course_id: reason
            for course_id, reason in self.lacking.items()
            if course_id and course_id not in self.out.wire.served
        }

    @property
    def acknowledged(self) -> int:
        """How many changes of any kind were acknowledged in this run."""
        return self.out.wire.acknowledged

    @property
    def done(self) -> Mapping[Kind, int]:
        """How many changes of each kind a call of this run did."""
        return self.out.wire.done

    async def send_all(self) -> None:
        """Send everything sendable in the plan's order.

        Raises LinkDown, RemoteRefused, RemoteGarbled or OutcomeUnknown where the
        run cannot go on, and Stopped; what was acknowledged until then is recorded.
        """
        courses = {id_: each.online_id for id_, each in self.out.courses.items()}
        await self.out.there.read(courses)
        await self._try_again_what_was_mended()
        forgotten = -1
        try:
            while forgotten != self.meeting.forgotten:  # what they had acknowledged goes again
                forgotten = self.meeting.forgotten
                for kind in plan.ORDER:
                    await self._count_left()
                    await self._send_kind(kind)
        finally:
            await self._count_left()

    async def _count_left(self) -> None:
        """Count what is left to send: what comes along with others is not foreseen."""
        out = self.out
        courses = [0, *out.courses]  # 0: of profiles
        left = await out.changes.to_send(out.target_id, courses, self._wanted)
        self._headway.expect(left)

    async def _try_again_what_was_mended(self) -> None:
        """Try again what was set aside for a reason that, as was just read, is no more."""
        out = self.out
        asides = await out.changes.aside_for(out.target_id, MENDABLE, (0, *out.courses))
        accounts = await out.targets.accounts(
            out.target_id, {change.key.learner_id for change in asides}
        )
        mended = [change.key for change in asides if self._is_mended(change, accounts)]
        await out.changes.try_again(out.target_id, mended)

    def _is_mended(self, change: Change, accounts: Accounts) -> bool:
        key, out = change.key, self.out
        if change.aside is not None and change.aside.code is Code.ACTIVITY_UNMATCHED:
            return not self._is_unmatched(key)
        account = accounts.get(key.learner_id)
        if account is None or key.course_id in out.there.unreadable:
            return False
        if change.aside is not None and change.aside.code in _OF_ASSIGNMENTS:
            return not out.rules.through_assignments  # the settings were changed
        if key.kind is Kind.PROFILE:
            return out.there.course_of(account.online_id) is not None
        if self._is_unmatched(key):
            return False
        is_tracked = key.kind is not Kind.COMPLETION or self._completing.is_tracked(key)
        return out.is_enrolled(key, accounts) and is_tracked

    async def _send_kind(self, kind: Kind) -> None:
        out = self.out
        after: Key | None = None
        while True:
            out.stop.check()
            courses = [
                course_id
                for course_id in (out.courses if kind is not Kind.PROFILE else (0,))
                if course_id not in out.there.unreadable
                and not out.wire.is_withheld(kind, course_id)
            ]
            slice_ = await out.changes.next(
                out.target_id, kind, courses, after, out.rules.slice_changes, self._wanted
            )
            if not slice_ or await self._limiter.keeps_back(kind):
                return
            after = slice_[-1].key
            await self._send_slice(kind, [c for c in slice_ if not guard.holds(c, out.guarded)])

    async def _send_slice(self, kind: Kind, slice_: Sequence[Change]) -> None:
        unmatched = [change for change in slice_ if self._is_unmatched(change.key)]
        await self.out.wire.refuse(unmatched, Reason(Code.ACTIVITY_UNMATCHED))
        slice_ = [change for change in slice_ if change not in unmatched]
        accounts = await self.meeting.bring_accounts(slice_)
        ready = await self._screen(slice_, accounts)
        if kind is not Kind.PROFILE:
            await self._enrolling.bring(ready, accounts)
            ready = [c for c in ready if self.out.is_enrolled(c.key, accounts)]
        if kind in self._of_kind:
            await self._of_kind[kind](ready, accounts)

    def _is_unmatched(self, key: Key) -> bool:
        """Tell whether a result's activity is not surely the same online (by force only)."""
        of_activity = key.kind in (Kind.COMPLETION, Kind.GRADE)
        return of_activity and key.part_id in self.out.courses[key.course_id].unmatched

    async def _screen(self, slice_: Sequence[Change], accounts: Accounts) -> list[Change]:
        """Give the changes whose learners may be touched, and set the others aside."""
        ready: list[Change] = []
        for change in slice_:
            account = accounts.get(change.key.learner_id)
            if account is None:
                continue  # waits for the account, which was set aside or not made yet
            reason = self.meeting.doubt(account) or person.untouchable(
                account.username,
                self.out.there.roles[account.online_id],
                self.out.rules.learner_roles,
                self.out.rules.never_touch,
            )
            if reason is None:
                ready.append(change)
            else:
                await self.out.wire.refuse([change], reason)
        return ready


def _outbound(
    run: Begun,
    target_id: int,
    courses: Mapping[int, MatchedCourse],
    guarded: Collection[Area],
    rules: Rules,
) -> Outbound:
    stores = run.stores
    return Outbound(
        target_id=target_id,
        courses=courses,
        guarded=guarded,
        there=There(online=run.online, targets=stores.targets, target_id=target_id, stop=run.stop),
        wire=Wire(
            run_id=run.run_id,
            target_id=target_id,
            online=run.online,
            journal=stores.journal,
            clock=run.clock,
            stop=run.stop,
            headway=run.headway,
        ),
        stop=run.stop,
        online=run.online,
        catalogue=stores.catalogue,
        changes=stores.changes,
        targets=stores.targets,
        rules=rules,
    )
