"""What a box holds of its learners beside their work: groups, profile fields, a badge.

The one rule: it follows from a seed of its own, so that it changes nothing of what else a seed
makes; and the rows are those of the device sample.
"""

import hashlib
import sqlite3
from random import Random

from beekeed.sandbox.database import insert, one, rows, value
from beekeed.sandbox.people import enrolled_learners, join, make_group
from beekeed.sandbox.profile_fields import add_field
from beekeed.sandbox.standard import ADMIN_ID

FIELD = "village"
"""The shortname of the profile field that the box and its online school have."""

_GROUPS = (("Class A", "Class B"), ("Équipe « bleue »", "Équipe rouge"), ("R & D",))
"""By course; a course more has the first ones again."""

_VILLAGES = ("Koulikoro", "Ségou", "Kati", "قرية", "N'Gouma", "Sikasso & env.")

_CLASSES = ("6e", "5e A", "5e B", "0")

_IN_A_GROUP, _IN_A_SECOND, _HAS_VILLAGE, _HAS_CLASS = 0.9, 0.1, 0.4, 0.3


def fill(db: sqlite3.Connection, *, seed: int, now: int) -> None:
    """Adds the groups of each course with their members, profiles, and one badge."""
    rng = Random(f"{seed} class book")
    courses = [row["id"] for row in rows(db, "SELECT id FROM mdl_course WHERE id <> 1 ORDER BY id")]
    for number, course in enumerate(courses):
        for name in _GROUPS[number % len(_GROUPS)]:
            make_group(db, course, name, now=now)
    add_field(db, FIELD, "Village")
    for learner in sorted({user for course in courses for user in enrolled_learners(db, course)}):
        seat(db, rng, learner, now=now)
    _award(db, courses[0], now)


def seat(db: sqlite3.Connection, rng: Random, learner: int, *, now: int) -> None:
    """Puts a learner into groups of their courses and fills in their profile, as it happens."""
    sql = (
        "SELECT DISTINCT e.courseid FROM mdl_user_enrolments ue "
        "JOIN mdl_enrol e ON e.id = ue.enrolid WHERE ue.userid = ? ORDER BY e.courseid"
    )
    for row in rows(db, sql, learner):
        _join_some(db, rng, row["courseid"], learner, now)
    if rng.random() < _HAS_VILLAGE:
        field = value(db, "SELECT id FROM mdl_user_info_field WHERE shortname = ?", FIELD)
        village = rng.choice(_VILLAGES)
        insert(db, "user_info_data", userid=learner, fieldid=field, data=village)
    if rng.random() < _HAS_CLASS:
        department = rng.choice(_CLASSES)
        sql = "UPDATE mdl_user SET institution = ?, department = ? WHERE id = ?"
        db.execute(sql, ("École 3 & 4", department, learner))


def _join_some(db: sqlite3.Connection, rng: Random, course: int, learner: int, now: int) -> None:
    """Mostly one group, here and there another one too, or none."""
    groups = rows(db, "SELECT id FROM mdl_groups WHERE courseid = ? ORDER BY id", course)
    if not groups or rng.random() >= _IN_A_GROUP:
        return
    rng.shuffle(groups)
    joined = groups[:2] if rng.random() < _IN_A_SECOND else groups[:1]
    for group in joined:
        join(db, group["id"], learner, now=now)


def _award(db: sqlite3.Connection, course: int, now: int) -> None:
    """A badge of a course, for who completed it first; for nobody where nobody has yet."""
    badge = insert(
        db, "badge", name="Starter", description="d", timecreated=now, timemodified=now,
        usercreated=ADMIN_ID, usermodified=ADMIN_ID, issuername="x", issuerurl="http://x",
        issuercontact="", type=2, courseid=course, message="m", messagesubject="s",
        notification=0, status=1, version="", language="en", imageauthorname="",
        imageauthoremail="", imageauthorurl="", imagecaption="",
    )  # fmt: skip
    sql = (
        "SELECT userid, timecompleted FROM mdl_course_completions "
        "WHERE course = ? AND timecompleted > 0 ORDER BY timecompleted, id"
    )
    first = one(db, sql, course)
    if first is not None:
        insert(
            db, "badge_issued", badgeid=badge, userid=first["userid"], visible=1,
            dateissued=first["timecompleted"],
            uniquehash=hashlib.sha1(f"{badge} {first['userid']}".encode()).hexdigest(),  # noqa: S324
        )  # fmt: skip
