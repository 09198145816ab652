"""One world: a box, an online Moodle behind a bad line, and the engine, which may be cut off.

The three databases are copied from templates that are made once, onto a file system in
memory where there is one: what a power cut leaves of them is what the files hold at that
moment (that SQLite keeps what it committed is shown by tests/adapters/test_store.py).
"""

import asyncio
import logging
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

from beekeed.core.model import RunStatus
from beekeed.core.request import Request
from beekeed.engine import reading
from beekeed.moodle.transport import Transport
from beekeed.ports.stores import RunDetails
from beekeed.sandbox.course import Activity, page
from beekeed.sandbox.parameters import Contract, read_contract
from beekeed.sandbox.people import make_group
from beekeed.sandbox.service import add_service
from beekeed.sandbox.site import set_config
from beekeed.sqlite.opening import open_store
from tests.clock import START, FakeClock, FakeTrust
from tests.engine.histories.children import Child, Children
from tests.engine.histories.facts import Fact, Held, Reader
from tests.engine.histories.line import HOST, Line, Weather
from tests.engine.histories.steps import PowerCut, stepping
from tests.engine.histories.watch import Watch
from tests.engine.school import MADE, MATHS, SCIENCE, TOKEN, School, Side

ESSAY = Activity("assign", "Essay", 2, grade=100.0)
MORE_PAGES = ("Halves", "Thirds", "Quarters")
GROUPS = ("Red", "Blue")
PUPILS = tuple(f"pupil{number}" for number in range(3))
SOMEBODY = ("pupil2", "Zoé", "Martin")
"""Who has a pupil's username or address online, and is somebody else."""
_RUNS = 4
"""So many runs at most until there is nothing left to write: one may find mended what it needs."""


class LinedSchool(School):
    """A school whose engine reaches the online Moodle by a line."""

    line: Line

    def transport(self) -> Transport:
        """See School."""
        return self.line


@dataclass
class Plan:
    """What is to happen in one run: to its requests, and at its waits by number.

    `since`: waits are counted as soon as so many requests that write have gone out.
    """

    weather: Weather = field(default_factory=Weather)
    since: int = 0
    cut: int | None = None
    stop: int | None = None
    meanwhile: tuple[int, Callable[[], None]] | None = None


class _Hidden(logging.Handler):
    """Takes it for a broken rule that the engine found what digests hid, which do not lie here."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.WARNING)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        self._watch.broken.append(record.getMessage())


class World:
    """Both sides, the line between them, the engine, and the watch over all of it."""

    def __init__(self, templates: Path, folder: Path) -> None:
        self._folder = folder
        for path in templates.glob("*.sqlite"):
            shutil.copy(path, folder)
        self.box, self.online = (Side(folder / f"{name}.sqlite") for name in ("box", "online"))
        self.kept: sqlite3.Connection | None = None
        self.kept_children: dict[str, Child] = {}
        self.clock = FakeClock()
        self.trust = FakeTrust(self.clock)
        self.children = Children()
        for username in PUPILS:
            self.children.add(username, *name_of(username))
        self.watch = Watch(self.online.db, self.children)
        self._hidden = _Hidden(self.watch)
        logging.getLogger(reading.__name__).addHandler(self._hidden)
        self._box_reader = Reader(self.box.db)
        self.line = self._new_line()
        self.modules = {name: id_ for id_, name in self.watch.reader.modules.items()}
        self.touched_by_people: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.runs: list[str] = []
        self.started = 0

    def _new_line(self) -> Line:
        line = Line(self.online.db, _contract(), TOKEN)
        line.now = int(START.timestamp()) + 100_000 * len(getattr(self, "runs", ()))
        line.witness, line.dispute = self.watch.witness, self.watch.dispute
        return line

    async def start(self) -> None:
        """Start the engine on what our database holds now."""
        store = await open_store(self._folder / f"beekeed{self.started}.sqlite")
        self.here = LinedSchool(self.box, self.online, store, f"http://{HOST}")
        self.here.clock, self.here.trust = self.clock, self.trust
        self.here.line = self.line = self._new_line()
        self.here.holds_late = True
        await self.here.history.close_interrupted(self.clock.now())

    async def end(self) -> None:
        """Close everything."""
        logging.getLogger(reading.__name__).removeHandler(self._hidden)
        await self.here.store.close()
        self.box.close()
        self.online.close()
        if self.kept is not None:
            self.kept.close()

    # What there is

    def now(self) -> int:
        """The box's time in Unix seconds."""
        return int(self.clock.now().timestamp())

    def hear(self) -> None:
        """Note what the box says now."""
        self.children.hear(self._box_reader.read())

    def box_work(self) -> Iterator[tuple[Child, Fact, Held]]:
        """Give what the box says now, by child."""
        return self.children.work(self._box_reader.read())

    def course_of(self, fact: Fact) -> str:
        """The course that a fact is of; empty where it is of none."""
        if fact.kind == "enrolment":
            return fact.part
        return "MATHS" if fact.part in GROUPS else self._box_reader.course_of.get(fact.part, "")

    def is_enrolled(self, user: int, course: str) -> bool:
        """Whether somebody on the box has an enrolment there in a course; in any for none."""
        sql = (
            "SELECT 1 FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid"
            " JOIN mdl_course c ON c.id = e.courseid WHERE ue.userid = ?"
            " AND (c.shortname = ? OR ? = '')"
        )
        return bool(self.box.sql(sql, user, course, course))

    def extra_page(self) -> Activity:
        """A page that the box does not have."""
        return page(f"Extra {self.touched_by_people['edit_course']}", 1)

    def take(self, what: str) -> None:
        """Have somebody else online have the username or the email address of a pupil."""
        username, *names = SOMEBODY
        if what == "username":
            self.online.person(username, *names, city="Paris")
        else:
            self.online.person("somebody", *names, email=self._email(username))
        self.watch.people_did()

    def is_address_taken(self, username: str) -> bool:
        """Whether anybody online has the email address of somebody on the box."""
        email = "SELECT 1 FROM mdl_user WHERE email = ?"
        return bool(self.online.sql(email, self._email(username)))

    def _email(self, username: str) -> str:
        sql = "SELECT email FROM mdl_user WHERE username = ? AND deleted = 0"
        return str(self.box.one(sql, username))

    # Runs

    async def sync(self, request: Request, plan: Plan, settings: Callable[[School], None]) -> None:
        """Run the engine once, with all that is planned to happen to it."""
        settings(self.here)
        self.clock.time += timedelta(hours=1)
        self.hear()
        self.watch.begin_run()
        line = self.line
        line.change(plan.weather)
        store, path = self.here.store, self._store_path()
        try:
            self.runs.append(await self._run(request, plan))
        except PowerCut:
            self.runs.append("cut")
            self.faults["power cut"] += 1
            await store.close()
            for each in path.parent.glob(f"{path.name}*"):
                each.unlink()
            await self.start()
        line.arrive()
        self.faults.update(line.met)
        line.met.clear()
        assert not self.watch.broken, self.watch.broken

    def _store_path(self) -> Path:
        return self._folder / f"beekeed{self.started}.sqlite"

    async def _run(self, request: Request, plan: Plan) -> str:
        engine = self.here.engine()

        def stop() -> None:
            self.faults["stop"] += 1
            engine.stop()

        at = {plan.stop: stop} if plan.stop is not None else {}
        if plan.meanwhile is not None:
            at[plan.meanwhile[0]] = plan.meanwhile[1]
        run = engine.run(request, lambda _: None, lambda _: None)
        counts = self.line.sent
        return str(
            await stepping(run, at, plan.cut, self._lose_power, lambda: counts() >= plan.since)
        )

    def _lose_power(self) -> None:
        """Keep what our database's files hold now; nothing that comes later is in them."""
        self.line.is_dead = True
        before = self._store_path()
        self.started += 1
        for suffix in ("", "-wal"):
            path = Path(f"{before}{suffix}")
            if path.exists():
                shutil.copy(path, Path(f"{self._store_path()}{suffix}"))

    # When everything is quiet

    async def calm_down(self) -> RunDetails:
        """Have the line mended and the clock right, and sync until nothing is left to do."""
        self.trust.trusted = True
        self.clock.set(START + timedelta(days=400))
        for _ in range(_RUNS):
            self.watch.writes.clear()
            last = await self._quiet(Request(force=True))
            if not self.watch.writes:
                return last
        raise AssertionError(f"it comes to no rest: {self.watch.writes}")

    async def _quiet(self, request: Request) -> RunDetails:
        await self.sync(request, Plan(), lambda _: None)
        (last,) = await self.here.history.recent(1)
        reason = last.reason.code if last.reason else None
        assert last.status is not RunStatus.ERROR or reason == "no_course_matched", last
        details = await self.here.history.details(last.event_id)
        assert details is not None
        return details


def name_of(username: str) -> tuple[str, str]:
    """The first and last name of a pupil of the beginning."""
    return "Pupil", f"Of{username}"


@cache
def _contract() -> Contract:
    return read_contract()


def make_templates(folder: Path) -> None:
    """Make the three databases that every history begins with."""
    online = Side(folder / "online.sqlite", (MATHS, SCIENCE))
    box = Side(folder / "box.sqlite", (SCIENCE, MATHS), spare_ids=3)
    for side in (online, box):
        side.add("MATHS", ESSAY)
        for name in MORE_PAGES:
            side.add("MATHS", page(name, 1))
    for username in PUPILS:
        box.learner(username, *name_of(username), "MATHS", "SCIENCE")
    online.learner("pupil0", *name_of("pupil0"), "MATHS")
    for group in GROUPS:
        make_group(box.db, box.course("MATHS"), group, now=MADE)
    db = online.db
    add_service(db, token=TOKEN, now=MADE)
    set_config(db, "wwwroot", f"http://{HOST}")
    for side in (online, box):
        side.close()

    async def empty() -> None:
        await (await open_store(folder / "beekeed0.sqlite")).close()

    asyncio.run(empty())


def memory() -> str | None:
    """A file system in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
