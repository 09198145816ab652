"""The ledger under any clock: no month's allowance is spent twice, and nothing is forgotten."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beekeed.core import budget
from beekeed.core.budget import EARLIEST, Terms
from beekeed.core.model import Bytes, Category
from beekeed.errors import LinkDown
from beekeed.ports.ledger import Ledger
from beekeed.sqlite.ledger import SqliteLedger
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.store import Store
from tests.clock import FakeBoot, FakeClock, FakeTrust
from tests.ledger import MemoryLedger

LIMIT = 500
START = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """What happens next."""

    what: str
    number: int


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["spend", "hold", "wait", "wait long", "lose", "lose", "learn", "cut"]),
        st.sampled_from([50, 200, 310, 450, 500, 600]),
    ),
    min_size=8,
    max_size=30,
)


class Box:
    """A box with a true time that its clock may not know. Trusted, it tells the truth."""

    def __init__(self, store: Store | None) -> None:
        self.store = store
        self.now = START
        self.clock = FakeClock()
        self.trust = FakeTrust()
        self.boots = 0
        self.entry: int | None = None
        self.spent = 0
        self.months: set[date] = set()
        """Those that a trusted clock saw, and the one before any, if anything was spent then."""
        self.has_known = False
        self.since_learned: dict[date, int] = defaultdict(int)
        """By true month, what was spent and can be dated: its boot knows the time by now."""
        self.unsure: dict[date, int] = defaultdict(int)
        self.ledger = self.start()
        self.set_clock(START, trusted=True)

    def start(self) -> Ledger:
        """Start the machine."""
        self.boots += 1
        if self.store is None and self.boots > 1:
            assert isinstance(self.ledger, MemoryLedger)
            self.ledger._boot = FakeBoot(self.clock.monotonic, str(self.boots))
            return self.ledger
        boot = FakeBoot(self.clock.monotonic, str(self.boots))
        terms: Callable[[], Terms] = lambda: Terms(LIMIT)  # noqa: E731
        if self.store is None:
            return MemoryLedger(clock=self.clock, trust=self.trust, boot=boot, terms=terms)
        return SqliteLedger(
            store=self.store, clock=self.clock, trust=self.trust, boot=boot, terms=terms
        )

    def set_clock(self, time: datetime, *, trusted: bool) -> None:
        """Set the wall clock; the true time goes on as it was."""
        self.clock.set(time)
        self.trust.trusted = trusted
        if trusted:
            self.months.add(budget.month_of(time.date(), 1))
            for month, count in self.unsure.items():
                self.since_learned[month] += count
            self.unsure.clear()

    def wait(self, time: timedelta) -> None:
        """Let time pass, for both clocks."""
        self.now += time
        self.clock.time += time
        if self.trust.trusted:
            self.months.add(budget.month_of(self.now.date(), 1))

    async def do(self, step: Step) -> None:
        """Have something happen."""
        match step.what:
            case "spend":
                await self.hold(step.number)
                await self.settle(step.number)
            case "hold":
                await self.hold(step.number)
            case "wait":
                self.wait(timedelta(hours=step.number / 10))
            case "wait long":
                self.wait(timedelta(days=step.number / 20))
            case "lose":  # the battery: 1970, or some other time
                self.entry = None
                self.unsure.clear()
                self.wait(timedelta(days=step.number / 20))
                self.ledger = self.start()
                self.set_clock(START + timedelta(days=7 * (step.number - 300)), trusted=False)
            case "cut":
                self.entry = None
                self.unsure.clear()
                self.ledger = self.start()
            case "learn":
                self.set_clock(self.now, trusted=True)

    async def hold(self, most: int) -> None:
        """Ask for bytes, and have them all go out where that is granted."""
        try:
            if self.entry is not None:
                await self.settle(0)
            self.entry = await self.ledger.hold(None, Category.SYNC, None, Bytes(), most)
        except LinkDown:
            return
        self.spent += most
        self.has_known = self.has_known or self.trust.trusted
        if not self.has_known:
            self.months.add(budget.month_of(EARLIEST, 1))
        by_month = self.since_learned if self.trust.trusted else self.unsure
        by_month[budget.month_of(self.now.date(), 1)] += most
        self.most = most

    async def settle(self, _: int) -> None:
        """All that was held went out."""
        if self.entry is not None:
            await self.ledger.settle(self.entry, Bytes(self.most, 0))
            self.entry = None


async def live(steps: list[Step], store: Store | None) -> None:
    """Live through some steps, and see what must be true after each."""
    box = Box(store)
    for step in steps:
        await box.do(step)
        assert box.spent <= LIMIT * len(box.months), step
        if box.trust.trusted:
            left = await box.ledger.left()
            assert left is not None
            truth = box.since_learned[budget.month_of(box.now.date(), 1)]
            assert left <= max(0, LIMIT - truth), step


@settings(max_examples=300)
@given(STEPS)
def test_no_clock_gets_an_allowance_twice(steps: list[Step]) -> None:
    """Each month that a trusted clock saw is spent once, and the one before any; what can be
    dated counts in its own.
    """
    asyncio.run(live(steps, None))


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_nor_on_disk(steps: list[Step]) -> None:
    """The same, with the real ledger."""

    async def on_disk() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = await open_store(Path(folder) / "beekeed.sqlite")
            try:
                await live(steps, store)
            finally:
                await store.close()

    asyncio.run(on_disk())
