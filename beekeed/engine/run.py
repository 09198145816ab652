"""One run from beginning to end: read, contact, match, send, record how it ended."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from beekeed.clock import Clock
from beekeed.core import pace, plan
from beekeed.core.change import comparison_due
from beekeed.core.cost import Preview
from beekeed.core.cycle import Event
from beekeed.core.model import Kind, Reason, RunStatus, Site, Uncarried
from beekeed.core.request import SCHEDULED, VERIFY, Request, Wanted, wanted
from beekeed.core.step import Outcome, Step
from beekeed.engine.auditing import Auditor, is_audit_due
from beekeed.engine.daybook import DayBook
from beekeed.engine.facts import FactRules, KnownCourse
from beekeed.engine.limiting import RESERVED, Limiter, is_of_limit
from beekeed.engine.matching import MatchedCourse, Matcher
from beekeed.engine.meeting import Rules
from beekeed.engine.preview import Previewer
from beekeed.engine.reading import Reader, Reading
from beekeed.engine.sending import MENDABLE, Sender
from beekeed.engine.stopping import Stop, Stopped
from beekeed.engine.writing import settle
from beekeed.errors import (
    BeekeedError,
    Code,
    LinkDown,
    OutcomeUnknown,
    RemoteGarbled,
    RemoteRefused,
    StoreBroken,
)
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.days import Days
from beekeed.ports.device import DeviceMoodle
from beekeed.ports.guard import Guard, Guards
from beekeed.ports.ledger import Ledger
from beekeed.ports.link import Measurement, Meter, Route
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.outlook import Outlook
from beekeed.ports.stores import (
    Catalogue,
    Changes,
    CourseMatch,
    Ending,
    History,
    Journal,
    Targets,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stores:
    """Our own state, as the engine uses it."""

    catalogue: Catalogue
    changes: Changes
    targets: Targets
    journal: Journal
    history: History
    guards: Guards
    outlook: Outlook
    days: Days


@dataclass(slots=True)
class _Run:
    """What a run knows of itself while it runs."""

    request: Request
    wanted: Wanted
    run_id: int
    event_id: str
    report: Callable[[Event], None]
    stop: Stop
    began: float
    spent: Measurement
    limiter: Limiter
    target_id: int | None = None
    site: Site | None = None
    unmet: BeekeedError | None = None
    """Why the site could not be met when it was asked for the time."""
    reading: Reading | None = None
    guards: Sequence[Guard] = ()
    sender: Sender | None = None
    auditor: Auditor | None = None
    settled: Sequence[tuple[Step, Outcome]] = ()
    """What became of what an earlier run left open."""

    @property
    def has_got_on(self) -> bool:
        """Whether it did anything that it was for."""
        sent = self.sender is not None and self.sender.acknowledged > 0
        checked = self.auditor is not None and self.auditor.checked
        return bool(self.settled) or sent or checked

    @property
    def courses(self) -> Sequence[KnownCourse]:
        """The box's courses, as they were read."""
        return self.reading.courses if self.reading is not None else ()


class Engine:
    """Runs synchronizations, one at a time."""

    def __init__(
        self,
        *,
        clock: Clock,
        device: DeviceMoodle,
        online: OnlineMoodle,
        stores: Stores,
        meter: Meter,
        ledger: Ledger,
        route: Route,
        trust: ClockTrust,
        rules: Rules,
        fact_rules: FactRules,
        address: str,
        token_digest: str,
        is_quiet: Callable[[], bool],
        audit_bytes: int = 0,
        holds_late: bool = True,
    ) -> None:
        self._clock = clock
        self._is_quiet = is_quiet
        self._online = online
        self._stores = stores
        self._meter = meter
        self._ledger = ledger
        self._route = route
        self._rules = rules
        self._address = address
        self._token_digest = token_digest
        self._audit_bytes = audit_bytes
        self._stop: Stop | None = None
        self._report: Callable[[Event], None] | None = None
        self._holds_late = holds_late
        self._trust = trust
        self._daybook = DayBook(
            clock=clock,
            trust=trust,
            days=stores.days,
            targets=stores.targets,
            timed=(stores.history,),
        )
        self._reader = Reader(
            clock=clock,
            device=device,
            catalogue=stores.catalogue,
            changes=stores.changes,
            targets=stores.targets,
            rules=fact_rules,
            dating=self._daybook.dating,
        )

    async def run(
        self, request: Request, begun: Callable[[str], None], report: Callable[[Event], None]
    ) -> RunStatus:
        """Synchronize once. `begun` is told the event's ID, `report` each step of the cycle.

        Ends with a status and never with an expected trouble; raises StoreBroken
        where not even that can be written down, and whatever is our own mistake.
        """
        self._stop = stop = Stop()
        run_id, event_id = await self._stores.history.begin(
            request.cause, self._trust.moment(), request.period
        )
        started = self._clock.monotonic()
        chosen = wanted(request, holds_late=self._holds_late)
        measurement = self._meter.begin(run_id)
        limiter = Limiter(
            run_id=run_id,
            ledger=self._ledger,
            outlook=self._stores.outlook,
            history=self._stores.history,
            wanted=chosen,
        )
        run = _Run(request, chosen, run_id, event_id, report, stop, started, measurement, limiter)
        begun(event_id)
        report(Event.STARTED)
        self._report = report
        if stop.asked:
            report(Event.STOP_ASKED)
        status: RunStatus = RunStatus.ERROR
        reason: Reason | None = Reason(Code.INTERNAL)
        try:
            status, reason = await self._outcome(run)
        except asyncio.CancelledError:
            reason = Reason(Code.INTERRUPTED)
            raise
        finally:
            self._stop = self._report = None
            await self._online.close()
            await self._stores.changes.drop_again()
            ending = Ending(
                status=status,
                reason=reason,
                traffic=measurement.so_far(),
                of_line=measurement.of_line(),
                charged_by=measurement.charged_by,
                seconds=self._clock.monotonic() - started,
                waiting=await self._waiting(run),
                set_aside=await self._set_aside(run),
            )
            await self._stores.history.end(run_id, run.target_id, ending, self._trust.moment())
            log.info("sync %s ended: %s, %s waiting", event_id, status, ending.waiting)
            report(Event.ENDED)
        return status

    def stop(self) -> None:
        """Ask the run to stop: what is in flight is settled, nothing more is sent."""
        if self._stop is not None and not self._stop.asked:
            self._stop.ask()
            if self._report is not None:
                self._report(Event.STOP_ASKED)

    async def _outcome(self, run: _Run) -> tuple[RunStatus, Reason | None]:
        try:
            ended = await self._synchronize(run)
        except Stopped:
            return RunStatus.STOPPED, await self._left_open(run)
        except StoreBroken:
            raise
        except BeekeedError as error:
            if not is_of_limit(error):
                log.warning("sync %s cannot go on: %s", run.event_id, error)
                skips = run.request.cause == SCHEDULED and error.code is Code.CLOCK_WRONG
                status = RunStatus.SKIPPED if skips else RunStatus.ERROR
                return status, Reason(error.code, error.params)
            ended = await self._limited(run, Reason(error.code, error.params))
        if run.stop.asked:
            return RunStatus.STOPPED, await self._left_open(run)
        if run.target_id is not None and ended[0] in (RunStatus.COMPLETED, RunStatus.PARTIAL):
            await self._daybook.close(run.target_id, run.run_id, run.request.period, run.began)
        return ended

    async def _limited(self, run: _Run, reason: Reason) -> tuple[RunStatus, Reason]:
        """Tell how a run ended that the data limit broke off; what did not fit is counted."""
        log.info("sync %s ends at the data limit: %s", run.event_id, reason.code)
        if run.target_id is not None and run.request.cause != VERIFY:
            await run.limiter.note_waiting(run.target_id, tuple(Kind), reason)
        return (RunStatus.PARTIAL if run.has_got_on else RunStatus.SKIPPED), reason

    async def _left_open(self, run: _Run) -> Reason | None:
        """Tell how much is under way of which the next run must find out what became of it."""
        intents = await self._stores.journal.intents(run.target_id) if run.target_id else ()
        return Reason(Code.UNSETTLED, {"count": len(intents)}) if intents else None

    async def _waiting(self, run: _Run) -> int | None:
        return await self._stores.changes.waiting(run.target_id) if run.target_id else None

    async def _set_aside(self, run: _Run) -> int | None:
        return await self._stores.changes.set_aside_count(run.target_id) if run.target_id else None

    async def _synchronize(self, run: _Run) -> tuple[RunStatus, Reason | None]:
        run.target_id = target_id = await self._stores.targets.open(
            self._address, self._token_digest, self._clock.now()
        )
        await self._ask_time(run)
        await self._read_box(run, target_id)
        run.report(Event.READ)
        run.stop.check()
        held = sum(each.loss.held for each in run.guards)
        verifies = run.request.cause == VERIFY
        if run.unmet is not None and run.unmet.code is Code.CLOCK_WRONG:
            raise run.unmet
        if not verifies and await self._has_nothing_to_do(run, target_id, held):
            if run.request.cause == SCHEDULED and not self._route.is_up():
                return RunStatus.SKIPPED, Reason(Code.OFFLINE)
            return await self._asked(run)
        if await self._may_wait(run, target_id):
            return RunStatus.SKIPPED, RESERVED
        target_id = await self._contact(run, target_id)
        if verifies:
            return await self._verify(run, target_id)
        matched = await self._match(run, target_id, await self._pending_courses(run, target_id))
        run.report(Event.MATCHED)
        sender = await self._send(run, target_id, matched)
        status, reason = await self._judge(run, target_id, matched, sender)
        await self._audit(run, target_id, sender)
        return (
            (status, reason)
            if status is RunStatus.ERROR
            else await self._asked(run, status, reason)
        )

    async def _asked(
        self,
        run: _Run,
        status: RunStatus = RunStatus.COMPLETED,
        reason: Reason | None = None,
    ) -> tuple[RunStatus, Reason | None]:
        """Tell how a run ended that guards may have kept from lowering something."""
        for each in run.guards:
            lost = each.loss.lost
            await self._stores.history.unsent(run.run_id, each.kind, each.reason, lost)
        return (RunStatus.PARTIAL, run.guards[0].reason) if run.guards else (status, reason)

    async def preview(self, request: Request, limit_bytes: int | None, stop: Stop) -> Preview:
        """Tell what a sync would do now, and cost: the box is read, and no byte leaves.

        Raises what reading the box raises, StoreBroken and Stopped.
        """
        stores = self._stores
        target_id = await stores.targets.open(self._address, self._token_digest, self._clock.now())
        compare_all = await self._compares_all(target_id)
        reading = await self._reader.read(target_id, stop, compare_all=compare_all)
        now = self._clock.now()
        previewer = Previewer(
            target_id=target_id,
            courses=reading.courses,
            guards=await stores.guards.look(target_id, now),
            stop=stop,
            wanted=wanted(request, holds_late=self._holds_late),
            force=request.force,
            online=self._online,
            catalogue=stores.catalogue,
            changes=stores.changes,
            targets=stores.targets,
            outlook=stores.outlook,
            rules=self._rules,
            encrypted=self._address.startswith("https:"),
            now=now,
        )
        if request.period is None:
            return await previewer.preview(limit_bytes)
        await stores.changes.read_again(target_id, request.period)
        try:
            return await previewer.preview(limit_bytes)
        finally:
            await stores.changes.drop_again()

    async def _has_nothing_to_do(self, run: _Run, target_id: int, held: int) -> bool:
        """Tell whether a run may end before a byte leaves."""
        if not await self._stores.targets.met(target_id):
            return False
        if await self._stores.journal.intents(target_id):
            return False
        if await self._stores.changes.sendable(target_id, run.wanted) > held:
            return False
        audited_at = await self._stores.targets.audited_at(target_id)
        if not is_audit_due(audited_at, self._clock.now(), self._audit_bytes):
            return True
        return not await run.limiter.has_room()

    async def _may_wait(self, run: _Run, target_id: int) -> bool:
        """Tell whether all that a run is for may wait, and has to."""
        if run.request.cause == VERIFY:
            return not await run.limiter.has_room()
        if await self._stores.journal.intents(target_id):
            return False
        return await run.limiter.has_only_extra(target_id)

    async def _verify(self, run: _Run, target_id: int) -> tuple[RunStatus, Reason | None]:
        """Read back everything that was acknowledged; write nothing online."""
        acknowledged = await self._stores.changes.acknowledged_courses(target_id)
        courses = [each for each in run.courses if each.course_id in acknowledged]
        matched = await self._match(run, target_id, courses, afresh=True)
        auditor = self._auditor(run, self._sender(run, target_id, matched))
        missing = await auditor.verify(matched)
        if missing:
            return RunStatus.PARTIAL, Reason(Code.VERIFY_MISSING, {"count": missing})
        if auditor.broke_off:
            return RunStatus.PARTIAL, RESERVED
        return (RunStatus.COMPLETED if len(matched) == len(courses) else RunStatus.PARTIAL), None

    async def _audit(self, run: _Run, target_id: int, sender: Sender) -> None:
        """Read back a few learners, where the settings allow the bytes."""
        if self._audit_bytes and not run.stop.asked and await run.limiter.has_room():
            known = await self._matcher(run).known(target_id, run.courses)
            await self._auditor(run, sender).audit(known, run.spent, self._audit_bytes)

    def _auditor(self, run: _Run, sender: Sender) -> Auditor:
        run.auditor = Auditor(
            run_id=run.run_id,
            sender=sender,
            limiter=run.limiter,
            history=self._stores.history,
            clock=self._clock,
            shortnames={each.course_id: each.course.shortname for each in run.courses},
        )
        return run.auditor

    async def look(self, stop: Stop) -> None:
        """Compare every row of the box while it is quiet, where that is due; no byte leaves.

        So that nothing that digests may hide waits longer than a day, and the number
        that waits is known. Raises StoreBroken.
        """
        await self._daybook.look()
        target_id = await self._stores.targets.find(self._address, self._token_digest)
        if target_id is None or not self._is_quiet() or not await self._compares_all(target_id):
            return
        try:
            await self._reader.read(target_id, stop, compare_all=True)
            await self._stores.guards.look(target_id, self._clock.now())
        except StoreBroken:
            raise
        except (Stopped, BeekeedError) as error:  # a run would say it; the daemon goes on
            log.info("the box was not looked through: %s", error)

    async def _compares_all(self, target_id: int) -> bool:
        compared_at = await self._stores.changes.compared_at(target_id)
        trouble = await self._stores.history.trouble_since(compared_at)
        return comparison_due(compared_at, self._clock.now(), trouble, quiet=self._is_quiet())

    async def _ask_time(self, run: _Run) -> None:
        """Meet the site first where nobody told the time, so that what is read has its day.

        Its answer carries a Date, also to a run that has nothing else to ask: on a clock that
        is not trusted no day could be called safe. What fails is said where the run needs it.
        """
        await self._trust.look()
        if not self._trust.wants_date() or not self._route.is_up():
            return
        try:
            run.site = await run.stop.unless_asked(self._online.probe())
        except (LinkDown, OutcomeUnknown, RemoteGarbled, RemoteRefused) as error:
            run.unmet = error

    async def _read_box(self, run: _Run, target_id: int, *, sure: bool = False) -> None:
        """Read the box; `sure`: no digest is believed.

        What somebody asked to be sent again is pending then.
        """
        await self._stores.changes.drop_again()
        compare_all = sure or await self._compares_all(target_id)
        run.reading = await self._reader.read(target_id, run.stop, compare_all=compare_all)
        run.guards = await self._stores.guards.look(target_id, self._clock.now())
        run.limiter.guards = run.guards
        for (kind, code), count in run.reading.unsent.items():
            await self._stores.history.unsent(run.run_id, kind, Reason(code), count)
        await self._stores.history.uncarried(run.run_id, run.reading.uncarried)
        if run.request.period is not None:
            await self._stores.changes.read_again(target_id, run.request.period)

    async def _contact(self, run: _Run, opened: int) -> int:
        """Meet the site, and settle what a lost answer left open. Gives the target.

        What was settled may tell that a username was another person's: the box
        is read again then.
        """
        if run.unmet is not None:
            raise run.unmet
        site = run.site
        if site is None:
            run.site = site = await run.stop.unless_asked(self._online.probe())
        if site.missing:
            raise RemoteRefused(Code.FUNCTION_MISSING, function=", ".join(site.missing))
        run.target_id = target_id = await self._stores.targets.meet(opened, site)
        settled = await self._settle(run, target_id)
        if settled or target_id != opened:
            await self._read_box(run, target_id, sure=settled)  # receipts changed behind the marks
        run.report(Event.CONTACTED)
        return target_id

    async def _settle(self, run: _Run, target_id: int) -> bool:
        """Find out what became of the steps that were on the wire when all went dark."""
        steps = await self._stores.journal.intents(target_id)
        if steps:
            await self._hold_back(run, target_id, len(steps))
            outcomes = await settle(self._online, run.stop, steps)
            run.settled = list(zip(steps, outcomes, strict=True))
            now = self._clock.now()
            await self._stores.journal.record(run.run_id, target_id, run.settled, now)
        return bool(steps)

    async def _hold_back(self, run: _Run, target_id: int, steps: int) -> None:
        """Wait until the site must be done with what was sent last, perhaps before a restart."""
        sent_at = await self._stores.journal.intended_at(target_id)
        age = (self._clock.now() - sent_at).total_seconds() if sent_at is not None else None
        seconds = pace.left_working_seconds(steps, age)
        if seconds:
            await run.stop.unless_asked(self._clock.sleep(seconds))

    async def _pending_courses(self, run: _Run, target_id: int) -> list[KnownCourse]:
        pending = await self._stores.changes.courses(target_id, run.wanted)
        worth = await run.limiter.valuable(target_id, pending)
        return [course for course in run.courses if course.course_id in worth]

    async def _match(
        self, run: _Run, target_id: int, courses: Sequence[KnownCourse], *, afresh: bool = False
    ) -> Mapping[int, MatchedCourse]:
        return await self._matcher(run, afresh=afresh).match(run.run_id, target_id, courses)

    def _matcher(self, run: _Run, *, afresh: bool = False) -> Matcher:
        return Matcher(
            online=self._online,
            targets=self._stores.targets,
            history=self._stores.history,
            clock=self._clock,
            stop=run.stop,
            force=run.request.force,
            afresh=afresh,
        )

    async def _send(
        self, run: _Run, target_id: int, matched: Mapping[int, MatchedCourse]
    ) -> Sender:
        sender = self._sender(run, target_id, matched)
        if matched or await self._stores.changes.any_of(
            target_id, Kind.PROFILE, MENDABLE, run.wanted
        ):
            try:
                await sender.send_all()
                await self._stores.days.note_not_carried(target_id, sender.not_carried)
            finally:
                await self._note_uncarried(run, sender)
        for course_id, reason in sender.left_out.items():
            note = CourseMatch(course_id, None, reason)
            await self._stores.history.course(run.run_id, note)
        return sender

    def _sender(self, run: _Run, target_id: int, matched: Mapping[int, MatchedCourse]) -> Sender:
        run.sender = sender = Sender(
            run_id=run.run_id,
            limiter=run.limiter,
            target_id=target_id,
            courses=matched,
            guarded={each.area for each in run.guards},
            stop=run.stop,
            clock=self._clock,
            online=self._online,
            catalogue=self._stores.catalogue,
            changes=self._stores.changes,
            targets=self._stores.targets,
            journal=self._stores.journal,
            rules=self._rules_for(run.site),
            wanted=run.wanted,
        )
        sender.out.wire.count(run.settled)
        return sender

    def _rules_for(self, site: Site | None) -> Rules:
        if site is None:
            return self._rules
        return replace(self._rules, own_account=site.account)

    async def _note_uncarried(self, run: _Run, sender: Sender) -> None:
        """Note what the online Moodle did not get with what was sent."""
        counts = {
            Uncarried.PASSWORD: sender.done.get(Kind.ACCOUNT, 0),
            Uncarried.TIME: sender.done.get(Kind.COMPLETION, 0) + sender.done.get(Kind.GRADE, 0),
        }
        await self._stores.history.uncarried(run.run_id, counts)

    async def _judge(
        self, run: _Run, target_id: int, matched: Mapping[int, MatchedCourse], sender: Sender
    ) -> tuple[RunStatus, Reason | None]:
        """Tell how a run ended that nothing broke off, by what it was to send.

        What is late and waits to be asked for makes none partial: nothing went wrong.
        """
        served = set(matched) - set(sender.left_out)
        lacking = next(iter(sender.lacking.values()), None)
        if lacking is not None and not (served and sender.acknowledged):
            return RunStatus.ERROR, lacking
        pending = await self._stores.changes.courses(target_id, run.wanted)
        was_met = run.limiter.kept_back or await self._stores.targets.synchronized(target_id)
        if pending and not served and not was_met:
            return RunStatus.ERROR, Reason(Code.NO_COURSE_MATCHED)
        lacking = lacking or sender.lacking_extra
        limiter = run.limiter
        if limiter.kept_back and await limiter.note_waiting(target_id, plan.EXTRA, RESERVED):
            lacking = lacking or RESERVED
        troubled = await self._stores.changes.troubled(target_id, served, run.wanted)
        return (RunStatus.PARTIAL if troubled or lacking else RunStatus.COMPLETED), lacking
