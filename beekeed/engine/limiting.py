"""What a run does at the data limit: what may wait gives way, and the rest is counted."""

from collections import Counter
from collections.abc import Collection, Sequence

from beekeed.core import plan
from beekeed.core.model import Kind, Reason
from beekeed.core.request import Wanted
from beekeed.errors import BeekeedError, Code
from beekeed.ports.guard import Guard
from beekeed.ports.ledger import Ledger
from beekeed.ports.outlook import Outlook
from beekeed.ports.stores import History

_OF_LIMIT = frozenset({Code.LIMIT_REACHED, Code.LIMIT_PACED})


def is_of_limit(error: BeekeedError) -> bool:
    """Tell whether a run was ended by the data limit."""
    return error.code in _OF_LIMIT


class Limiter:
    """The data limit, for one run."""

    def __init__(
        self, *, run_id: int, ledger: Ledger, outlook: Outlook, history: History, wanted: Wanted
    ) -> None:
        self._run_id = run_id
        self._ledger = ledger
        self._outlook = outlook
        self._history = history
        self._wanted = wanted
        self.kept_back = False
        """Whether anything had to wait that may, so that enough is left for the rest."""
        self.guards: Sequence[Guard] = ()
        """What waits for a person's answer, and so not for the limit."""

    async def has_room(self) -> bool:
        """Tell whether what may wait may use the line.

        Also where nothing is left at all: the first request tells that, with its reason.
        """
        if await self._ledger.left(extra=True) != 0:
            return True
        return await self._ledger.left() == 0

    async def keeps_back(self, kind: Kind) -> bool:
        """Tell whether changes of a kind wait now, and remember that they do."""
        if kind in plan.EXTRA and not await self.has_room():
            self.kept_back = True
            return True
        return False

    async def valuable(self, target_id: int, courses: Collection[int]) -> Collection[int]:
        """Give those of some courses that are worth being matched now."""
        if await self.has_room():
            return courses
        pending = await self._outlook.pending(target_id, self._wanted)
        worth = {e.course_id for e in pending if e.kind not in plan.EXTRA and e.aside is None}
        self.kept_back = self.kept_back or not worth.issuperset(courses)
        return [course_id for course_id in courses if course_id in worth]

    async def has_only_extra(self, target_id: int) -> bool:
        """Tell whether all that was to go may wait, and has to; what waits is noted."""
        if await self.has_room() or await self._waiting(target_id, plan.ACHIEVED):
            return False
        return await self.note_waiting(target_id, plan.EXTRA, RESERVED)

    async def note_waiting(self, target_id: int, kinds: Collection[Kind], reason: Reason) -> bool:
        """Note in the run how much of some kinds was to go and waits; tells whether any does."""
        counts = await self._waiting(target_id, kinds)
        for kind, count in counts.items():
            await self._history.unsent(self._run_id, kind, reason, count)
        return bool(counts)

    async def _waiting(self, target_id: int, kinds: Collection[Kind]) -> Counter[Kind]:
        left_out = await self._outlook.left_out(target_id)
        counts: Counter[Kind] = Counter()
        for each in await self._outlook.pending(target_id, self._wanted):
            if each.aside is None and each.kind in kinds and each.course_id not in left_out:
                counts[each.kind] += each.count
        for guard in self.guards:
            counts[guard.kind] -= guard.loss.held
        return +counts


RESERVED = Reason(Code.LIMIT_RESERVED)
