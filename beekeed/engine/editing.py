"""Edits the profiles of accounts that we made, where they changed on the box."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from beekeed.core import profile
from beekeed.core.model import Change, Kind, Reason
from beekeed.core.step import EditProfile, Outcome
from beekeed.engine.matching import course_reason
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.errors import Code, RemoteRefused
from beekeed.ports.online import Fields


class Editing:
    """Profile edits of one run."""

    def __init__(self, out: Outbound) -> None:
        self._out = out
        self._held: dict[int, Mapping[int, Fields]] = {}
        """By course and account, as read in this run."""

    async def send(self, changes: Sequence[Change], accounts: Accounts) -> None:
        """Read what online holds, and send what may be sent; never to another's account."""
        names = await self._out.catalogue.field_names()
        decided: list[tuple[Change, Outcome]] = []
        ready: list[EditProfile] = []
        fresh: set[int] = set()
        for change in changes:
            if not accounts[change.key.learner_id].made_by_us:
                continue
            step = self._step(change, accounts, names[change.key.part_id])
            if step is None:
                await self._without_course(change)
                continue
            theirs = await self._read(step, fresh)
            if theirs is None:
                break  # withheld: all of them wait
            outcome = profile.decide(change, step.name, theirs)
            if outcome is None:
                ready.append(replace(step, before=theirs.get(step.name, "")))
            else:
                decided.append((change, outcome))
        await self._out.wire.record(decided)
        await self._out.wire.push(ready)

    def _step(self, change: Change, accounts: Accounts, name: str) -> EditProfile | None:
        online_id = accounts[change.key.learner_id].online_id
        course = self._out.there.course_of(online_id)
        return None if course is None else EditProfile(change, online_id, course, name)

    async def _read(self, step: EditProfile, fresh: set[int]) -> Fields | None:
        """Give an account's profile; None: we may not read any.

        A course's are read once in a run, and again for whoever has come into it since:
        not twice for the same edits, `fresh` being the courses that were read for them.
        """
        course = step.course_online_id
        if course not in fresh and step.online_id not in self._held.get(course, {}):
            fresh.add(course)
            try:
                reading = self._out.online.profiles(course)
                self._held[course] = await self._out.stop.unless_asked(reading)
            except RemoteRefused as error:
                self._out.wire.withhold(Kind.PROFILE, 0, course_reason(error))
                return None
        return self._held[course].get(step.online_id, {})

    async def _without_course(self, change: Change) -> None:
        """Set an edit aside whose learner is in no course online that could be looked at.

        Not where an enrolment is still to be made, or a course of theirs was not read.
        """
        out = self._out
        receipts, noted = await out.changes.slice(out.target_id, [change.key.learner_id])
        enrolments = {key for key in (*receipts, *noted) if key.kind is Kind.ENROLMENT}
        is_sure = all(key in receipts and key.course_id in out.there.enrolled
                      for key in enrolments)  # fmt: skip
        if is_sure:
            await out.wire.refuse([change], Reason(Code.NOT_ENROLLED_ONLINE))
