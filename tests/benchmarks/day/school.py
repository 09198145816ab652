"""The school of the day: a box and its online Moodle, who are at one before it begins."""

import random
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from beekeed.sandbox import database, site
from beekeed.sandbox.content import add_course
from beekeed.sandbox.names import Name
from beekeed.sandbox.people import enrol, mark_assignment, set_completion
from beekeed.sandbox.people import grade as set_grade
from tests.benchmarks import calls
from tests.benchmarks.calls import Call, Plain
from tests.benchmarks.day import work
from tests.benchmarks.day.way import ADDRESS, Way
from tests.benchmarks.day.work import ESSAYS, SHORTNAME, Day
from tests.link.emulator import NET
from tests.system.world import World

_FIRST_ID = 20_000
_MADE_DAYS_AGO, _BEFORE_DAYS_AGO = 90, 3
_DAY = 86400

_USERS = "SELECT username, id FROM mdl_user"
_MODULES = """
    SELECT coalesce(p.name, q.name, a.name), cm.id FROM mdl_course_modules cm
      JOIN mdl_course c ON c.id = cm.course AND c.shortname = 'DAY'
      JOIN mdl_modules m ON m.id = cm.module
      LEFT JOIN mdl_page p ON m.name = 'page' AND p.id = cm.instance
      LEFT JOIN mdl_quiz q ON m.name = 'quiz' AND q.id = cm.instance
      LEFT JOIN mdl_assign a ON m.name = 'assign' AND a.id = cm.instance
"""


class NotArrived(Exception):
    """Not all that was done on the box is online; says what is missing."""


class School:
    """Both Moodles as the last sync left them. Every use begins there anew."""

    def __init__(self, folder: Path, way: Way, learners: int, seed: int) -> None:
        self.way = way
        self.seed = seed
        self.usernames = [name.username for name in work.people(learners, seed)]
        self._folder = folder
        self._base = folder / "base"
        self._bring_together(learners)

    def _bring_together(self, learners: int) -> None:
        """Have everybody known online, with what they did before the day."""
        self._base.mkdir()
        here = World(self._base, learners=0)
        made_at = int(time.time()) - _MADE_DAYS_AGO * _DAY
        with open_database(here.online) as db:
            # As on a site that is used: the next ids are of five digits, whatever they are of.
            db.execute("UPDATE sqlite_sequence SET seq = ?", (_FIRST_ID,))
            add_course(db, work.course(made_at))
        with open_database(here.box) as db:
            course = add_course(db, work.course(made_at))
            for name in work.people(learners, self.seed):
                add_learner(db, course, name, made_at)
            self._do_before(db)
        with self.running(here):
            here.start_daemon(inside=self.way.box)
            here.sync()
            see_all_arrived(here)

    def _do_before(self, db: sqlite3.Connection) -> None:
        """Have everybody have done one lesson, one quiz and one essay some days ago."""
        users, modules = dict(db.execute(_USERS)), dict(db.execute(_MODULES))
        lesson, quiz, essay = (modules[name] for name in work.BEFORE)
        at, rng = int(time.time()) - _BEFORE_DAYS_AGO * _DAY, random.Random(self.seed)
        for username in self.usernames:
            user = users[username]
            set_completion(db, lesson, user, 1, now=at)
            set_grade(db, quiz, user, rng.randrange(21) / 2, now=at)
            mark_assignment(db, essay, user, rng.randrange(21) / 2, "", now=at)

    @contextmanager
    def running(self, here: World) -> Iterator[None]:
        """Have the online Moodle run at the far end of the line, and end all that was started."""
        try:
            here.environment |= self.way.environment
            here.start_online(NET[0], inside=self.way.far, wwwroot=ADDRESS)
            port = int(here.address.rpartition(":")[2])
            here.address = ADDRESS
            with self.way.leading_to(port):
                yield
        finally:
            here.end()

    @contextmanager
    def at(self, day: Day) -> Iterator[World]:
        """Give both Moodles on the evening of a day: what was done is on the box alone."""
        folder = self._folder / "evening"
        folder.mkdir()
        here = World(folder, learners=0)
        for file in (here.box, here.online, here.token):
            shutil.copy(self._base / file.name, file)
        shutil.copytree(self._base / here.state.parent.name, here.state.parent)
        with open_database(here.box) as db:
            do(db, day, self.usernames, int(time.time()))
        try:
            with self.running(here):
                yield here
        finally:
            shutil.rmtree(folder)

    def calls(self, here: World, day: Day) -> Plain:
        """Give a day as single calls. Who makes them knows all ids, and reads nothing."""
        with open_database(here.online) as db:
            return list(_calls(db, day, self.usernames))


def see_all_arrived(here: World) -> None:
    """Compare both Moodles fact by fact. Raises NotArrived."""
    compared = here.compare()
    if not compared.verified:
        some = "; ".join(map(str, compared.differences[:3]))
        raise NotArrived(f"{len(compared.differences)} facts did not arrive: {some}")


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a Moodle's database for one transaction, and leave nothing beside its file."""
    with closing(database.connect(path)) as db:
        with database.transaction(db):
            yield db
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def add_learner(db: sqlite3.Connection, course: int, name: Name, now: int) -> None:
    """Add somebody to the box, and to a course there."""
    user = site.add_user(db, now=now, **_fields(name))
    enrol(db, course, user, now=now)


def _fields(name: Name) -> dict[str, str]:
    return {
        "username": name.username,
        "firstname": name.first,
        "lastname": name.last,
        "email": f"{name.username}@box.local",
        "city": name.city,
        "country": name.country,
    }


def do(db: sqlite3.Connection, day: Day, usernames: list[str], now: int) -> None:
    """Have all of a day happen on the box."""
    users, modules = dict(db.execute(_USERS)), dict(db.execute(_MODULES))
    (course,) = db.execute("SELECT id FROM mdl_course WHERE shortname = ?", (SHORTNAME,)).fetchone()
    for who, lesson in day.completions:
        set_completion(db, modules[lesson], users[usernames[who]], 1, now=now)
    for who, what, points in day.grades:
        user = users[usernames[who]]
        if what in ESSAYS:
            mark_assignment(db, modules[what], user, points, "", now=now)
        else:
            set_grade(db, modules[what], user, points, now=now)
    for name in day.newcomers:
        add_learner(db, course, name, now)
    for who, town in day.edits:
        sql = "UPDATE mdl_user SET city = ?, timemodified = ? WHERE username = ?"
        db.execute(sql, (town, now, usernames[who]))


def _calls(db: sqlite3.Connection, day: Day, usernames: list[str]) -> Iterator[Call]:
    users: Mapping[str, int] = dict(db.execute(_USERS))
    modules = dict(db.execute(_MODULES))
    essays = dict(db.execute("SELECT name, id FROM mdl_assign"))
    (course,) = db.execute("SELECT id FROM mdl_course WHERE shortname = ?", (SHORTNAME,)).fetchone()
    (student,) = db.execute("SELECT id FROM mdl_role WHERE shortname = 'student'").fetchone()
    for name in day.newcomers:
        yield calls.create(_fields(name) | {"password": "Aa1!" + name.username})
        yield calls.enrol(course, f"@{name.username}", student)
    for who, lesson in day.completions:
        yield calls.complete(users[usernames[who]], modules[lesson])
    for who, what, points in day.grades:
        user = users[usernames[who]]
        if what in ESSAYS:
            yield calls.grade_assignment(essays[what], user, points)
        else:
            yield calls.grade_quiz(course, modules[what], user, points)
    for who, town in day.edits:
        yield calls.move(users[usernames[who]], town)
