"""Suspends enrolments of ours that the box removed, and lifts what we suspended.

Only where the settings want it (features.md, row 17). What somebody else suspended or made
active online stays so.
"""

from collections.abc import Sequence
from dataclasses import replace

from beekeed.core.change import is_removed
from beekeed.core.model import Change, Reason
from beekeed.core.step import Enrol, Outcome, Verdict
from beekeed.engine.matching import course_reason
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.errors import RemoteRefused


class Suspending:
    """Enrolments that a run suspends or makes active again."""

    def __init__(self, out: Outbound) -> None:
        self._out = out
        self._suspended: dict[int, set[int] | Reason] = {}

    async def edit(self, edits: Sequence[Change], accounts: Accounts) -> None:
        """Read who is suspended, and change what is not so yet."""
        steps = []
        for change in edits:
            course = self._out.courses[change.key.course_id].online_id
            suspended = await self._read(course)
            if isinstance(suspended, Reason):
                self._out.wire.lack(suspended)  # these wait; nobody is set aside for it
                continue
            step = self._step(change, course, accounts)
            is_there = self._out.is_enrolled(change.key, accounts)
            if is_there and (step.online_id in suspended) != step.suspended:
                before = "active" if step.suspended else "suspended"
                steps.append(replace(step, before=before))
            else:
                await self._out.wire.record([(change, Outcome(Verdict.ALREADY, "made"))])
        await self._out.wire.push(steps)

    def _step(self, change: Change, course: int, accounts: Accounts) -> Enrol:
        """The end that the enrolment was made with is sent again: Moodle takes what is sent."""
        made = change.base.value if is_removed(change.value) and change.base else change.value
        _, _, ends_at = made.partition(":")
        return Enrol(
            change,
            accounts[change.key.learner_id].online_id,
            course,
            suspended=is_removed(change.value),
            ends_at=int(ends_at or 0),
        )

    async def _read(self, course: int) -> set[int] | Reason:
        """Read who is suspended in a course, once in a run; or why that may not be read."""
        if course not in self._suspended:
            try:
                reading = self._out.online.suspended(course)
                self._suspended[course] = set(await self._out.stop.unless_asked(reading))
            except RemoteRefused as error:
                self._suspended[course] = course_reason(error)
        return self._suspended[course]
