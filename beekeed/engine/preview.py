"""What a sync would do now and cost: everything but a byte on the line.

Goes through what is pending as `sending.py` does, in the same order and slices. What
only the online Moodle knows (what is there already, what it refuses) is counted as if
it were to be sent: a little too much rather than too little. But courses count as
unchanged there, and what is read back afterwards (`audit_bytes`) is not counted.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence, Set
from datetime import datetime

from beekeed.core import guard, plan
from beekeed.core.cost import Preview, Share, Spending
from beekeed.core.course import fingerprint, is_fresh
from beekeed.core.guard import Area
from beekeed.core.model import Change, Key, Kind, Reason
from beekeed.core.request import Wanted
from beekeed.core.step import CreateAccount, Step
from beekeed.engine.facts import KnownCourse
from beekeed.engine.meeting import Rules
from beekeed.engine.pricing import Pricing
from beekeed.engine.stopping import Stop
from beekeed.errors import Code
from beekeed.ports.guard import Guard
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.outlook import Outlook, PendingCount
from beekeed.ports.stores import Catalogue, Changes, Targets


class Previewer:
    """One preview of a sync to one target. `courses`: those on the box.

    `wanted` and `force` as the sync is asked for. By force, all of a course counts that is
    there at all.
    """

    def __init__(
        self,
        *,
        target_id: int,
        courses: Sequence[KnownCourse],
        guards: Sequence[Guard],
        stop: Stop,
        wanted: Wanted,
        force: bool,
        online: OnlineMoodle,
        catalogue: Catalogue,
        changes: Changes,
        targets: Targets,
        outlook: Outlook,
        rules: Rules,
        encrypted: bool,
        now: datetime,
    ) -> None:
        self._target_id = target_id
        self._courses = {each.course_id: each for each in courses}
        self._guards = {each.area: each for each in guards}
        self._stop = stop
        self._wanted = wanted
        self._force = force
        self._online = online
        self._catalogue = catalogue
        self._changes = changes
        self._targets = targets
        self._outlook = outlook
        self._rules = rules
        self._encrypted = encrypted
        self._now = now
        self._brought: set[Key] = set()
        self._pricing = Pricing(self._courses, {}, rules)
        self._spending = Spending()
        self._goes: Counter[Area] = Counter()
        self._left: Counter[Area] = Counter()

    async def preview(self, limit_bytes: int | None) -> Preview:
        """Tell what would go within some bytes, and what would not go and why."""
        pending = await self._outlook.pending(self._target_id, self._wanted)
        left_out = await self._left_out()
        enrolled = await self._outlook.enrolled(self._target_id)
        self._pricing = Pricing(self._courses, enrolled, self._rules)
        met = await self._targets.met(self._target_id)
        spending = self._spending = Spending(limit_bytes, encrypted=self._encrypted)
        held = sum(each.loss.held for each in self._guards.values())
        may_go = [each for each in pending if each.aside != _LATE]
        if not met or sum(each.count for each in may_go) > held:
            ready = {each.course_id for each in may_go} & self._courses.keys() - left_out.keys()
            others = await self._targets.synchronized(self._target_id)
            spending.take(1, self._pricing.contact(ready, await self._read(ready), others.keys()))
            for kind in plan.ORDER:
                async for slice_ in self._slices(kind, ready):
                    await self._take(kind, slice_)
        shares = self._shares(pending, left_out)
        return Preview(shares, spending.spent, spending.rest, met)

    async def _left_out(self) -> Mapping[int, Reason]:
        """Give the courses that would not go, as far as is known."""
        left_out = await self._outlook.left_out(self._target_id)
        if not self._force:
            return left_out
        return {id_: why for id_, why in left_out.items() if why.code is Code.COURSE_NOT_ONLINE}

    async def _read(self, ready: Collection[int]) -> Set[int]:
        """Give the courses whose contents are read: not as they were last."""
        read = set()
        for course_id in ready:
            kept = await self._targets.kept_contents(self._target_id, course_id)
            box = fingerprint(self._courses[course_id].course)
            if kept is None or not is_fresh(kept.kept, kept.kept.online, box, self._now):
                read.add(course_id)
        return read

    async def _slices(self, kind: Kind, ready: Collection[int]) -> AsyncIterator[list[Change]]:
        after: Key | None = None
        courses = (0,) if kind is Kind.PROFILE else ready
        while slice_ := await self._changes.next(
            self._target_id, kind, courses, after, self._rules.slice_changes, self._wanted
        ):
            self._stop.check()
            after = slice_[-1].key
            open_ = [c for c in slice_ if not self._is_held(c) and c.key not in self._brought]
            if open_:
                yield open_

    def _is_held(self, change: Change) -> bool:
        return guard.holds(change, self._guards)

    async def _take(self, kind: Kind, slice_: Sequence[Change]) -> None:
        """Price a slice with what it brings, and count what of it would go."""
        brought = await self._bring(slice_)
        own = [] if kind is Kind.ENROLMENT else slice_
        accounts = [step for step, _ in brought if isinstance(step, CreateAccount)]
        enrolments = [step for step, _ in brought if not isinstance(step, CreateAccount)]
        price = self._pricing.people(len(accounts)) + self._pricing.reads(kind, slice_)
        for steps in (accounts, enrolments, [self._pricing.step(change) for change in own]):
            price += self._online.cost(steps)
        fits = self._spending.take(len(slice_), price)
        served = {change.key.learner_id for change in slice_[:fits]}
        for number, change in enumerate(own):
            area = change.key.kind, change.key.course_id
            (self._goes if number < fits else self._left)[area] += 1
        for _, key in brought:
            count = self._goes if key.learner_id in served else self._left
            count[key.kind, key.course_id] += 1

    async def _bring(self, slice_: Sequence[Change]) -> list[tuple[Step, Key]]:
        """Give the accounts and enrolments that a slice needs, each once in a preview."""
        ids = {change.key.learner_id for change in slice_}
        known = await self._targets.accounts(self._target_id, ids)
        keys = [key for key in plan.account_keys(slice_) if key.learner_id not in known]
        keys += plan.enrolment_keys(slice_)
        wanted = [key for key in keys if key not in self._brought]
        pending = await self._changes.pending(self._target_id, wanted)
        learners = await self._catalogue.learners(ids)
        brought: list[tuple[Step, Key]] = []
        for key, change in pending.items():
            if change.aside is None and not self._is_held(change):
                self._brought.add(key)
                step = (
                    self._pricing.account(change, learners[key.learner_id])
                    if key.kind is Kind.ACCOUNT
                    else self._pricing.step(change)
                )
                brought.append((step, key))
        return brought

    def _shares(
        self, pending: Sequence[PendingCount], left_out: Mapping[int, Reason]
    ) -> tuple[Share, ...]:
        """Put together what goes and what waits, by course and kind."""
        by_area: dict[Area, list[PendingCount]] = defaultdict(list)
        for each in pending:
            by_area[each.kind, each.course_id].append(each)
        return tuple(self._share(area, found, left_out) for area, found in by_area.items())

    def _share(
        self, area: Area, pending: Sequence[PendingCount], left_out: Mapping[int, Reason]
    ) -> Share:
        kind, course_id = area
        goes, left = self._goes[area], self._left[area]
        late = sum(each.count for each in pending if each.aside == _LATE)
        rest = sum(each.count for each in pending if each.aside is None) - goes - left
        waits: list[tuple[Reason | None, int]] = [
            (each.aside, each.count) for each in pending if each.aside not in (None, _LATE)
        ]
        if area in self._guards:
            held = self._guards[area].loss.held
            waits.append((self._guards[area].reason, held))
            late, rest = late - max(0, held - rest), rest - held  # late as well: told once
        waits += [(_LATE, late), (left_out.get(course_id), rest)]
        known = self._courses.get(course_id)
        return Share(
            kind,
            known.course.shortname if known else "",
            goes,
            left,
            tuple(each for each in waits if each[1] > 0),
        )


_LATE = Reason(Code.LATE)
