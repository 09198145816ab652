"""A box of the fleet: the daemon's loop, schedule and engine, on a store in memory.

The stores are the real ones on SQLite, whose file is in memory, and the box's Moodle is read
as always, from a file that all boxes share: they did the same. What is not real is the line,
which ends at the fleet's server, and the ledger, the trust in the clock and the slots, which
are the tests' own, held to the real ones elsewhere.
"""

import os
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosqlite

from beekeed.clock import Clock
from beekeed.core.budget import Terms
from beekeed.core.cycle import Phase
from beekeed.core.request import Request
from beekeed.core.schedule import Plan
from beekeed.engine import Engine, Policy, Schedule, Stores
from beekeed.loop import Loop
from beekeed.moodle.calls import Manner
from beekeed.moodle.device import SqlDevice
from beekeed.moodle.login import Login
from beekeed.moodle.online import MoodleWebServices
from beekeed.moodle.patience import Patience
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call, Json, encode, read
from beekeed.sqlite.catalogue import SqliteCatalogue
from beekeed.sqlite.changes import SqliteChanges
from beekeed.sqlite.days import SqliteDays
from beekeed.sqlite.floor import UsageFloor
from beekeed.sqlite.guard import SqliteGuards
from beekeed.sqlite.history import SqliteHistory
from beekeed.sqlite.journal import SqliteJournal
from beekeed.sqlite.outlook import SqliteOutlook
from beekeed.sqlite.store import PRAGMAS, Store
from beekeed.sqlite.targets import SqliteTargets
from tests.clock import FakeBoot
from tests.endurance.fleet.server import Server
from tests.endurance.fleet.site import ADDRESS, Site
from tests.engine.looping import NoArrival
from tests.engine.school import TOKEN, FakeRoute, NoMeter
from tests.engine.stepped import MemorySlots, SteppedTrust
from tests.ledger import MemoryLedger
from tests.line import paid_line

_LOOK_EVERY_SECONDS = 900


class Direct(aiosqlite.Connection):
    """A connection that asks SQLite at once, without a thread: a thousand would be too many."""

    def __init__(self, content: bytes) -> None:
        super().__init__(lambda: sqlite3.connect(":memory:"), 64)
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.deserialize(content)
        self._connection.row_factory = aiosqlite.Row
        for pragma in PRAGMAS:
            self._connection.execute(pragma)

    def content(self) -> bytes:
        """Give what the database holds."""
        return self._conn.serialize()

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return fn(*args, **kwargs)

    async def close(self) -> None:
        """Forget it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class ServerLine(Transport):
    """See Transport: requests and answers are the real ones, and what carries them is not."""

    def __init__(self, server: Server, site: Site, clock: Clock) -> None:
        super().__init__(address=ADDRESS, token=TOKEN, timeout_seconds=60, line=paid_line())
        self._server = server
        self._site = site
        self._clock = clock

    async def ask(self, call: Call) -> Json:
        """See Transport."""
        body = encode(call, TOKEN)
        status, headers, content = await self._server.request(
            lambda: self._site.answer(body, self._clock.now().timestamp())
        )
        return read(status, headers, content)


class FleetBox:
    """One box, and its site."""

    def __init__(
        self,
        *,
        school: Path,
        store: bytes,
        site: Site,
        server: Server,
        clock: Clock,
        patience: Patience,
        plan: Callable[[int], Plan],
        draw: int,
    ) -> None:
        self.site = site
        self._school = school
        self._server = server
        self._clock = clock
        self._trust = SteppedTrust(clock)  # type: ignore[arg-type]
        self._patience = patience
        self._plan = plan
        self._slots = MemorySlots(draw)
        self._connection = Direct(store)
        self._store = Store(
            self._connection,
            lock_fd=os.open(os.devnull, os.O_RDONLY),
            floor=UsageFloor(school.with_suffix(".floor")),
        )
        self._loop: Loop | None = None
        self._wanted: int | None = None
        self.in_at: datetime | None = None
        """Since when all that was wanted is online."""

    async def live(self, wanted: int | None) -> None:
        """Be on, until so many completions are online: then there is nothing more to see."""
        self._wanted = wanted
        engine = self._engine()
        self._loop = loop = Loop(
            engine=engine,
            schedule=Schedule(
                clock=self._clock,
                trust=self._trust,
                slots=self._slots,
                plan=self._plan,
                skip=engine.skip,
            ),
            clock=self._clock,
            route=FakeRoute(),
            arrival=NoArrival(),
            is_enabled=lambda: True,
            announce=self._look,
            look_every_seconds=_LOOK_EVERY_SECONDS,
        )
        await loop.run()

    def turn_off(self) -> None:
        """End the daemon."""
        if self._loop is not None:
            self._loop.stop()

    async def synchronize(self) -> None:
        """Have one sync, which nobody scheduled."""
        await self._engine().run(Request("test"), lambda _: None, lambda _: None)

    def store_content(self) -> bytes:
        """Give what its store holds."""
        return self._connection.content()

    async def close(self) -> None:
        """Forget it."""
        self.site.close()
        await self._store.close()

    def _look(self, phase: Phase) -> None:
        """See whether all is in, as soon as a run is over."""
        if phase is Phase.IDLE and self.in_at is None and self.site.completions() == self._wanted:
            self.in_at = self._clock.now()
            self.turn_off()

    def _engine(self) -> Engine:
        """Build the engine, as the daemon does."""
        clock, trust = self._clock, self._trust
        return Engine(
            clock=clock,
            device=SqlDevice(
                login=lambda: Login(kind="sqlite", path=str(self._school), prefix="mdl_"),
                learner_archetypes=("student",),
                statement_seconds=60,
            ),
            online=MoodleWebServices(
                transport=ServerLine(self._server, self.site, clock),
                clock=clock,
                patience=self._patience,
                max_input_vars=1000,
                learner_role="student",
                learner_role_id=5,
                manner=Manner,
            ),
            stores=stores(self._store),
            meter=NoMeter(),
            ledger=MemoryLedger(
                clock=clock, trust=trust, boot=FakeBoot(clock.monotonic), terms=Terms
            ),
            route=FakeRoute(),
            trust=trust,
            policy=lambda: Policy(holds_late=False),
            address=ADDRESS,
            token_digest=TOKEN,
            is_quiet=lambda: False,
        )


def stores(store: Store) -> Stores:
    """Give all stores on a database."""
    return Stores(
        catalogue=SqliteCatalogue(store=store),
        changes=SqliteChanges(store=store),
        targets=SqliteTargets(store=store),
        journal=SqliteJournal(store=store),
        history=SqliteHistory(store=store),
        guards=SqliteGuards(store=store),
        outlook=SqliteOutlook(store=store),
        days=SqliteDays(store=store),
    )
