"""One run from beginning to end: read, contact, match, send, record how it ended."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from beekeed.clock import Clock
from beekeed.core.cycle import Event
from beekeed.core.model import Kind, Reason, RunStatus
from beekeed.engine.matching import MatchedCourse, Matcher
from beekeed.engine.reading import Reader, Reading
from beekeed.engine.sending import Rules, Sender
from beekeed.errors import BeekeedError, Code, RemoteRefused, StoreBroken
from beekeed.ports.device import DeviceMoodle
from beekeed.ports.link import Meter
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.stores import Catalogue, Changes, Ending, History, Journal, Targets

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stores:
    """Our own state, as the engine uses it."""

    catalogue: Catalogue
    changes: Changes
    targets: Targets
    journal: Journal
    history: History


@dataclass(slots=True)
class _Run:
    """What a run knows of itself while it runs."""

    run_id: int
    event_id: str
    report: Callable[[Event], None]
    target_id: int | None = None
    stop_asked: bool = False
    sender: Sender | None = None
    reading: Reading | None = None


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
        rules: Rules,
        address: str,
        token_digest: str,
    ) -> None:
        self._clock = clock
        self._online = online
        self._stores = stores
        self._meter = meter
        self._rules = rules
        self._address = address
        self._token_digest = token_digest
        self._run: _Run | None = None
        self._reader = Reader(
            clock=clock,
            device=device,
            catalogue=stores.catalogue,
            changes=stores.changes,
            targets=stores.targets,
        )

    async def run(
        self, cause: str, begun: Callable[[str], None], report: Callable[[Event], None]
    ) -> RunStatus:
        """Synchronize once. `begun` is told the event's ID, `report` each step of the cycle.

        Ends with a status and never with an expected trouble; raises StoreBroken
        where not even that can be written down.
        """
        run_id, event_id = await self._stores.history.begin(cause, self._clock.now())
        self._run = run = _Run(run_id, event_id, report)
        begun(event_id)
        report(Event.STARTED)
        measurement = self._meter.begin()
        status: RunStatus = RunStatus.ERROR
        reason: Reason | None = Reason(Code.INTERRUPTED)
        try:
            status, reason = await self._outcome(run)
        finally:
            self._run = None
            await self._online.close()
            ending = Ending(status, reason, measurement.so_far(), await self._waiting(run))
            await self._stores.history.end(run_id, run.target_id, ending, self._clock.now())
            report(Event.ENDED)
        return status

    def stop(self) -> None:
        """Ask the run to stop: what is in flight is settled, nothing more is sent."""
        if self._run is not None and not self._run.stop_asked:
            self._run.stop_asked = True
            self._run.report(Event.STOP_ASKED)
            if self._run.sender is not None:
                self._run.sender.stop()

    async def _outcome(self, run: _Run) -> tuple[RunStatus, Reason | None]:
        try:
            status, reason = await self._synchronize(run)
        except StoreBroken:
            raise
        except BeekeedError as error:
            log.warning("run %s cannot go on: %s", run.event_id, error)
            return RunStatus.ERROR, Reason(error.code, error.params)
        return (RunStatus.STOPPED, None) if run.stop_asked else (status, reason)

    async def _waiting(self, run: _Run) -> int | None:
        if run.target_id is None or await self._stores.changes.read_at(run.target_id) is None:
            return None
        return await self._stores.changes.waiting(run.target_id)

    async def _synchronize(self, run: _Run) -> tuple[RunStatus, Reason | None]:
        target_id = await self._read(run)
        met = await self._stores.targets.met(target_id)
        open_intents = bool(await self._stores.journal.intents(target_id))
        waiting = await self._stores.changes.waiting(target_id)
        if run.stop_asked or (met and not open_intents and not waiting):
            return RunStatus.COMPLETED, None
        target_id = await self._contact(run, target_id)
        matched = {} if run.stop_asked else await self._match(run, target_id)
        if not run.stop_asked:
            await self._send(run, target_id, matched)
        return await self._judge(run, target_id, matched)

    async def _read(self, run: _Run) -> int:
        run.target_id = await self._stores.targets.open(
            self._address, self._token_digest, self._clock.now()
        )
        await self._read_box(run, run.target_id)
        run.report(Event.READ)
        return run.target_id

    async def _read_box(self, run: _Run, target_id: int) -> None:
        run.reading = await self._reader.read(target_id)
        if run.reading.not_enrolled:
            await self._stores.history.unsent(
                run.run_id,
                Kind.COMPLETION,
                Reason(Code.NOT_ENROLLED_ON_BOX),
                run.reading.not_enrolled,
            )

    async def _contact(self, run: _Run, opened: int) -> int:
        """Meet the site, and settle what a lost answer left open. Gives the target."""
        site = await self._online.probe()
        if site.missing:
            raise RemoteRefused(Code.FUNCTION_MISSING, function=", ".join(site.missing))
        target_id = await self._stores.targets.meet(opened, site)
        run.target_id = target_id
        await self._settle(run, target_id)
        if target_id != opened:
            await self._read_box(run, target_id)
        run.report(Event.CONTACTED)
        return target_id

    async def _settle(self, run: _Run, target_id: int) -> None:
        steps = await self._stores.journal.intents(target_id)
        if steps:
            outcomes = zip(steps, await self._online.settle(steps), strict=True)
            now = self._clock.now()
            await self._stores.journal.record(run.run_id, target_id, list(outcomes), now)

    async def _match(self, run: _Run, target_id: int) -> dict[int, MatchedCourse]:
        pending = await self._stores.changes.courses(target_id)
        matcher = Matcher(
            online=self._online, targets=self._stores.targets, history=self._stores.history
        )
        known = run.reading.courses if run.reading is not None else ()
        courses = [course for course in known if course.course_id in pending]
        matched = await matcher.match(run.run_id, target_id, courses)
        run.report(Event.MATCHED)
        return dict(matched)

    async def _send(self, run: _Run, target_id: int, matched: dict[int, MatchedCourse]) -> None:
        run.sender = Sender(
            run_id=run.run_id,
            target_id=target_id,
            courses=matched,
            clock=self._clock,
            online=self._online,
            catalogue=self._stores.catalogue,
            changes=self._stores.changes,
            targets=self._stores.targets,
            journal=self._stores.journal,
            rules=self._rules,
        )
        await run.sender.send_all()

    async def _judge(
        self, run: _Run, target_id: int, matched: dict[int, MatchedCourse]
    ) -> tuple[RunStatus, Reason | None]:
        """Tell how a run ended that nothing broke off."""
        pending = await self._stores.changes.courses(target_id)
        if pending and not matched and not run.stop_asked:
            return RunStatus.ERROR, Reason(Code.NO_COURSE_MATCHED)
        troubled = await self._stores.changes.troubled(target_id, matched)
        return (RunStatus.PARTIAL if troubled else RunStatus.COMPLETED), None
