"""One run's way: read the box, meet the online Moodle, match, send, read a few learners back."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from beekeed.core.cycle import Event
from beekeed.core.model import Kind, Reason, RunStatus, Uncarried
from beekeed.core.request import SCHEDULED, VERIFY
from beekeed.core.step import Outcome, Step
from beekeed.engine.auditing import Auditor, is_audit_due
from beekeed.engine.begun import Begun
from beekeed.engine.contacting import Contact
from beekeed.engine.daybook import DayBook
from beekeed.engine.facts import KnownCourse
from beekeed.engine.judging import Ended, Judge
from beekeed.engine.limiting import RESERVED, is_of_limit
from beekeed.engine.matching import MatchedCourse, Matcher
from beekeed.engine.policy import Policy
from beekeed.engine.reading import Reader
from beekeed.engine.sending import MENDABLE, Sender
from beekeed.engine.stopping import Stopped
from beekeed.errors import BeekeedError, Code, StoreBroken
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.guard import Guard
from beekeed.ports.link import Route
from beekeed.ports.stores import CourseMatch

log = logging.getLogger(__name__)


class Synchronization:
    """One run's way. `compares_all`: what tells whether no digest of the box is believed now."""

    def __init__(
        self,
        *,
        run: Begun,
        target_id: int,
        trust: ClockTrust,
        route: Route,
        reader: Reader,
        compares_all: Callable[[int], Awaitable[bool]],
        daybook: DayBook,
        policy: Policy,
    ) -> None:
        self._run = run
        self._stores = run.stores
        self._route = route
        self._reader = reader
        self._compares_all = compares_all
        self._daybook = daybook
        self._rules = policy.rules
        self._audit_bytes = policy.audit_bytes
        self._contact = Contact(run=run, trust=trust, route=route)
        self._judge = Judge(run)
        self._courses: Sequence[KnownCourse] = ()
        self._guards: Sequence[Guard] = ()
        self._settled: Sequence[tuple[Step, Outcome]] = ()
        """What became of what an earlier run left open."""
        self._sender: Sender | None = None
        self._auditor: Auditor | None = None
        self.target_id = target_id
        """Meeting the site may tell that it is another than was opened."""

    async def run(self) -> Ended:
        """Synchronize, and close the days that were covered; tells how it ended.

        An expected trouble is such an end. Raises StoreBroken, and whatever is our own mistake.
        """
        ended = await self._until_judged()
        if ended[0] in (RunStatus.COMPLETED, RunStatus.PARTIAL):
            period = self._run.request.period
            await self._daybook.close(self.target_id, self._run.run_id, period, self._run.began)
        return ended

    async def _until_judged(self) -> Ended:
        try:
            ended = await self._synchronize()
        except Stopped:
            return await self._judge.of_stop(self.target_id)
        except StoreBroken:
            raise
        except BeekeedError as error:
            if not is_of_limit(error):
                log.warning("sync %s cannot go on: %s", self._run.event_id, error)
                return self._judge.of_trouble(error)
            log.info("sync %s ends at the data limit: %s", self._run.event_id, error.code)
            got_on = await self._has_got_on()
            ended = await self._judge.of_limit(self.target_id, error, got_on=got_on)
        return await self._judge.of_stop(self.target_id) if self._run.stop.asked else ended

    async def _has_got_on(self) -> bool:
        """Tell whether it did anything that it was for, or may have."""
        checked = self._auditor is not None and self._auditor.checked
        if self._settled or checked:
            return True
        if self._sender is None:
            return False
        intents = await self._stores.journal.intents(self.target_id)
        return self._sender.acknowledged > 0 or bool(intents)

    async def _synchronize(self) -> Ended:
        await self._contact.ask_time()
        await self._read_box()
        self._run.report(Event.READ)
        self._run.stop.check()
        self._contact.check_clock()
        verifies = self._run.request.cause == VERIFY
        if not verifies and await self._has_nothing_to_do():
            if self._run.request.cause == SCHEDULED and not self._route.is_up():
                return RunStatus.SKIPPED, Reason(Code.OFFLINE)
            return await self._judge.of_guards(self._guards, (RunStatus.COMPLETED, None))
        if await self._may_wait():
            return RunStatus.SKIPPED, RESERVED
        await self._meet()
        return await self._verify() if verifies else await self._bring()

    async def _read_box(self, *, sure: bool = False) -> None:
        """Read the box; `sure`: no digest is believed.

        What somebody asked to be sent again is pending then.
        """
        stores = self._stores
        await stores.changes.drop_again()
        compare_all = sure or await self._compares_all(self.target_id)
        reading = await self._reader.read(self.target_id, self._run.stop, compare_all=compare_all)
        self._courses = reading.courses
        self._guards = await stores.guards.look(self.target_id, self._run.clock.now())
        self._run.limiter.guards = self._guards
        for (kind, code), count in reading.unsent.items():
            await stores.history.unsent(self._run.run_id, kind, Reason(code), count)
        await stores.history.uncarried(self._run.run_id, reading.uncarried)
        if self._run.request.period is not None:
            await stores.changes.read_again(self.target_id, self._run.request.period)

    async def _has_nothing_to_do(self) -> bool:
        """Tell whether a run may end before a byte leaves."""
        if not await self._stores.targets.met(self.target_id):
            return False
        if await self._stores.journal.intents(self.target_id):
            return False
        held = sum(each.loss.held for each in self._guards)
        if await self._stores.changes.sendable(self.target_id, self._run.wanted) > held:
            return False
        audited_at = await self._stores.targets.audited_at(self.target_id)
        if not is_audit_due(audited_at, self._run.clock.now(), self._audit_bytes):
            return True
        return not await self._run.limiter.has_room()

    async def _may_wait(self) -> bool:
        """Tell whether all that a run is for may wait, and has to."""
        if self._run.request.cause == VERIFY:
            return not await self._run.limiter.has_room()
        if await self._stores.journal.intents(self.target_id):
            return False
        return await self._run.limiter.has_only_extra(self.target_id)

    async def _meet(self) -> None:
        """Meet the site, and settle what a lost answer left open.

        What was settled may tell that a username was another person's: the box
        is read again then.
        """
        opened = self.target_id
        site = await self._contact.meet()
        self._rules = replace(self._rules, own_account=site.account)
        self.target_id = await self._stores.targets.meet(opened, site)
        self._settled = await self._contact.settle(self.target_id)
        if self._settled or self.target_id != opened:  # receipts changed behind the marks
            await self._read_box(sure=bool(self._settled))
        self._run.report(Event.CONTACTED)

    async def _bring(self) -> Ended:
        """Send what is pending, and read a few learners back."""
        pending = await self._stores.changes.courses(self.target_id, self._run.wanted)
        worth = await self._run.limiter.valuable(self.target_id, pending)
        matched = await self._match([each for each in self._courses if each.course_id in worth])
        self._run.report(Event.MATCHED)
        sender = await self._send(matched)
        ended = await self._judge.of_sending(sender)
        await self._audit(sender)
        if ended[0] is RunStatus.ERROR:
            return ended
        return await self._judge.of_guards(self._guards, ended)

    async def _match(
        self, courses: Sequence[KnownCourse], *, afresh: bool = False
    ) -> Mapping[int, MatchedCourse]:
        matcher = self._matcher(afresh=afresh)
        return await matcher.match(self._run.run_id, self.target_id, courses)

    def _matcher(self, *, afresh: bool = False) -> Matcher:
        return Matcher(
            online=self._run.online,
            targets=self._stores.targets,
            history=self._stores.history,
            clock=self._run.clock,
            stop=self._run.stop,
            force=self._run.request.force,
            afresh=afresh,
        )

    async def _send(self, matched: Mapping[int, MatchedCourse]) -> Sender:
        sender = self._build_sender(matched)
        if matched or await self._stores.changes.any_of(
            self.target_id, Kind.PROFILE, MENDABLE, self._run.wanted
        ):
            try:
                await sender.send_all()
                await self._stores.days.note_not_carried(self.target_id, sender.not_carried)
            finally:
                await self._note_uncarried(sender)
        for course_id, reason in sender.left_out.items():
            note = CourseMatch(course_id, None, reason)
            await self._stores.history.course(self._run.run_id, note)
        return sender

    def _build_sender(self, matched: Mapping[int, MatchedCourse]) -> Sender:
        self._sender = sender = Sender(
            run=self._run,
            target_id=self.target_id,
            courses=matched,
            guarded={each.area for each in self._guards},
            rules=self._rules,
        )
        sender.out.wire.count(self._settled)
        return sender

    async def _note_uncarried(self, sender: Sender) -> None:
        """Note what the online Moodle did not get with what was sent."""
        counts = {
            Uncarried.PASSWORD: sender.done.get(Kind.ACCOUNT, 0),
            Uncarried.TIME: sender.done.get(Kind.COMPLETION, 0) + sender.done.get(Kind.GRADE, 0),
        }
        await self._stores.history.uncarried(self._run.run_id, counts)

    async def _verify(self) -> Ended:
        """Read back everything that was acknowledged; write nothing online."""
        acknowledged = await self._stores.changes.acknowledged_courses(self.target_id)
        courses = [each for each in self._courses if each.course_id in acknowledged]
        matched = await self._match(courses, afresh=True)
        auditor = self._build_auditor(self._build_sender(matched))
        missing = await auditor.verify(self._run.headway)
        return self._judge.of_verifying(auditor, missing, whole=len(matched) == len(courses))

    async def _audit(self, sender: Sender) -> None:
        """Read back a few learners, where the settings allow the bytes."""
        if self._audit_bytes and not self._run.stop.asked and await self._run.limiter.has_room():
            known = await self._matcher().known(self.target_id, self._courses)
            await self._build_auditor(sender).audit(known, self._run.spent, self._audit_bytes)

    def _build_auditor(self, sender: Sender) -> Auditor:
        self._auditor = Auditor(
            run_id=self._run.run_id,
            sender=sender,
            limiter=self._run.limiter,
            history=self._stores.history,
            clock=self._run.clock,
            shortnames={each.course_id: each.course.shortname for each in self._courses},
        )
        return self._auditor
