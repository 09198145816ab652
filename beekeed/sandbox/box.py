"""Makes the database of a box: the school's courses restored on it, and three weeks of work.

The one rule: everything follows from the seed and `now`, row for row, and nothing is on the box
that its Moodle would not have written.
"""

import argparse
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from beekeed.sandbox import class_book, database, site
from beekeed.sandbox.backup import read_course
from beekeed.sandbox.content import add_course
from beekeed.sandbox.course import Course
from beekeed.sandbox.database import rows, value
from beekeed.sandbox.names import Name, learner_names
from beekeed.sandbox.people import enrol
from beekeed.sandbox.standard import SITE_ID
from beekeed.sandbox.work import add_total_grades, do, plan_work

_DAY = 86400
_IN_ALL_COURSES = 0.8


@dataclass(frozen=True)
class Work:
    """One new thing on a box, for people to read: a completion, or a new learner.

    `activity` is empty where a learner `joined`; `course` is then one of theirs.
    """

    learner: str
    activity: str
    course: str
    joined: bool = False


def make_box(
    path: Path,
    online: Path | Sequence[Course],
    *,
    now: int,
    seed: int,
    learners: int = 40,
    courses: int = 3,
    days: int = 21,
) -> None:
    """Makes a box's database at `path`, with courses of an online database or as described.

    The courses have the same shortnames, times, sections and activities as online, but other
    ids, and no idnumber (README, Courses). Learners worked in the school hours of the `days`
    that end at `now` (Unix seconds), more of it early than late. They are in groups, some have
    a village in their profile, who completed a course has that noted. Raises FileExistsError.
    """
    described = _described(online)[:courses]
    rng = Random(seed)
    arrived_at = now - (days + 7) * _DAY
    site.create(path, now=arrived_at, shortname="box", fullname="The box")
    with closing(database.connect(path)) as db, database.transaction(db):
        _burn_ids(db)
        course_ids = [add_course(db, course) for course in described]
        _add_teacher(db, course_ids, arrived_at)
        began_at = now - days * _DAY
        for name in _some(rng, learners):
            _add_learner(db, rng, name, course_ids, now=began_at - rng.randrange(_DAY))
        for event in plan_work(db, rng, began_at=began_at, now=now):
            do(db, event)
        add_total_grades(db, now)
        class_book.fill(db, seed=seed, now=began_at)


def _described(online: Path | Sequence[Course]) -> Sequence[Course]:
    if not isinstance(online, Path):
        return online
    with closing(database.connect(online)) as db:
        ids = [row["id"] for row in rows(db, "SELECT id FROM mdl_course WHERE id <> 1 ORDER BY id")]
        return [read_course(db, course_id) for course_id in ids]


def _burn_ids(db: sqlite3.Connection) -> None:
    """As if somebody had tried a course out and deleted it: no id is the same as online."""
    for table, last in (("course", 6), ("course_sections", 20), ("course_modules", 70)):
        name = f"mdl_{table}"
        db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))


def _add_teacher(db: sqlite3.Connection, courses: Sequence[int], now: int) -> None:
    teacher = site.add_user(
        db, username="teacher", firstname="Thérèse", lastname="Mbaye",
        email="teacher@box.local", now=now,
    )  # fmt: skip
    for course in courses:
        enrol(db, course, teacher, role="editingteacher", now=now)


def _some(rng: Random, count: int) -> list[Name]:
    names = learner_names(rng)
    return [next(names) for _ in range(count)]


def _add_learner(
    db: sqlite3.Connection, rng: Random, name: Name, courses: Sequence[int], *, now: int
) -> int:
    """Adds a learner to all courses, or to all but one; some have an idnumber."""
    number = 1 + int(value(db, "SELECT count(*) FROM mdl_user"))
    user = site.add_user(
        db, username=name.username, firstname=name.first, lastname=name.last,
        email=f"{name.username}@box.local", city=name.city, country=name.country,
        idnumber=f"S-{number:04d}" if rng.random() < 0.3 else "", now=now,
    )  # fmt: skip
    joined = list(courses)
    if len(joined) > 1 and rng.random() >= _IN_ALL_COURSES:
        joined.remove(rng.choice(joined))
    for course in joined:
        enrol(db, course, user, now=now)
    return user


def new_work(path: Path, now: int, rng: Random) -> Work:
    """Adds one believable bit of work to a box at `now` and says what it was.

    Mostly a learner completes an activity; sometimes, and when all is done, a new learner comes.
    """
    with closing(database.connect(path)) as db, database.transaction(db):
        pending = plan_work(db, rng, began_at=now, now=now, chance=1.0)
        if not pending or rng.random() < 0.1:
            return _welcome(db, rng, now)
        event = rng.choice(pending)
        do(db, event)
        return Work(_full_name(db, event.user), event.activity, event.course)


def _welcome(db: sqlite3.Connection, rng: Random, now: int) -> Work:
    taken = frozenset(row["username"] for row in rows(db, "SELECT username FROM mdl_user"))
    names = learner_names(rng, taken)
    for _ in range(rng.randrange(10)):
        next(names)
    sql = "SELECT id, fullname FROM mdl_course WHERE id <> ? AND visible = 1 ORDER BY id"
    courses = rows(db, sql, SITE_ID)
    user = _add_learner(db, rng, next(names), [row["id"] for row in courses], now=now)
    class_book.seat(db, rng, user, now=now)
    sql = (
        "SELECT c.fullname FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid "
        "JOIN mdl_course c ON c.id = e.courseid WHERE ue.userid = ? ORDER BY c.id"
    )
    return Work(_full_name(db, user), "", value(db, sql, user), joined=True)


def _full_name(db: sqlite3.Connection, user: int) -> str:
    sql = "SELECT firstname || ' ' || lastname FROM mdl_user WHERE id = ?"
    return str(value(db, sql, user))


def main(argv: Sequence[str]) -> int:
    """`beekeed sandbox-box`: makes a box's database with the courses of a sandbox online Moodle."""
    parser = argparse.ArgumentParser(prog="beekeed sandbox-box", description=main.__doc__)
    parser.add_argument("--database", type=Path, required=True, help="the file to make")
    parser.add_argument(
        "--online", type=Path, required=True, help="the database of `sandbox-online --create`"
    )
    parser.add_argument("--learners", type=int, default=40, metavar="N", help="how many (40)")
    parser.add_argument("--seed", type=int, default=1, help="another class (1)")
    options = parser.parse_args(argv)
    make_box(
        options.database,
        options.online,
        now=int(time.time()),
        seed=options.seed,
        learners=options.learners,
    )
    return 0
