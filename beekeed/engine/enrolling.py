"""Enrols learners online: who never was there, and nobody a second time."""

from collections.abc import Collection, Sequence

from beekeed.core import guard, plan
from beekeed.core.change import is_again
from beekeed.core.model import Change, Key, Kind, Reason
from beekeed.core.step import Enrol, Outcome, Verdict
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.engine.suspending import Suspending
from beekeed.errors import Code, RemoteRefused


class Enrolling:
    """Enrolments of one run."""

    def __init__(self, out: Outbound) -> None:
        self._out = out
        self._suspending = Suspending(out)

    async def bring(self, changes: Sequence[Change], accounts: Accounts) -> None:
        """Enrol who is not enrolled online, where the box says so and never did before."""
        out = self._out
        pending = await out.changes.pending(out.target_id, plan.enrolment_keys(changes))
        open_ = [
            change
            for change in pending.values()
            if change.aside is None and not guard.holds(change, out.guarded)
        ]
        edits = [c for c in open_ if c.base is not None and not is_again(c)]
        new = [change for change in open_ if change not in edits]
        there = [change for change in new if out.is_enrolled(change.key, accounts)]
        await out.wire.record([(change, _already(change)) for change in there])
        await self._enrol_all([self._step(c, accounts) for c in new if c not in there])
        await self._suspending.edit(edits, accounts)
        await self._refuse_unenrolled(changes, pending, accounts)

    def _step(self, change: Change, accounts: Accounts) -> Enrol:
        state, _, ends_at = change.value.partition(":")
        return Enrol(
            change,
            accounts[change.key.learner_id].online_id,
            self._out.courses[change.key.course_id].online_id,
            suspended=state in ("suspended", "left"),
            ends_at=int(ends_at or 0),
        )

    async def _enrol_all(self, steps: Sequence[Enrol]) -> None:
        """Enrol people; one alone first where the number of the learners' role is a guess.

        Moodle answers nothing to an enrolment: only reading back tells which role it gave.
        """
        out = self._out
        left = list(steps)
        while left and not out.online.knows_learner_role():
            number = out.rules.learner_role_id
            if await out.targets.wrong_role(out.target_id) == number:
                raise RemoteRefused(Code.LEARNER_ROLE_KNOWN_WRONG, number=number)
            trial = left.pop(0)
            if await self._push([trial]):
                await self._prove_role(trial)
        await self._push(left)

    async def _prove_role(self, trial: Enrol) -> None:
        """Read back which role somebody got. Raises RemoteRefused where it is not the learners'."""
        out = self._out
        course_id = trial.change.key.course_id
        await out.there.read({course_id: out.courses[course_id].online_id})
        if not out.online.knows_learner_role():
            roles = ", ".join(sorted(out.there.roles[trial.online_id])) or "-"
            await out.targets.note_wrong_role(out.target_id, out.rules.learner_role_id)
            raise RemoteRefused(Code.LEARNER_ROLE_WRONG, roles=roles)

    async def _push(self, steps: Sequence[Enrol]) -> bool:
        """Enrol people; tells whether anybody was."""
        done = [
            step
            for step, outcome in await self._out.wire.push(steps)
            if outcome.verdict is Verdict.DONE and isinstance(step, Enrol)
        ]
        for step in done:
            self._out.there.enrolled[step.change.key.course_id].add(step.online_id)
        return bool(done)

    async def _refuse_unenrolled(
        self, changes: Sequence[Change], pending: Collection[Key], accounts: Accounts
    ) -> None:
        """Set aside the work of who was enrolled online and is not any more.

        Moodle would take it all the same and store it where nobody sees it. What it
        deleted with the enrolment goes again when there is one (seen on 4.5.6).
        """
        left = [
            change
            for change in changes
            if change.key.kind not in plan.BROUGHT
            and not self._out.is_enrolled(change.key, accounts)
            and Key(Kind.ENROLMENT, change.key.course_id, 0, change.key.learner_id) not in pending
        ]
        await self._out.wire.refuse(left, Reason(Code.NOT_ENROLLED_ONLINE))
        await self._out.targets.forget_results(self._out.target_id, plan.enrolment_keys(left))


def _already(change: Change) -> Outcome:
    """Tell that somebody is enrolled; who made that enrolment stays as it was known."""
    return Outcome(Verdict.ALREADY, change.base.online_value if change.base else "there")
