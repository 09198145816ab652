"""A small school for the engine's tests: a box, an online Moodle, and the engine between them.

Both Moodles are sandbox databases, changed by plain SQL; the engine runs in the
test's own process on the real adapters, with a clock that the test sets.
"""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from beekeed.core.budget import Terms
from beekeed.core.cycle import Event, Phase, advance
from beekeed.core.model import Bytes, Charge, RunStatus
from beekeed.core.request import Request
from beekeed.engine import Engine, FactRules, Policy, Rules, Stores
from beekeed.moodle import functions
from beekeed.moodle.calls import Manner
from beekeed.moodle.device import SqlDevice
from beekeed.moodle.login import Login
from beekeed.moodle.online import MoodleWebServices
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.device import DeviceMoodle
from beekeed.ports.link import Meter
from beekeed.ports.stores import RunDetails
from beekeed.sandbox import database, site
from beekeed.sandbox.content import add_activity, add_course
from beekeed.sandbox.course import Activity, Course, page
from beekeed.sandbox.online import SandboxOnline
from beekeed.sandbox.people import enrol, set_completion
from beekeed.sandbox.people import grade as set_grade
from beekeed.sandbox.service import add_service
from beekeed.sqlite.catalogue import SqliteCatalogue
from beekeed.sqlite.changes import SqliteChanges
from beekeed.sqlite.days import SqliteDays
from beekeed.sqlite.guard import SqliteGuards
from beekeed.sqlite.history import SqliteHistory
from beekeed.sqlite.journal import SqliteJournal
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.outlook import SqliteOutlook
from beekeed.sqlite.store import Store
from beekeed.sqlite.targets import SqliteTargets
from tests.clock import START, FakeBoot, FakeClock, FakeTrust
from tests.ledger import MemoryLedger
from tests.line import paid_line

TOKEN = "0123456789abcdef0123456789abcdef"
MADE = int(START.timestamp()) - 90 * 86400
BEFORE = START - timedelta(days=10)

MATHS = Course(
    shortname="MATHS",
    fullname="Mathematics",
    created_at=MADE,
    modified_at=MADE + 86400,
    sections=("", "", ""),
    activities=(
        Activity("forum", "Announcements", 0),
        page("Numbers", 1),
        page("Fractions", 1),
        Activity("quiz", "Test", 2, completion=2, receive_grade=True, grade=10.0),
        Activity("page", "By hand", 2, completion=1),
    ),
)
SCIENCE = Course(
    shortname="SCIENCE",
    fullname="Science",
    created_at=MADE,
    modified_at=MADE + 86400,
    sections=("", ""),
    activities=(page("Water", 1), page("Air", 1)),
)


class FakeRoute:
    """What says whether there is a way to the online Moodle."""

    def __init__(self) -> None:
        self.up = True

    def is_up(self) -> bool:
        """See Route."""
        return self.up


class NoMeter:
    """A meter that counts nothing; bytes have tests of their own."""

    charged_by = Charge.SYNC

    def begin(self, run_id: int) -> "NoMeter":
        """See Meter."""
        return self

    def so_far(self) -> Bytes:
        """See Measurement."""
        return Bytes()

    def of_line(self) -> Bytes:
        """See Measurement."""
        return Bytes()


class Side:
    """One of the two Moodles, by SQL. Its database stays open, as a test asks it hundreds of times.

    `courses`: make it, with these; None: it is there.
    """

    def __init__(
        self, path: Path, courses: tuple[Course, ...] | None = None, *, spare_ids: int = 0
    ) -> None:
        self.path = path
        self._db: sqlite3.Connection | None = None
        if courses is not None:
            path.write_bytes(_site(courses, spare_ids))

    @property
    def db(self) -> sqlite3.Connection:
        """The database; each statement commits by itself."""
        if self._db is None:
            self._db = database.connect(self.path)
        return self._db

    def close(self) -> None:
        """Close the database, at the end or before its file is replaced."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def sql(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement."""
        return [tuple(row) for row in self.db.execute(text, values).fetchall()]

    def one(self, text: str, *values: object) -> Any:
        """Give the first value that a query finds, or None."""
        rows = self.sql(text, *values)
        return rows[0][0] if rows else None

    def course(self, shortname: str) -> int:
        """A course's id."""
        return int(self.one("SELECT id FROM mdl_course WHERE shortname = ?", shortname))

    def module(self, name: str) -> int:
        """The course module id of the page, quiz or assignment of that name."""
        return int(
            self.one(
                "SELECT cm.id FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module"
                " LEFT JOIN mdl_page p ON m.name = 'page' AND p.id = cm.instance"
                " LEFT JOIN mdl_quiz q ON m.name = 'quiz' AND q.id = cm.instance"
                " LEFT JOIN mdl_assign a ON m.name = 'assign' AND a.id = cm.instance"
                " WHERE coalesce(p.name, q.name, a.name) = ?",
                name,
            )
        )

    def user(self, username: str) -> int:
        """An account's id."""
        return int(self.one("SELECT id FROM mdl_user WHERE username = ?", username))

    def person(self, username: str, first: str, last: str, **fields: Any) -> int:
        """Add an account."""
        values = {"email": f"{username}@example.org"} | fields
        return site.add_user(
            self.db, username=username, firstname=first, lastname=last, now=MADE, **values
        )

    def enrol(self, username: str, *shortnames: str, **how: Any) -> None:
        """Enrol somebody in courses: as a student, manually and active unless told."""
        for shortname in shortnames:
            enrol(self.db, self.course(shortname), self.user(username), now=MADE, **how)

    def learner(self, username: str, first: str, last: str, *shortnames: str) -> int:
        """Add an account and enrol it."""
        user = self.person(username, first, last)
        self.enrol(username, *shortnames)
        return user

    def complete(self, username: str, activity: str, state: int = 1, at: datetime = BEFORE) -> None:
        """Set somebody's completion of an activity."""
        now = int(at.timestamp())
        set_completion(self.db, self.module(activity), self.user(username), state, now=now)

    def state(self, username: str, activity: str) -> int | None:
        """Somebody's completion of an activity; None where there is no row."""
        state: int | None = self.one(
            "SELECT completionstate FROM mdl_course_modules_completion"
            " WHERE coursemoduleid = ? AND userid = ?",
            self.module(activity),
            self.user(username),
        )
        return state

    def grade(
        self,
        username: str,
        activity: str,
        grade: float,
        comment: str | None = None,
        at: datetime = BEFORE,
    ) -> None:
        """Set somebody's grade in an activity with one grade item."""
        now = int(at.timestamp())
        set_grade(
            self.db, self.module(activity), self.user(username), grade, now=now, feedback=comment
        )

    def add_item(self, course: str, modname: str, name: str, number: int, highest: float) -> None:
        """Add a grade item to an activity."""
        instance = self.one(f"SELECT id FROM mdl_{modname} WHERE name = ?", name)
        database.insert(
            self.db, "grade_items", courseid=self.course(course), itemtype="mod",
            itemmodule=modname, iteminstance=instance, itemnumber=number, itemname=name,
            gradetype=1, grademax=highest, grademin=0,
        )  # fmt: skip

    def grade_item(self, username: str, name: str, number: int, grade: float) -> None:
        """Set somebody's grade in one of an activity's grade items, found by the item's name."""
        row = self.sql(
            "SELECT id, grademax FROM mdl_grade_items WHERE itemname = ? AND itemnumber = ?",
            name,
            number,
        )[0]
        database.insert(
            self.db, "grade_grades", itemid=row[0], userid=self.user(username), rawgrade=grade,
            rawgrademax=row[1], finalgrade=grade, timemodified=MADE + 86400 * 80,
        )  # fmt: skip

    def grades(self, username: str, name: str) -> list[tuple[int, float]]:
        """Somebody's final grades in the items of an activity, found by its name."""
        return [
            (int(number), float(grade))
            for number, grade in self.sql(
                "SELECT i.itemnumber, g.finalgrade FROM mdl_grade_grades g"
                " JOIN mdl_grade_items i ON i.id = g.itemid AND i.itemtype = 'mod'"
                " WHERE g.userid = ? AND g.finalgrade IS NOT NULL AND (i.itemname = ? OR"
                " i.iteminstance IN (SELECT id FROM mdl_quiz WHERE name = ?)"
                " AND i.itemmodule = 'quiz') ORDER BY 1",
                self.user(username),
                name,
                name,
            )
        ]

    def add(self, course: str, activity: Activity) -> int:
        """Add an activity to a course."""
        return add_activity(self.db, self.course(course), activity, now=MADE)


@cache
def _site(courses: tuple[Course, ...], spare_ids: int) -> bytes:
    """The database of a site with these courses and nobody in them, made once.

    `spare_ids`: so many accounts more, so that no id is the same on both sides.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "site.sqlite"
        site.create(path, now=MADE - 86400)
        side = Side(path)
        for number in range(spare_ids):
            side.person(f"spare{number}", "Spare", str(number))
        for course in courses:
            add_course(side.db, course)
        side.close()
        return path.read_bytes()


class School:
    """Both sides and the engine."""

    def __init__(self, box: Side, online: Side, store: Store, address: str) -> None:
        self.box = box
        self.online = online
        self.store = store
        self.address = address
        self.clock = FakeClock()
        self.rules = Rules()
        self.fact_rules = FactRules()
        self.manner = Manner()
        self.token = TOKEN
        self.batch_calls = 100
        self.quiet = False
        self.meter: Meter = NoMeter()
        self.route = FakeRoute()
        self.audit_bytes = 0
        self.trust = FakeTrust(self.clock)
        self.judge: ClockTrust | None = None
        """What judges the clock in its place."""
        self.terms = Terms()
        """What the line may cost."""
        self.ledger = MemoryLedger(
            clock=self.clock,
            trust=self.trust,
            boot=FakeBoot(self.clock.monotonic),
            terms=lambda: self.terms,
        )
        self.holds_late = False
        """Work here is mostly dated BEFORE, whenever it is done."""
        self.device: DeviceMoodle = SqlDevice(
            login=lambda: Login(kind="sqlite", path=str(box.path), prefix="mdl_"),
            learner_archetypes=("student",),
            statement_seconds=60,
        )
        self.changes = SqliteChanges(store=store)
        self.history = SqliteHistory(store=store)
        self.targets = SqliteTargets(store=store)
        self.guards = SqliteGuards(store=store)
        self.days = SqliteDays(store=store)
        self.stores = Stores(
            catalogue=SqliteCatalogue(store=store),
            changes=self.changes,
            targets=self.targets,
            journal=SqliteJournal(store=store),
            history=self.history,
            guards=self.guards,
            outlook=SqliteOutlook(store=store),
            days=self.days,
        )

    async def sync(self, request: Request | None = None) -> RunDetails:
        """Run the engine once; gives what it recorded."""
        self.clock.time += timedelta(hours=1)
        phase = Phase.IDLE
        ids: list[str] = []

        def report(event: Event) -> None:
            nonlocal phase
            phase = advance(phase, event)

        status, _ = await self.engine().run(request or Request("test"), ids.append, report)
        assert phase is Phase.IDLE
        details = await self.history.details(ids[0])
        assert details is not None
        assert details.run.status is status
        return details

    def engine(self) -> Engine:
        """Build the engine, as a start of the daemon would."""
        return Engine(
            clock=self.clock,
            device=self.device,
            is_quiet=lambda: self.quiet,
            online=MoodleWebServices(
                transport=self.transport(),
                clock=self.clock,
                max_input_vars=5 + 3 * self.batch_calls,
                learner_role="student",
                learner_role_id=5,
                manner=lambda: self.manner,
            ),
            stores=self.stores,
            meter=self.meter,
            ledger=self.ledger,
            route=self.route,
            trust=self.judge or self.trust,
            policy=lambda: Policy(
                fact_rules=self.fact_rules,
                rules=self.rules,
                audit_bytes=self.audit_bytes,
                holds_late=self.holds_late,
            ),
            address=self.address,
            token_digest=self.token,
        )

    def transport(self) -> Transport:
        """Give the way to the online Moodle."""
        return Transport(
            address=self.address,
            token=self.token,
            timeout_seconds=10,
            line=paid_line(self.ledger),
            trust=self.judge or self.trust,
        )

    @contextmanager
    def untracked_when_read(self, activity: str) -> Iterator[None]:
        """Have a teacher untrack an activity online just before completions are read there."""
        here = self

        class Edited(Transport):
            async def ask(self, call: Call) -> Any:
                if functions.COMPLETIONS in str(call):
                    here.track(activity, 0)
                return await super().ask(call)

        self.transport = lambda: Edited(  # type: ignore[method-assign]
            address=self.address, token=self.token, timeout_seconds=10, line=paid_line(self.ledger)
        )
        yield
        del self.transport
        self.track(activity, 2)

    def track(self, activity: str, tracking: int) -> None:
        """Set an activity's completion tracking online: 0 is none, 2 is by conditions."""
        sql = "UPDATE mdl_course_modules SET completion = ? WHERE id = ?"
        self.online.sql(sql, tracking, self.online.module(activity))

    @contextmanager
    def counting(self) -> Iterator[Counter[str]]:
        """Count the calls that the online Moodle gets, by function."""
        self.online.sql("DELETE FROM sandbox_request")
        counted: Counter[str] = Counter()
        yield counted
        asked = "SELECT function, count(*) FROM sandbox_request GROUP BY 1"
        counted.update(dict(self.online.sql(asked)))

    async def completed(self) -> RunDetails:
        """Run the engine once and see it complete."""
        details = await self.sync()
        assert details.run.status is RunStatus.COMPLETED, details
        return details

    async def aside(self) -> list[tuple[str, str, str]]:
        """What is set aside: username, kind, code."""
        rows = await self.store.rows(
            "SELECT username, kind.name, aside_code FROM change JOIN kind ON kind.id = kind"
            " JOIN learner ON learner.id = learner_id WHERE aside_code IS NOT NULL"
            " ORDER BY username, kind"
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def waiting(self) -> int:
        """How many changes are pending, for any target."""
        row = await self.store.row("SELECT count(*) FROM change")
        assert row is not None
        return int(row[0])


def counts(details: RunDetails) -> dict[tuple[str, str], int]:
    """What a run did, by kind and verdict."""
    found: dict[tuple[str, str], int] = {}
    for action in details.actions:
        key = (str(action.kind), action.verdict)
        found[key] = found.get(key, 0) + action.count
    return found


def forbid(here: School, capability: str, course: str) -> None:
    """Take a capability from the service account in one course."""
    context = here.online.one(
        "SELECT id FROM mdl_context WHERE contextlevel = 50 AND instanceid = ?",
        here.online.course(course),
    )
    role = here.online.one("SELECT id FROM mdl_role WHERE shortname = 'beekeesync'")
    here.online.sql(
        "INSERT INTO mdl_role_capabilities"
        " (contextid, roleid, capability, permission, timemodified, modifierid)"
        " VALUES (?, ?, ?, -1000, 0, 2)",
        context,
        role,
        capability,
    )


@asynccontextmanager
async def school(folder: Path) -> AsyncIterator[School]:
    """Make a school with two courses on both sides and nobody in them."""
    online = Side(folder / "online.sqlite", (MATHS, SCIENCE))
    add_service(online.db, token=TOKEN, now=MADE)
    server = SandboxOnline(online.path)
    address = await server.start()
    store = await open_store(folder / "beekeed.sqlite")
    box = Side(folder / "box.sqlite", (SCIENCE, MATHS), spare_ids=20)
    try:
        yield School(box, online, store, address)
    finally:
        box.close()
        await store.close()
        await server.stop()
        online.close()
