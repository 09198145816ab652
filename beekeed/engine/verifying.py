"""Reads back what the online Moodle acknowledged; writes nothing there.

What is missing is pending again: the next sync sends it, as to somebody whom it meets for
the first time. What differs stays and is counted.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from beekeed.clock import Clock
from beekeed.core import verify
from beekeed.core.model import Account, Key, Kind, Receipt
from beekeed.core.verify import Finding
from beekeed.engine.joining import by_name
from beekeed.engine.matching import MatchedCourse, course_reason
from beekeed.engine.meeting import Meeting
from beekeed.engine.outbound import Accounts, Outbound
from beekeed.errors import RemoteRefused
from beekeed.ports.online import Fields, Grades, Place, States

Answer = TypeVar("Answer")

Findings = dict[Key, Finding]

EVERYTHING = frozenset(Kind)
RESULTS = frozenset({Kind.ENROLMENT, Kind.COMPLETION, Kind.GRADE})
"""What costs little to read back of one learner."""

_OF_ACTIVITY = frozenset({Kind.COMPLETION, Kind.GRADE})


@dataclass(frozen=True, slots=True)
class _Held:
    """What online holds of some learners, as far as it could be read."""

    states: Mapping[Place, States]
    grades: Mapping[Place, Grades]
    profiles: Mapping[int, Mapping[int, Fields]]


class Verifier:
    """Reads back for one run. `courses`: where our activities are online, by our numbers."""

    def __init__(
        self,
        *,
        out: Outbound,
        meeting: Meeting,
        clock: Clock,
        courses: Mapping[int, MatchedCourse],
        kinds: Collection[Kind],
    ) -> None:
        self._out = out
        self._meeting = meeting
        self._clock = clock
        self._courses = courses
        self._kinds = kinds
        self._members: dict[int, Mapping[int, Collection[int]] | None] = {}
        self._groups: dict[int, Mapping[str, int]] = {}
        self._profiles: dict[int, Mapping[int, Fields]] = {}
        self.tally: Counter[tuple[Kind, Finding, int]] = Counter()
        """How many were found, missing and so on, by kind and course."""

    @property
    def missing(self) -> int:
        """How many receipts were not true any more."""
        return sum(count for (_, each, _), count in self.tally.items() if each is Finding.MISSING)

    async def check(self, learner_ids: Collection[int]) -> None:
        """Read back all that was acknowledged of some learners, and forget what is missing."""
        out = self._out
        accounts = await out.targets.accounts(out.target_id, learner_ids)
        receipts, _ = await out.changes.slice(out.target_id, learner_ids)
        checked = [
            receipt
            for receipt in receipts.values()
            if receipt.key.kind in self._kinds and verify.is_checked(receipt)
        ]
        sure = await self._make_sure(accounts)
        of_sure = [receipt for receipt in checked if receipt.key.learner_id in sure]
        findings = await self._findings(of_sure, sure)
        gone = accounts.keys() - sure.keys() - self._doubtful(accounts)
        findings |= {
            receipt.key: Finding.MISSING
            for receipt in checked
            if receipt.key.learner_id in gone and receipt.key.kind is not Kind.PROFILE
        }  # a profile goes with the account when that is made again
        missing = [key for key, each in findings.items() if each is Finding.MISSING]
        missing += [Key(Kind.ACCOUNT, 0, 0, learner_id) for learner_id in gone]
        now = self._clock.now()
        await out.changes.missed(out.target_id, missing)
        await out.targets.verified(out.target_id, learner_ids, now)
        self.tally.update((key.kind, each, key.course_id) for key, each in findings.items())

    async def _make_sure(self, accounts: Accounts) -> Accounts:
        """Give the accounts that are still the learners' own; those that are gone are forgotten."""
        await self._meeting.make_sure(accounts.values())
        left = await self._out.targets.accounts(self._out.target_id, accounts.keys())
        doubtful = self._doubtful(left)
        for learner_id in accounts:
            finding = Finding.FOUND if learner_id in left else Finding.MISSING
            finding = Finding.DIFFERS if learner_id in doubtful else finding
            self.tally[Kind.ACCOUNT, finding, 0] += 1
        return {id_: account for id_, account in left.items() if id_ not in doubtful}

    def _doubtful(self, accounts: Accounts) -> set[int]:
        return {id_ for id_, account in accounts.items() if self._meeting.doubt(account)}

    async def _findings(self, receipts: Sequence[Receipt], accounts: Accounts) -> Findings:
        held = await self._read(receipts, accounts)
        names = await self._out.catalogue.field_names()
        findings: Findings = {}
        for receipt in receipts:
            account = accounts[receipt.key.learner_id]
            if receipt.key.kind in _OF_ACTIVITY:
                findings[receipt.key] = self._result(receipt, account, held)
            elif receipt.key.kind is Kind.MEMBERSHIP:
                findings[receipt.key] = await self._membership(receipt.key, account)
            elif receipt.key.kind is Kind.PROFILE:
                name = names[receipt.key.part_id]
                findings[receipt.key] = self._field(receipt, account, name, held)
            elif receipt.key.kind is Kind.ENROLMENT:
                findings[receipt.key] = self._enrolment(receipt.key, account)
        return _without_unenrolled(findings)

    async def _read(self, receipts: Sequence[Receipt], accounts: Accounts) -> _Held:
        """Read what online holds; what Moodle refuses is not known."""
        places: dict[Kind, set[Place]] = defaultdict(set)
        shown: set[int] = set()
        for receipt in receipts:
            key, account = receipt.key, accounts[receipt.key.learner_id]
            course = self._courses.get(key.course_id)
            if key.kind in _OF_ACTIVITY and course is not None:
                places[key.kind].add((course.online_id, account.online_id))
            shown_in = self._out.there.course_of(account.online_id)
            if key.kind is Kind.PROFILE and shown_in is not None:
                shown.add(shown_in)
        online = self._out.online
        return _Held(
            await self._or_nothing(online.completions, places[Kind.COMPLETION]),
            await self._or_nothing(online.grades, places[Kind.GRADE]),
            await self._read_profiles(shown),
        )

    async def _read_profiles(self, courses: Collection[int]) -> dict[int, Mapping[int, Fields]]:
        """Read the profiles of all who are in some courses, each once in a run."""
        for course in courses:
            if course not in self._profiles:
                try:
                    reading = self._out.online.profiles(course)
                    self._profiles[course] = await self._out.stop.unless_asked(reading)
                except RemoteRefused as error:
                    course_reason(error)
        return self._profiles

    async def _or_nothing(
        self,
        read: Callable[[Collection[Place]], Awaitable[Mapping[Place, Answer]]],
        places: Collection[Place],
    ) -> Mapping[Place, Answer]:
        try:
            return await self._out.stop.unless_asked(read(places)) if places else {}
        except RemoteRefused as error:
            if error.of_site:
                raise
            return {}

    def _result(self, receipt: Receipt, account: Account, held: _Held) -> Finding:
        course = self._courses.get(receipt.key.course_id)
        activity = course.activities.get(receipt.key.part_id) if course is not None else None
        if course is None or activity is None:
            return Finding.UNSEEN
        place = course.online_id, account.online_id
        if receipt.key.kind is Kind.GRADE:
            item = course.items.get(receipt.key.part_id)
            number = item.number if item is not None else 0
            theirs = held.grades.get(place, {}).get((activity.cmid, number))
            return verify.graded(receipt, theirs)
        states = held.states.get(place, {})
        if activity.cmid not in states:  # it is not tracked, perhaps since this run began
            return Finding.UNSEEN
        return verify.completion(states[activity.cmid])

    def _field(self, receipt: Receipt, account: Account, name: str, held: _Held) -> Finding:
        course = self._out.there.course_of(account.online_id)
        fields = held.profiles.get(course or 0, {}).get(account.online_id)
        return Finding.UNSEEN if fields is None else verify.field(receipt, fields.get(name, ""))

    def _enrolment(self, key: Key, account: Account) -> Finding:
        enrolled = self._out.there.enrolled
        if key.course_id not in enrolled:
            return Finding.UNSEEN
        return verify.there(is_there=account.online_id in enrolled[key.course_id])

    async def _membership(self, key: Key, account: Account) -> Finding:
        course = self._courses.get(key.course_id)
        if course is None:
            return Finding.UNSEEN
        if key.course_id not in self._members:
            await self._read_groups(key.course_id, course.online_id)
        members = self._members[key.course_id]
        if members is None:
            return Finding.UNSEEN
        named = await self._out.catalogue.group_names(key.course_id)
        names = {id_: name.strip() for id_, name in named.items()}
        group = by_name(self._groups[key.course_id], names[key.part_id], names.values())
        return verify.there(is_there=group in members.get(account.online_id, ()))

    async def _read_groups(self, course_id: int, online_id: int) -> None:
        """Read a course's groups and who is in them, once in a run."""
        online, stop = self._out.online, self._out.stop
        self._members[course_id] = None
        try:
            self._groups[course_id] = await stop.unless_asked(online.groups(online_id))
            self._members[course_id] = await stop.unless_asked(online.memberships(online_id))
        except RemoteRefused as error:
            if error.of_site:
                raise


def _without_unenrolled(findings: Findings) -> Findings:
    """Take for somebody's decision what is missing of who is not enrolled and left work there.

    A site that was put back lost the work with the enrolment; who was unenrolled did not,
    and is not enrolled again.
    """
    worked = {
        (key.course_id, key.learner_id)
        for key, each in findings.items()
        if key.kind in _OF_ACTIVITY and each in (Finding.FOUND, Finding.DIFFERS)
    }
    unenrolled = {
        (key.course_id, key.learner_id)
        for key, each in findings.items()
        if key.kind is Kind.ENROLMENT and each is Finding.MISSING
    }
    return {
        key: Finding.DIFFERS
        if each is Finding.MISSING and (key.course_id, key.learner_id) in worked & unenrolled
        else each
        for key, each in findings.items()
    }
