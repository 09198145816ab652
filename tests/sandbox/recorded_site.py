"""Builds sites like the ones that were recorded, so that the recorded ids fit.

The facts are those of provision/target_courses.php: three courses, their activities in the order
of their ids; earlier attempts had burnt some ids of the first recording.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from beekeed.sandbox import database, site
from beekeed.sandbox.content import add_activity, add_empty_course
from beekeed.sandbox.course import Activity, page
from beekeed.sandbox.database import insert
from beekeed.sandbox.people import enrol, grade
from beekeed.sandbox.service import FUNCTIONS, add_service

TOKEN = "ab" * 16

_COURSES = (
    ("BK-MATH", "Mathematics 1"),
    ("BK-FR", "French for beginners"),
    ("BK-SCI", "Science"),
)
_ACTIVITIES = (
    Activity("forum", "Announcements", 0),
    *(page(f"Lesson {number}", (number - 1) % 4 + 1) for number in range(1, 7)),
    Activity("page", "Manual page", 1, completion=1),
    Activity(
        "assign", "Essay", 2, completion=2, submit=True, grade=100.0,
        settings=(("attemptreopenmethod", "none"), ("maxattempts", -1),
                  ("sendstudentnotifications", 0), ("alwaysshowdescription", 0)),
    ),
    Activity("quiz", "Quiz 1", 3, completion=2, receive_grade=True, grade=10.0),
    Activity("forum", "Discussion", 4, completion=2, submit=True),
    Activity("choice", "Poll", 4, completion=2, submit=True),
)  # fmt: skip


def burn(db: sqlite3.Connection, last_ids: Mapping[str, int]) -> None:
    """Lets ids go on behind these, as after rows that were deleted or rolled back."""
    for table, last in last_ids.items():
        name = f"mdl_{table}"
        db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))


def _make_courses(db: sqlite3.Connection, now: int) -> None:
    for shortname, fullname in _COURSES:
        course = add_empty_course(
            db, shortname=shortname, fullname=fullname, idnumber=shortname, now=now
        )
        for activity in _ACTIVITIES:
            add_activity(db, course, activity, now=now)
    # Moodle hides the item of a quiz that shows no marks once closed (quiz_grade_item_update).
    db.execute("UPDATE mdl_grade_items SET hidden = 1 WHERE itemmodule = 'quiz'")


def _number_items(db: sqlite3.Connection) -> None:
    """The ids of categories, of which the sandbox has no table, are one less than the courses'."""
    db.execute("UPDATE mdl_grade_items SET categoryid = categoryid - 1")
    db.execute(
        "UPDATE mdl_grade_items SET iteminstance = iteminstance - 1 WHERE itemtype = 'course'"
    )
    # Items of activities have an idnumber, if an empty one, where a form made them.
    db.execute("UPDATE mdl_grade_items SET idnumber = '' WHERE itemtype = 'mod'")


def _grade_earlier(db: sqlite3.Connection, now: int) -> None:
    """What an earlier attempt left behind: an item of a page, and a learner's three grades."""
    _number_items(db)
    insert(
        db, "grade_items", courseid=4, categoryid=3, itemtype="mod", itemmodule="page",
        iteminstance=15, itemnumber=0, sortorder=4, timecreated=now, timemodified=now,
    )  # fmt: skip
    for module, points in ((22, 9.0), (29, 77.0), (30, 7.5)):
        grade(db, module, 4, points, now=now)
    db.execute("UPDATE mdl_grade_grades SET feedbackformat = 2")


def make_recorded(path: Path, now: int) -> None:
    """The site of exchanges.jsonl: named target, debugging for developers, no password policy."""
    site.create(path, now=now, shortname="target", fullname="target")
    with closing(database.connect(path)) as db, database.transaction(db):
        for name, setting in (("debug", "32767"), ("debugdisplay", "1"), ("passwordpolicy", "0")):
            site.set_config(db, name, setting)
        add_service(db, token=TOKEN, now=now, functions=FUNCTIONS)
        names = (("Élodie", "O'Brien"), ("A", "B"), ("A", "B"))
        for number, (first, last) in enumerate(names, start=1):
            site.add_user(
                db,
                username=f"learner{number:04d}",
                firstname=first,
                lastname=last,
                email=f"learner{number}@example.org",
                now=now,
            )
        last_ids = {"user": 11, "course": 3, "course_sections": 10, "course_modules": 20}
        burn(db, last_ids | {"page": 14, "forum": 2, "assign": 2, "quiz": 2})
        burn(db, {"grade_items": 4})
        _make_courses(db, now)
        for learner in (4, 5, 6):
            enrol(db, 4, learner, now=now)
        _grade_earlier(db, now)


def make_production(path: Path, now: int) -> None:
    """The site of production.jsonl: named online, fresh, nothing shown to developers."""
    site.create(path, now=now, shortname="online", fullname="Online school")
    with closing(database.connect(path)) as db, database.transaction(db):
        site.set_config(db, "passwordpolicy", "0")
        add_service(db, token=TOKEN, now=now, functions=FUNCTIONS)
        _make_courses(db, now)


def make_assignments(path: Path, now: int) -> None:
    """The site of assignments.jsonl: fresh as the second, its grade items with their own ids."""
    make_production(path, now)
    with closing(database.connect(path)) as db:
        _number_items(db)


def make_online(path: Path, now: int) -> None:
    """The site of more.jsonl and sequences.jsonl.gz: as that of assignments.jsonl, named Beekee."""
    make_assignments(path, now)
    with closing(database.connect(path)) as db:
        db.execute("UPDATE mdl_course SET fullname = 'Beekee online' WHERE id = 1")
