"""Sends completions: only what Moodle does not decide by itself."""

from collections.abc import Sequence
from dataclasses import replace

from beekeed.core import change as rules
from beekeed.core.model import Change, Completion, Key, Reason
from beekeed.core.step import Complete, Outcome, Verdict
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.errors import Code

_TRACKING_OFF = Reason(Code.TRACKING_OFF)


class Completing:
    """Activity completions of one run."""

    def __init__(self, out: Outbound) -> None:
        self._out = out

    async def send(self, changes: Sequence[Change], accounts: Accounts) -> None:
        """Read what online holds where that counts, and send what may be sent."""
        untracked = [change for change in changes if not self.is_tracked(change.key)]
        await self._out.wire.refuse(untracked, _TRACKING_OFF)
        steps = [self._step(c, accounts) for c in changes if self.is_tracked(c.key)]
        doubtful = [step for step in steps if rules.reads_first(step.change)]
        decided, ready = await self._decide(doubtful)
        await self._out.wire.record(decided)
        await self._out.wire.push([step for step in steps if step not in doubtful] + ready)

    def is_tracked(self, key: Key) -> bool:
        """Tell whether an activity is tracked online."""
        return self._out.courses[key.course_id].activities[key.part_id].tracked

    def _step(self, change: Change, accounts: Accounts) -> Complete:
        course = self._out.courses[change.key.course_id]
        return Complete(
            change,
            accounts[change.key.learner_id].online_id,
            course.online_id,
            course.activities[change.key.part_id].cmid,
            rules.wanted(change),
        )

    async def _decide(
        self, steps: Sequence[Complete]
    ) -> tuple[list[tuple[Change, Outcome]], list[Complete]]:
        """Read what online holds: what need not or must not be sent, and what is to be.

        What is not shown says nothing: its activity is tracked no more since the run began. Only
        what is to be lowered waits for that, as Moodle leaves any result alone otherwise.
        """
        if not steps:
            return [], []
        places = {(step.course_online_id, step.online_id) for step in steps}
        states = await self._out.stop.unless_asked(self._out.online.completions(places))
        decided: list[tuple[Change, Outcome]] = []
        ready: list[Complete] = []
        for step in steps:
            held = states[step.course_online_id, step.online_id]
            if step.cmid not in held and step.state is Completion.INCOMPLETE:
                decided.append((step.change, Outcome(Verdict.REFUSED, reason=_TRACKING_OFF)))
                continue
            theirs = held.get(step.cmid) or Completion.INCOMPLETE
            outcome = rules.decide(step.change, theirs)
            if outcome is None:
                ready.append(replace(step, before=str(theirs.value)))
            else:
                decided.append((step.change, outcome))
        return decided, ready
