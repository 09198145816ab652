"""Edits the profiles of accounts that we made, where they changed on the box."""

from collections.abc import Sequence

from beekeed.core import profile
from beekeed.core.model import Change, Kind, Reason
from beekeed.core.step import EditProfile
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.errors import Code, RemoteRefused


class Editing:
    """Profile edits of one run."""

    def __init__(self, out: Outbound) -> None:
        self._out = out

    async def send(self, changes: Sequence[Change], accounts: Accounts) -> None:
        """Read what online holds, and send what may be sent; never to another's account."""
        names = await self._out.catalogue.field_names()
        ours = [change for change in changes if accounts[change.key.learner_id].made_by_us]
        steps = []
        for change in ours:
            step = self._step(change, accounts, names[change.key.part_id])
            if step is None:
                await self._out.wire.refuse([change], Reason(Code.NOT_ENROLLED_ONLINE))
            else:
                steps.append(step)
        await self._send(steps)

    def _step(self, change: Change, accounts: Accounts, name: str) -> EditProfile | None:
        online_id = accounts[change.key.learner_id].online_id
        course = self._out.there.course_of(online_id)
        return None if course is None else EditProfile(change, online_id, course, name)

    async def _send(self, steps: Sequence[EditProfile]) -> None:
        places = {(step.course_online_id, step.online_id) for step in steps}
        try:
            held = (
                await self._out.stop.unless_asked(self._out.online.profiles(places))
                if places
                else {}
            )
        except RemoteRefused as error:
            if error.of_site:
                raise
            self._out.wire.withhold(Kind.PROFILE, 0, Reason(error.code, error.params))
            return
        ready = []
        for step in steps:
            theirs = held.get((step.course_online_id, step.online_id), {})
            outcome = profile.decide(step.change, step.name, theirs)
            if outcome is None:
                ready.append(step)
            else:
                await self._out.wire.record([(step.change, outcome)])
        await self._out.wire.push(ready)
