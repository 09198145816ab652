"""Brings learners into their groups online, and makes the groups that are not there."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from beekeed.core.model import Change, Kind, Reason
from beekeed.core.step import JoinGroup
from beekeed.engine.matching import course_reason
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.engine.writing import patiently
from beekeed.errors import OutcomeUnknown, RemoteGarbled, RemoteRefused


class Joining:
    """Group memberships of one run."""

    def __init__(self, out: Outbound) -> None:
        self._out = out
        self._groups: dict[int, dict[str, int | Reason]] = {}
        """By course and name: the group online, or why Moodle refused to make it."""
        self._names: dict[int, dict[int, str]] = {}

    async def send(self, changes: Sequence[Change], accounts: Accounts) -> None:
        """Make learners members; joining again changes nothing, so nothing is read of that."""
        steps = []
        for change in changes:
            course_id = change.key.course_id
            if self._out.wire.is_withheld(Kind.MEMBERSHIP, course_id):
                continue
            group = await self._group(course_id, change.key.part_id)
            if isinstance(group, Reason):
                await self._out.wire.refuse([change], group)
            elif group is not None:
                steps.append(self._step(change, accounts, group))
        await self._out.wire.push(steps)

    def _step(self, change: Change, accounts: Accounts, group: int) -> JoinGroup:
        return JoinGroup(
            change,
            accounts[change.key.learner_id].online_id,
            self._out.courses[change.key.course_id].online_id,
            group,
        )

    async def _group(self, course_id: int, group_id: int) -> int | Reason | None:
        """Give a group's online id, making it where needed, or why there is none.

        None: our account may not do that in the course.
        """
        try:
            if course_id not in self._groups:
                await self._read(course_id)
            names = self._names[course_id]
            name = names[group_id]
            found = by_name(self._groups[course_id], name, names.values())
            if found is None:
                making = partial(self._make, course_id, name)
                found = await patiently(self._out.online, self._out.stop, making)
                self._groups[course_id][name] = found
        except RemoteRefused as error:
            self._out.wire.withhold(Kind.MEMBERSHIP, course_id, course_reason(error))
            return None
        return found

    async def _make(self, course_id: int, name: str) -> int | Reason:
        """Make a group; where the answer is lost, the course's groups tell what became of it."""
        try:
            return await self._out.online.make_group(self._out.courses[course_id].online_id, name)
        except (OutcomeUnknown, RemoteGarbled):
            await self._read(course_id)
            if name not in self._groups[course_id]:
                raise
            return self._groups[course_id][name]

    async def _read(self, course_id: int) -> None:
        listing = self._out.online.groups(self._out.courses[course_id].online_id)
        there = await self._out.stop.unless_asked(listing)
        self._groups.setdefault(course_id, {}).update(there)
        named = await self._out.catalogue.group_names(course_id)
        self._names[course_id] = {id_: name.strip() for id_, name in named.items()}


def by_name(
    groups: Mapping[str, int | Reason], name: str, ours: Collection[str]
) -> int | Reason | None:
    """Find a group by its name; else the only one that a database may take for the same.

    MariaDB keeps "Group a" from being made beside "Gróup A" (seen on 4.5.6); PostgreSQL
    does not, so two groups of the box are never taken for one.
    """
    if name in groups:
        return groups[name]
    if sum(_folded(each) == _folded(name) for each in set(ours)) > 1:
        return None
    alike = [id_ for each, id_ in groups.items() if _folded(each) == _folded(name)]
    return alike[0] if len(alike) == 1 else None


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c)).strip()
