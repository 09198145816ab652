"""Whom to read back, how many, and what the run's record says of it."""

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from beekeed.clock import Clock
from beekeed.core.model import Bytes, Kind, Reason
from beekeed.core.verify import Finding
from beekeed.engine.headway import Headway
from beekeed.engine.limiting import Limiter
from beekeed.engine.matching import MatchedCourse
from beekeed.engine.sending import Sender
from beekeed.engine.verifying import EVERYTHING, RESULTS, Verifier
from beekeed.errors import BeekeedError, Code, StoreBroken
from beekeed.ports.link import Measurement
from beekeed.ports.stores import Action, History

log = logging.getLogger(__name__)

_AT_ONCE = 50
_ON_ITS_OWN = timedelta(days=7)
_AT_MOST = 50  # learners in one audit, where a line counts no bytes

_REASONS: Mapping[Finding, Code] = {
    Finding.MISSING: Code.MISSING_ONLINE,
    Finding.DIFFERS: Code.CHANGED_ONLINE,
    Finding.UNSEEN: Code.UNSEEN_ONLINE,
}


def is_audit_due(audited_at: datetime | None, now: datetime, most_bytes: int) -> bool:
    """Tell whether a sync that has nothing to send reads some learners back all the same."""
    if not most_bytes:
        return False
    return audited_at is None or not audited_at <= now < audited_at + _ON_ITS_OWN


class Auditor:
    """Reads back for one run, and writes down what was found."""

    def __init__(
        self,
        *,
        run_id: int,
        sender: Sender,
        limiter: Limiter,
        history: History,
        clock: Clock,
        shortnames: Mapping[int, str],
    ) -> None:
        self._run_id = run_id
        self._sender = sender
        self._limiter = limiter
        self._history = history
        self._clock = clock
        self._shortnames = shortnames
        self.checked = False
        """Whether anybody was read back."""
        self.broke_off = False
        """Whether not everybody was, so that enough of the data limit is left for the rest."""

    async def verify(self, headway: Headway) -> int:
        """Read everybody back, some at a time; gives how much is missing."""
        out = self._sender.out
        await out.there.read({id_: course.online_id for id_, course in out.courses.items()})
        verifier = self._verifier(out.courses, EVERYTHING)
        headway.expect(await out.targets.known_count(out.target_id))
        after = 0
        try:
            while learner_ids := await out.targets.known(out.target_id, after, _AT_ONCE):
                out.stop.check()
                if not await self._limiter.has_room():
                    self.broke_off = True
                    break
                await verifier.check(learner_ids)
                self.checked = True
                headway.finish(len(learner_ids))
                after = learner_ids[-1]
        finally:
            await self._note(verifier.tally)
        return verifier.missing

    async def audit(
        self, known: Mapping[int, MatchedCourse], spent: Measurement, most_bytes: int
    ) -> None:
        """Read back those who were not for the longest time, while the bytes last.

        `known`: courses as they were matched earlier. `spent`: by the whole run so far.
        Trouble of the line can wait: what a run was for is done.
        """
        verifier = self._verifier({**known, **self._sender.out.courses}, RESULTS)
        try:
            await self._check_some(verifier, spent, most_bytes)
        except StoreBroken:
            raise
        except BeekeedError as error:
            log.info("some receipts were not read back: %s", error)
        finally:
            await self._note({k: n for k, n in verifier.tally.items() if k[1] in _TOLD})

    async def _check_some(self, verifier: Verifier, spent: Measurement, most_bytes: int) -> None:
        """Check one after the other; the dearest tells whether there is room for another."""
        out = self._sender.out
        before = _sum(spent.so_far())
        most, dearest = before + most_bytes, 0
        for learner_id in await out.targets.longest_unverified(out.target_id, _AT_MOST):
            if out.stop.asked or before + dearest > most or not await self._limiter.has_room():
                break
            await verifier.check([learner_id])
            now = _sum(spent.so_far())
            before, dearest = now, max(dearest, now - before)
        await out.targets.audited(out.target_id, self._clock.now())

    def _verifier(self, courses: Mapping[int, MatchedCourse], kinds: Collection[Kind]) -> Verifier:
        return Verifier(
            out=self._sender.out,
            meeting=self._sender.meeting,
            clock=self._clock,
            courses=courses,
            kinds=kinds,
        )

    async def _note(self, tally: Mapping[tuple[Kind, Finding, int], int]) -> None:
        await self._history.found(self._run_id, actions(tally, self._shortnames))


def _sum(traffic: Bytes) -> int:
    return traffic.sent + traffic.received


_TOLD = frozenset({Finding.MISSING, Finding.DIFFERS})
"""What a sync says of an audit; a run that verifies says all."""


def actions(
    tally: Mapping[tuple[Kind, Finding, int], int], courses: Mapping[int, str]
) -> list[Action]:
    """Give what was found as the run's record has it, by course; nobody is named.

    What is there as it was sent is not told by course: there is nothing to do about it.
    """
    counts: Counter[tuple[Kind, Finding, str]] = Counter()
    for (kind, finding, course_id), count in tally.items():
        course = courses.get(course_id, "") if finding in _REASONS else ""
        counts[kind, finding, course] += count
    return [
        Action(kind, str(finding), _reason(finding, course), count)
        for (kind, finding, course), count in counts.items()
    ]


def _reason(finding: Finding, course: str) -> Reason | None:
    if finding not in _REASONS:
        return None
    return Reason(_REASONS[finding], {"course": course} if course else {})
