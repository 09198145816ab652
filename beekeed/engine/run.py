"""Runs, one at a time, from beginning to end; what looks at the box and sends nothing, beside."""

import asyncio
import logging
from collections.abc import Callable

from beekeed.clock import Clock
from beekeed.core.change import comparison_due
from beekeed.core.cost import Preview
from beekeed.core.cycle import Event
from beekeed.core.model import Bytes, Reason, RunStatus
from beekeed.core.progress import Progress
from beekeed.core.request import SCHEDULED, Request, wanted
from beekeed.engine.begun import Begun
from beekeed.engine.daybook import DayBook
from beekeed.engine.headway import Headway
from beekeed.engine.judging import Ended
from beekeed.engine.limiting import Limiter
from beekeed.engine.policy import Policy
from beekeed.engine.preview import Previewer
from beekeed.engine.reading import Reader
from beekeed.engine.stopping import Stop, Stopped
from beekeed.engine.stores import Stores
from beekeed.engine.synchronizing import Synchronization
from beekeed.errors import BeekeedError, Code, StoreBroken
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.device import DeviceMoodle
from beekeed.ports.ledger import Ledger
from beekeed.ports.link import Meter, Route
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.stores import Ending

log = logging.getLogger(__name__)


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
        policy: Callable[[], Policy],
        address: str,
        token_digest: str,
        is_quiet: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._online = online
        self._stores = stores
        self._meter = meter
        self._ledger = ledger
        self._route = route
        self._trust = trust
        self._policy = policy
        self._device = device
        self._address = address
        self._token_digest = token_digest
        self._is_quiet = is_quiet
        self._stop: Stop | None = None
        self._report: Callable[[Event], None] | None = None
        self._run: Begun | None = None
        self._latest: Progress | None = None
        self._daybook = DayBook(
            clock=clock,
            trust=trust,
            days=stores.days,
            targets=stores.targets,
            timed=(stores.history,),
        )

    def _reader(self, policy: Policy) -> Reader:
        return Reader(
            clock=self._clock,
            device=self._device,
            catalogue=self._stores.catalogue,
            changes=self._stores.changes,
            targets=self._stores.targets,
            rules=policy.fact_rules,
            dating=self._daybook.dating,
        )

    async def run(
        self, request: Request, begun: Callable[[str], None], report: Callable[[Event], None]
    ) -> Ended:
        """Synchronize once. `begun` is told the event's ID, `report` each step of the cycle.

        Ends with a status and its reason, never with an expected trouble; raises StoreBroken
        where not even that can be written down, and whatever is our own mistake.
        """
        self._stop = stop = Stop()
        policy = self._policy()
        target_id = await self._open()
        run = await self._begin(request, policy, stop, report)
        sync = Synchronization(
            run=run,
            target_id=target_id,
            trust=self._trust,
            route=self._route,
            reader=self._reader(policy),
            compares_all=self._compares_all,
            daybook=self._daybook,
            policy=policy,
        )
        self._run = run
        begun(run.event_id)
        report(Event.STARTED)
        self._report = report
        if stop.asked:
            report(Event.STOP_ASKED)
        ended: Ended = RunStatus.ERROR, Reason(Code.INTERNAL)
        try:
            ended = await sync.run()
        except asyncio.CancelledError:
            ended = RunStatus.ERROR, Reason(Code.INTERRUPTED)
            raise
        except StoreBroken as error:  # there may be room again when the end is written down
            ended = RunStatus.ERROR, Reason(error.code, error.params)
            raise
        finally:
            self._stop = self._report = None
            await self._online.close()
            await self._stores.changes.drop_again()
            await self._end(run, sync.target_id, ended)
        return ended

    async def skip(self, reason: Reason) -> None:
        """Write down a run whose time came and which was not to be, and why; nothing is read."""
        latest, target_id = self._latest, await self._open()
        run = await self._begin(Request(SCHEDULED), self._policy(), Stop(), lambda _: None)
        await self._end(run, target_id, (RunStatus.SKIPPED, reason))
        self._latest = latest

    def stop(self) -> None:
        """Ask the run to stop: what is in flight is settled, nothing more is sent."""
        if self._stop is not None and not self._stop.asked:
            self._stop.ask()
            if self._report is not None:
                self._report(Event.STOP_ASKED)

    @property
    def progress(self) -> Progress | None:
        """How far the run under way is, or how the latest since the start ended, if one did."""
        if self._run is None:
            return self._latest
        status = RunStatus.STOPPING if self._run.stop.asked else RunStatus.RUNNING
        return _progress(self._run, status, None, self._run.spent.so_far())

    async def _open(self) -> int:
        return await self._stores.targets.open(self._address, self._token_digest, self._clock.now())

    async def _begin(
        self, request: Request, policy: Policy, stop: Stop, report: Callable[[Event], None]
    ) -> Begun:
        history = self._stores.history
        moment = self._trust.moment()
        run_id, event_id = await history.begin(request.cause, moment, request.period)
        chosen = wanted(request, holds_late=policy.holds_late)
        return Begun(
            run_id=run_id,
            event_id=event_id,
            began=self._clock.monotonic(),
            request=request,
            wanted=chosen,
            stop=stop,
            report=report,
            spent=self._meter.begin(run_id),
            headway=Headway(),
            limiter=Limiter(
                run_id=run_id,
                ledger=self._ledger,
                outlook=self._stores.outlook,
                history=history,
                wanted=chosen,
            ),
            clock=self._clock,
            online=self._online,
            stores=self._stores,
        )

    async def _end(self, run: Begun, target_id: int, ended: Ended) -> None:
        """Write down how a run ended and what it spent, and tell it."""
        status, reason = ended
        traffic = run.spent.so_far()
        ending = Ending(
            status=status,
            reason=reason,
            traffic=traffic,
            of_line=run.spent.of_line(),
            charged_by=run.spent.charged_by,
            seconds=self._clock.monotonic() - run.began,
            waiting=await self._stores.changes.waiting(target_id),
            set_aside=await self._stores.changes.set_aside_count(target_id),
        )
        await self._stores.history.end(run.run_id, target_id, ending, self._trust.moment())
        log.info("sync %s ended: %s, %s waiting", run.event_id, status, ending.waiting)
        self._run, self._latest = None, _progress(run, status, reason, traffic)
        run.report(Event.ENDED)

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
            reader = self._reader(self._policy())
            await reader.read(target_id, stop, compare_all=True)
            await self._stores.guards.look(target_id, self._clock.now())
        except StoreBroken:
            raise
        except (Stopped, BeekeedError) as error:  # a run would say it; the daemon goes on
            log.info("the box was not looked through: %s", error)

    async def _compares_all(self, target_id: int) -> bool:
        compared_at = await self._stores.changes.compared_at(target_id)
        trouble = await self._stores.history.trouble_since(compared_at)
        return comparison_due(compared_at, self._clock.now(), trouble, quiet=self._is_quiet())

    async def preview(self, request: Request, limit_bytes: int | None, stop: Stop) -> Preview:
        """Tell what a sync would do now, and cost: the box is read, and no byte leaves.

        Raises what reading the box raises, StoreBroken and Stopped.
        """
        stores, policy = self._stores, self._policy()
        target_id = await self._open()
        compare_all = await self._compares_all(target_id)
        reading = await self._reader(policy).read(target_id, stop, compare_all=compare_all)
        now = self._clock.now()
        previewer = Previewer(
            target_id=target_id,
            courses=reading.courses,
            guards=await stores.guards.look(target_id, now),
            stop=stop,
            wanted=wanted(request, holds_late=policy.holds_late),
            force=request.force,
            online=self._online,
            catalogue=stores.catalogue,
            changes=stores.changes,
            targets=stores.targets,
            outlook=stores.outlook,
            rules=policy.rules,
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


def _progress(run: Begun, status: RunStatus, reason: Reason | None, spent: Bytes) -> Progress:
    return Progress(
        event_id=run.event_id,
        cause=run.request.cause,
        status=status,
        reason=reason,
        done=run.headway.done,
        total=run.headway.total,
        spent=spent,
    )
