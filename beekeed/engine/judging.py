"""How a run ended, and why not better; what of it waits for that is noted in its record."""

from collections.abc import Sequence

from beekeed.core import plan
from beekeed.core.model import Kind, Reason, RunStatus
from beekeed.core.request import SCHEDULED, VERIFY
from beekeed.engine.auditing import Auditor
from beekeed.engine.begun import Begun
from beekeed.engine.limiting import RESERVED
from beekeed.engine.sending import Sender
from beekeed.errors import BeekeedError, Code
from beekeed.ports.guard import Guard

Ended = tuple[RunStatus, Reason | None]
"""How a run ended, with the reason where there is one."""


class Judge:
    """Tells how one run ended."""

    def __init__(self, run: Begun) -> None:
        self._run = run
        self._stores = run.stores

    async def of_sending(self, sender: Sender) -> Ended:
        """Tell how a run ended that nothing broke off, by what it was to send.

        What is late and waits to be asked for makes none partial: nothing went wrong.
        """
        target_id = sender.out.target_id
        served = set(sender.out.courses) - set(sender.left_out)
        lacking = next(iter(sender.lacking.values()), None)
        if lacking is not None and not (served and sender.acknowledged):
            return RunStatus.ERROR, lacking
        pending = await self._stores.changes.courses(target_id, self._run.wanted)
        was_met = self._run.limiter.kept_back or await self._stores.targets.synchronized(target_id)
        if pending and not served and not was_met:
            return RunStatus.ERROR, Reason(Code.NO_COURSE_MATCHED)
        lacking = lacking or sender.lacking_extra
        limiter = self._run.limiter
        if limiter.kept_back and await limiter.note_waiting(target_id, plan.EXTRA, RESERVED):
            lacking = lacking or RESERVED
        troubled = await self._stores.changes.troubled(target_id, served, self._run.wanted)
        return (RunStatus.PARTIAL if troubled or lacking else RunStatus.COMPLETED), lacking

    async def of_guards(self, guards: Sequence[Guard], ended: Ended) -> Ended:
        """Tell how a run ended that guards may have kept from lowering something."""
        for each in guards:
            await self._stores.history.unsent(
                self._run.run_id, each.kind, each.reason, each.loss.lost
            )
        return (RunStatus.PARTIAL, guards[0].reason) if guards else ended

    def of_verifying(self, auditor: Auditor, missing: int, *, whole: bool) -> Ended:
        """Tell how a run ended that read back. `whole`: every course could be."""
        if missing:
            return RunStatus.PARTIAL, Reason(Code.VERIFY_MISSING, {"count": missing})
        if auditor.broke_off:
            return RunStatus.PARTIAL, RESERVED
        return (RunStatus.COMPLETED if whole else RunStatus.PARTIAL), None

    def of_trouble(self, error: BeekeedError) -> Ended:
        """Tell how a run ended that could not go on."""
        skips = self._run.request.cause == SCHEDULED and error.code is Code.CLOCK_WRONG
        status = RunStatus.SKIPPED if skips else RunStatus.ERROR
        return status, Reason(error.code, error.params)

    async def of_limit(self, target_id: int, error: BeekeedError, *, got_on: bool) -> Ended:
        """Tell how a run ended that the data limit broke off; what did not fit is counted.

        `got_on`: whether it did anything that it was for.
        """
        reason = Reason(error.code, error.params)
        if self._run.request.cause != VERIFY:
            await self._run.limiter.note_waiting(target_id, tuple(Kind), reason)
        return (RunStatus.PARTIAL if got_on else RunStatus.SKIPPED), reason

    async def of_stop(self, target_id: int) -> Ended:
        """Tell how much is under way of which the next run must find out what became of it."""
        intents = await self._stores.journal.intents(target_id)
        reason = Reason(Code.UNSETTLED, {"count": len(intents)}) if intents else None
        return RunStatus.STOPPED, reason
