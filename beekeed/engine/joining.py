"""Brings learners into their groups online, and makes the groups that are not there."""

import unicodedata
from collections.abc import Mapping, Sequence

from beekeed.core.model import Change, Kind, Reason
from beekeed.core.step import JoinGroup
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.errors import RemoteRefused


class Joining:
    """Group memberships of one run."""

    def __init__(self, out: Outbound) -> None:
        self._out = out
        self._groups: dict[int, dict[str, int]] = {}

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
        online_id = self._out.courses[course_id].online_id
        try:
            if course_id not in self._groups:
                listing = self._out.online.groups(online_id)
                self._groups[course_id] = dict(await self._out.stop.unless_asked(listing))
            there = self._groups[course_id]
            name = (await self._out.catalogue.group_names(course_id))[group_id].strip()
            found = _by_name(there, name)
            if found is None:
                making = self._out.online.make_group(online_id, name)
                made = await self._out.stop.unless_asked(making)
                if isinstance(made, Reason):
                    return made
                found = there[name] = made
        except RemoteRefused as error:
            if error.of_site:
                raise
            reason = Reason(error.code, error.params)
            self._out.wire.withhold(Kind.MEMBERSHIP, course_id, reason)
            return None
        return found


def _by_name(groups: Mapping[str, int], name: str) -> int | None:
    """Find a group by its name; else the only one that a database may take for the same.

    MariaDB keeps "Group a" from being made beside "Gróup A" (seen on 4.5.6).
    """
    if name in groups:
        return groups[name]
    alike = [id_ for each, id_ in groups.items() if _folded(each) == _folded(name)]
    return alike[0] if len(alike) == 1 else None


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c)).strip()
