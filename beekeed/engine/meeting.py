"""Meets learners online: who is enrolled there, who is who, and accounts for the others."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from beekeed.clock import Clock
from beekeed.core import person, plan
from beekeed.core.model import Account, Change, Learner, OnlinePerson, Reason
from beekeed.core.step import CreateAccount, Step
from beekeed.engine.matching import course_reason
from beekeed.engine.stopping import Stop
from beekeed.engine.wire import Wire
from beekeed.errors import Code, RemoteRefused
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.stores import Adopted, Catalogue, Changes, Targets


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide what may be touched online."""

    username_prefix: str = ""
    never_touch: frozenset[str] = frozenset()
    learner_roles: frozenset[str] = frozenset({"student"})
    learner_role_id: int = 5
    slice_changes: int = 500
    """How many changes are planned at a time; a request carries fewer or as many."""
    through_assignments: bool = True
    """Assignments are graded through themselves, else in the gradebook."""
    own_account: str = ""
    """Our service account's username, once the site told it."""


class There:
    """What the lists of the synchronized courses showed in this run."""

    def __init__(
        self, *, online: OnlineMoodle, targets: Targets, target_id: int, stop: Stop
    ) -> None:
        self._online = online
        self._targets = targets
        self._target_id = target_id
        self._stop = stop
        self.enrolled: dict[int, set[int]] = defaultdict(set)
        """By our course number: the accounts with any enrolment."""
        self.roles: dict[int, set[str]] = defaultdict(set)
        """By account: its roles in all synchronized courses."""
        self.names: dict[int, str] = {}
        """By account: the full name that the site shows."""
        self.unreadable: dict[int, Reason] = {}
        """Courses whose list our account may not read."""
        self._online_ids: dict[int, int] = {}

    async def read(self, courses: Mapping[int, int]) -> None:
        """Read who is in some courses (our numbers and online ids), and in all synchronized ones.

        A role in any synchronized course counts (features.md, row 17), so those
        are read as well that have nothing to send.
        """
        others = await self._targets.synchronized(self._target_id)
        for course_id, online_id in {**others, **courses}.items():
            if course_id not in self.enrolled or course_id in courses:
                await self._read_course(course_id, online_id)

    def course_of(self, online_id: int) -> int | None:
        """Give the online id of a synchronized course in which an account has an enrolment."""
        courses = (id_ for id_, enrolled in self.enrolled.items() if online_id in enrolled)
        return next((self._online_ids[course_id] for course_id in courses), None)

    async def _read_course(self, course_id: int, online_id: int) -> None:
        self._online_ids[course_id] = online_id
        try:
            enrolled = await self._stop.unless_asked(self._online.enrolled(online_id))
        except RemoteRefused as error:
            self.unreadable[course_id] = course_reason(error)
            return
        self.enrolled[course_id] = set(enrolled)
        for participant in enrolled.values():
            self.roles[participant.online_id].update(participant.roles)
            self.names[participant.online_id] = participant.name


class Meeting:
    """Brings an account for each learner, where that is safe."""

    def __init__(
        self,
        *,
        target_id: int,
        there: There,
        wire: Wire,
        clock: Clock,
        online: OnlineMoodle,
        catalogue: Catalogue,
        changes: Changes,
        targets: Targets,
        rules: Rules,
        stop: Stop,
    ) -> None:
        self._target_id = target_id
        self._there = there
        self._wire = wire
        self._clock = clock
        self._online = online
        self._catalogue = catalogue
        self._changes = changes
        self._targets = targets
        self._rules = rules
        self._stop = stop
        self._sure: set[int] = set()
        self._sees_people = False
        self._in_doubt: set[int] = set()
        self.forgotten = 0
        """How many account receipts turned out not to be true any more."""

    async def bring_accounts(self, slice_: Sequence[Change]) -> Mapping[int, Account]:
        """Have an account for each learner of a slice, where that is safe."""
        ids = {change.key.learner_id for change in slice_}
        known = await self._targets.accounts(self._target_id, ids)
        await self.make_sure(known.values())
        known = await self._targets.accounts(self._target_id, ids)
        if ids <= known.keys():
            return known
        wanted = await self._changes.pending(
            self._target_id,
            [key for key in plan.account_keys(slice_) if key.learner_id not in known],
        )
        learners = await self._catalogue.learners([key.learner_id for key in wanted])
        await self._meet([(learners[c.key.learner_id], c) for c in wanted.values()])
        return await self._targets.accounts(self._target_id, ids)

    def doubt(self, account: Account) -> Reason | None:
        """Tell why nothing may be sent to an account that we know, or None."""
        if account.online_id in self._in_doubt:
            return Reason(Code.ACCOUNT_CHANGED_ONLINE)
        return None

    # Those that we know

    async def make_sure(self, accounts: Collection[Account]) -> None:
        """Look again at accounts whose number the site shows with another name, or not at all.

        A site that was put back, or an account that was deleted, may have given the
        number to somebody else: results must never go to them.
        """
        shown = self._there.names
        unnamed = [each for each in accounts if not each.online_name and self._fits(each)]
        doubtful = [
            each
            for each in accounts
            if each not in unnamed
            and each.online_id not in self._sure
            and (each.online_id not in shown or shown[each.online_id] != each.online_name)
        ]
        await self._name(unnamed)
        if doubtful:
            await self._look_again(doubtful)

    def _fits(self, account: Account) -> bool:
        """Whether the full name that the site shows first is made of the names that we sent."""
        shown = person.folded(self._there.names.get(account.online_id, ""))
        parts = (person.folded(account.first_name), person.folded(account.last_name))
        return bool(shown) and all(part in shown for part in parts)

    async def _name(self, accounts: Sequence[Account]) -> None:
        names = {
            each.learner_id: self._there.names[each.online_id]
            for each in accounts
            if each.online_id in self._there.names
        }
        if names:
            await self._targets.name_accounts(self._target_id, names)

    async def _look_again(self, accounts: Sequence[Account]) -> None:
        found = await self._people([account.username for account in accounts])
        same = [
            each
            for each in accounts
            if each.username in found and found[each.username].online_id == each.online_id
        ]
        same += await self._find_renamed([each for each in accounts if each not in same])
        self._sure.update(each.online_id for each in same)
        await self._name(same)
        for account in accounts:
            if account not in same and account.online_id not in self._in_doubt:
                await self._targets.forget_account(
                    self._target_id, account.learner_id, self._clock.now()
                )
                self.forgotten += 1

    async def _find_renamed(self, accounts: Sequence[Account]) -> list[Account]:
        """Give those accounts that have another username online and are the same people.

        Whose other names changed as well may be somebody else: a person must tell.
        """
        by_id = await self._stop.unless_asked(
            self._online.people_by_id([each.online_id for each in accounts])
        )
        renamed = []
        for account in accounts:
            online = by_id.get(account.online_id)
            if online is not None and person.same_person(account, online):
                await self._targets.rename_account(
                    self._target_id, account.learner_id, online.username
                )
                renamed.append(account)
            elif online is not None and person.may_be_edited(account, online):
                self._in_doubt.add(account.online_id)
        return renamed

    async def _people(self, usernames: Collection[str]) -> Mapping[str, OnlinePerson]:
        """Look people up; raises RemoteRefused where nobody could ever be seen."""
        found = await self._stop.unless_asked(self._online.people(usernames))
        if len(found) < len(usernames) and not self._sees_people:
            self._sees_people = await self._stop.unless_asked(self._online.sees_people())
            if not self._sees_people:
                raise RemoteRefused(
                    Code.CAPABILITY_MISSING,
                    function="core_user_get_users_by_field",
                    capability="moodle/user:viewdetails",
                )
        return found

    # Those that we meet

    async def _meet(self, newcomers: Sequence[tuple[Learner, Change]]) -> None:
        """Find out who some learners are online; adopt, create or set aside each."""
        names = {c.key: self._rules.username_prefix + each.username for each, c in newcomers}
        found = await self._people(set(names.values())) if names else {}
        creates: list[Step] = []
        adopted: list[Adopted] = []
        for learner, change in newcomers:
            username = names[change.key]
            online = found.get(username)
            reason = self._objection(learner, username, online)
            if reason is not None and online is not None:
                is_confirmed = await self._is_confirmed(learner, change, online)
                reason = None if is_confirmed and reason.code in _CONFIRMABLE else reason
            if reason is not None:
                await self._wire.refuse([change], reason, _shown(online))
            elif online is not None:
                adopted.append(Adopted(learner, change.key.learner_id, online))
                self._sure.add(online.online_id)
            else:
                creates.append(CreateAccount(change, learner, username))
        await self._wire.adopt(adopted)
        for _, outcome in await self._wire.push(creates):
            if outcome.online_value:
                self._sure.add(int(outcome.online_value))

    async def _is_confirmed(self, learner: Learner, change: Change, online: OnlinePerson) -> bool:
        """Tell whether a person said that this account online is this learner's."""
        confirmed = await self._targets.confirmed(self._target_id, change.key.learner_id, learner)
        return confirmed == online.online_id

    def _objection(
        self, learner: Learner, username: str, online: OnlinePerson | None
    ) -> Reason | None:
        """Tell why a learner must not have this account, or None."""
        if username == self._rules.own_account:
            return Reason(Code.OWN_ACCOUNT)
        untouchable = person.untouchable(username, (), (), self._rules.never_touch)
        if untouchable is not None:
            return untouchable
        if online is not None:
            return person.meets(learner, online)
        return person.creatable(learner, username)


_CONFIRMABLE = frozenset({Code.OTHER_PERSON_ONLINE})


def _shown(online: OnlinePerson | None) -> str:
    """Write down who has the username online, for whoever must tell whether it is the learner."""
    if online is None:
        return ""
    shown = {
        "id": online.online_id,
        "first_name": online.first_name,
        "last_name": online.last_name,
        "idnumber": online.idnumber,
    }
    return json.dumps(shown, ensure_ascii=False)
