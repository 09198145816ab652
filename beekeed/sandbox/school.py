"""Makes the database of the school's online Moodle, to which boxes bring their work.

The one rule: it is a site of its own, older than any box, with people and activities that no box
knows of.
"""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

from beekeed.sandbox import database, site
from beekeed.sandbox.class_book import FIELD
from beekeed.sandbox.content import add_activity, add_course
from beekeed.sandbox.course import Activity, standard_courses
from beekeed.sandbox.database import rows
from beekeed.sandbox.people import enrol, set_completion
from beekeed.sandbox.profile_fields import add_field
from beekeed.sandbox.service import add_service

_DAY = 86400
_MADE_DAYS_AGO, _CHANGED_DAYS_AGO, _EXTRA_DAYS_AGO = 200, 35, 9

_TEACHERS = (("aisha.bello", "Aïsha", "Bello"), ("paul.okafor", "Paul", "Okafor"))
_OTHERS = (
    ("pupil.kofi", "Kofi", "Mensah"),
    ("pupil.noor", "نور", "العلي"),
    ("pupil.jun", "俊", "张"),
)
_EXTRAS = (
    Activity("page", "News of the term", 1),
    Activity("choice", "Which day suits you?", 4),
)
"""Added online after the box got its copy: not tracked, not on the box."""


def make_online(path: Path, *, now: int, seed: int, token: str | None = None) -> str:
    """Makes the online site's database at `path` and answers the service's token.

    Three courses made months before `now` (Unix seconds) and changed weeks before it, with a
    later addition or two; a profile field as on the boxes; two teachers, three learners of
    another school; the service account with all that provision/target_service.php gives it. The
    school has switched the welcome mails of its courses off. Raises FileExistsError.
    """
    rng = Random(seed)
    made_at, changed_at = now - _MADE_DAYS_AGO * _DAY, now - _CHANGED_DAYS_AGO * _DAY
    token = token or secrets.token_hex(16)
    site.create(path, now=made_at - _DAY, shortname="school", fullname="Online school")
    with closing(database.connect(path)) as db, database.transaction(db):
        add_service(db, token=token, now=made_at)
        courses = [
            add_course(db, course, idnumber=course.shortname)
            for course in standard_courses(made_at, changed_at)
        ]
        add_field(db, FIELD, "Village")
        db.execute("UPDATE mdl_enrol SET customint1 = 0 WHERE enrol = 'manual'")
        for number, activity in enumerate(_EXTRAS):
            added_at = now - _EXTRA_DAYS_AGO * _DAY
            add_activity(db, courses[number], activity, now=added_at)
        _add_people(db, rng, courses, made_at)
    return token


def _add_people(db: sqlite3.Connection, rng: Random, courses: list[int], made_at: int) -> None:
    """Teachers of all courses, and learners of another school with some work of their own."""
    for username, first, last in _TEACHERS:
        teacher = _add(db, username, first, last, made_at)
        for course in courses:
            enrol(db, course, teacher, role="editingteacher", now=made_at)
    for username, first, last in _OTHERS:
        learner = _add(db, username, first, last, made_at + 30 * _DAY)
        for course in courses:
            enrol(db, course, learner, now=made_at + 30 * _DAY)
        _add_work(db, rng, learner, made_at)


def _add(db: sqlite3.Connection, username: str, first: str, last: str, now: int) -> int:
    email = f"{username}@school.example"
    return site.add_user(
        db, username=username, firstname=first, lastname=last, email=email, now=now
    )


def _add_work(db: sqlite3.Connection, rng: Random, learner: int, made_at: int) -> None:
    for row in rows(db, "SELECT id FROM mdl_course_modules WHERE completion <> 0 ORDER BY id"):
        if rng.random() < 0.3:
            at = made_at + rng.randrange(60, 160) * _DAY
            set_completion(db, row["id"], learner, 1, now=at)
