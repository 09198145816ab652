"""Compares a box with its online Moodle, learner by learner, by plain SQL on the two files.

The one rule: independent of everything else. It shares nothing with the synchronization, nor
with the sandbox's own server; it reads Moodle's tables and counts facts. What it cannot justify
from the box it calls a difference.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beekeed.sandbox.compare_people import (
    Fact,
    People,
    field_facts,
    membership_facts,
    read_people,
)
from beekeed.sandbox.standard import is_country

_DONE = (1, 2)
_PROFILE = ("email", "idnumber", "city", "country", "institution", "department", "address")

_LEARNERS = """
    SELECT DISTINCT u.* FROM mdl_user u
      JOIN mdl_role_assignments ra ON ra.userid = u.id
      JOIN mdl_role r ON r.id = ra.roleid AND r.archetype = 'student'
      JOIN mdl_context con ON con.id = ra.contextid
           AND con.contextlevel = 50 AND con.instanceid <> 1
     WHERE u.deleted = 0 AND u.id > 2 ORDER BY u.username
"""

# Active where any of somebody's enrolments in a course is; `student` where a role there is one.
_ENROLMENTS = """
    SELECT u.username, c.shortname,
           max(ue.status = 0 AND e.status = 0) AS active,
           EXISTS (SELECT 1 FROM mdl_role_assignments ra
                     JOIN mdl_role r ON r.id = ra.roleid AND r.archetype = 'student'
                     JOIN mdl_context con ON con.id = ra.contextid
                          AND con.contextlevel = 50 AND con.instanceid = c.id
                    WHERE ra.userid = u.id) AS student
      FROM mdl_user_enrolments ue
      JOIN mdl_enrol e ON e.id = ue.enrolid
      JOIN mdl_course c ON c.id = e.courseid AND c.id <> 1
      JOIN mdl_user u ON u.id = ue.userid AND u.deleted = 0
     GROUP BY u.id, c.id
"""

_MODULES = """
    SELECT cm.id, cm.completion, c.shortname, s.section, s.sequence, m.name AS kind,
           coalesce(p.name, q.name, a.name, f.name, ch.name, l.name, sc.name, h.name) AS name
      FROM mdl_course_modules cm
      JOIN mdl_modules m ON m.id = cm.module
      JOIN mdl_course c ON c.id = cm.course AND c.id <> 1
      JOIN mdl_course_sections s ON s.id = cm.section
      LEFT JOIN mdl_page p ON m.name = 'page' AND p.id = cm.instance
      LEFT JOIN mdl_quiz q ON m.name = 'quiz' AND q.id = cm.instance
      LEFT JOIN mdl_assign a ON m.name = 'assign' AND a.id = cm.instance
      LEFT JOIN mdl_forum f ON m.name = 'forum' AND f.id = cm.instance
      LEFT JOIN mdl_choice ch ON m.name = 'choice' AND ch.id = cm.instance
      LEFT JOIN mdl_lesson l ON m.name = 'lesson' AND l.id = cm.instance
      LEFT JOIN mdl_scorm sc ON m.name = 'scorm' AND sc.id = cm.instance
      LEFT JOIN mdl_h5pactivity h ON m.name = 'h5pactivity' AND h.id = cm.instance
     WHERE cm.deletioninprogress = 0
"""

_COMPLETIONS = """
    SELECT u.username, cmc.coursemoduleid, cmc.completionstate
      FROM mdl_course_modules_completion cmc
      JOIN mdl_user u ON u.id = cmc.userid AND u.deleted = 0
"""

# What a box gives is what was reached there, or what its teacher put in place of that; what
# counts online is the final grade. Only assignments have a way for a teacher's words.
_GRADES = """
    SELECT u.username, cm.id AS cmid, i.itemnumber, g.finalgrade,
           CASE WHEN g.overridden <> 0 THEN g.finalgrade ELSE g.rawgrade END AS given,
           CASE WHEN i.itemmodule = 'assign' THEN nullif(g.feedback, '') END AS words
      FROM mdl_grade_grades g
      JOIN mdl_grade_items i ON i.id = g.itemid AND i.itemtype = 'mod' AND i.gradetype IN (1, 2)
      JOIN mdl_modules m ON m.name = i.itemmodule
      JOIN mdl_course_modules cm ON cm.module = m.id AND cm.instance = i.iteminstance
           AND cm.course = i.courseid
      JOIN mdl_user u ON u.id = g.userid AND u.deleted = 0
"""

_SAME_GRADE = 0.00001
"""Moodle's columns have so many decimals."""


@dataclass(frozen=True)
class Activity:
    """What makes an activity the same on both sides: never its ids."""

    course: str
    section: int
    kind: str
    name: str
    which: int

    def __str__(self) -> str:
        which = f" ({self.which + 1})" if self.which else ""
        return f"{self.course}: {self.section}. {self.kind} {self.name}{which}"


@dataclass(frozen=True)
class Difference:
    """One fact that is not the same: of which learner, about what, and what each side says."""

    learner: str
    fact: str
    box: str
    online: str


@dataclass(frozen=True)
class Comparison:
    """`verified` where nothing differs; `compared` counts single facts, not learners."""

    verified: bool
    compared: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class _Side:
    """One database, read: accounts by username, enrolments, activities, states, grades.

    Grades are by learner, activity and number of the item: as given there, as they count, and a
    teacher's words to those of assignments.
    """

    users: Mapping[str, sqlite3.Row]
    learners: frozenset[str]
    enrolments: Mapping[tuple[str, str], sqlite3.Row]
    courses: frozenset[str]
    tracked: frozenset[Activity]
    states: Mapping[tuple[str, Activity], int]
    given: Mapping[tuple[str, Activity, int], float]
    final: Mapping[tuple[str, Activity, int], float]
    words: Mapping[tuple[str, Activity, int], str]
    people: People


def compare(box: Path, online: Path) -> Comparison:
    """Whether the online site has exactly the work of the box's learners.

    Compared are: account, names and, where the box has them, the other fields of the profile but
    phones, which nobody can read back online; enrolment, student role and whether it is active;
    each learner's completion of each tracked activity, done (1 or 2, whichever) or not (also
    where it failed: 3, 4); the words to an assignment where both sides have some; and, in each
    course that the box has the learner in as a student, groups and grades. What a learner has
    online beyond that is a difference.
    """
    here, there = _read(box), _read(online)
    facts = [
        *_account_facts(here, there),
        *_enrolment_facts(here, there),
        *membership_facts(here.people, there.people, _students(here, there)),
        *_activity_facts(here, there),
        *_completion_facts(here, there),
        *_grade_facts(here, there),
    ]
    differences = tuple(
        Difference(learner, fact, str(ours), str(theirs))
        for learner, fact, ours, theirs in facts
        if ours != theirs
    )
    return Comparison(not differences, len(facts), differences)


def _read(path: Path) -> _Side:
    # Read-only, so that a comparison can never make what it looks for.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        activities = _activities(db)
        tracked = db.execute("SELECT id FROM mdl_course_modules WHERE completion <> 0")
        return _Side(
            users={
                row["username"]: row
                for row in db.execute("SELECT * FROM mdl_user WHERE deleted = 0")
            },
            learners=frozenset(row["username"] for row in db.execute(_LEARNERS)),
            enrolments={
                (row["username"], row["shortname"]): row for row in db.execute(_ENROLMENTS)
            },
            courses=frozenset(
                row["shortname"]
                for row in db.execute("SELECT shortname FROM mdl_course WHERE id <> 1")
            ),
            tracked=frozenset(activities[row["id"]] for row in tracked if row["id"] in activities),
            states={
                (row["username"], activities[row["coursemoduleid"]]): row["completionstate"]
                for row in db.execute(_COMPLETIONS)
                if row["coursemoduleid"] in activities
            },
            given=_grades(db, activities, "given"),
            final=_grades(db, activities, "finalgrade"),
            words=_grades(db, activities, "words"),
            people=read_people(db),
        )


def _grades(
    db: sqlite3.Connection, activities: Mapping[int, Activity], column: str
) -> dict[tuple[str, Activity, int], Any]:
    return {
        (row["username"], activities[row["cmid"]], row["itemnumber"]): row[column]
        for row in db.execute(_GRADES)
        if row["cmid"] in activities and row[column] is not None
    }


def _activities(db: sqlite3.Connection) -> dict[int, Activity]:
    """Each course module as what it is; those of one name in a section are told by their order."""
    found = sorted(db.execute(_MODULES), key=_order)
    seen: dict[tuple[str, int, str, str], int] = {}
    activities: dict[int, Activity] = {}
    for row in found:
        key = (row["shortname"], row["section"], row["kind"], row["name"])
        activities[row["id"]] = Activity(*key, seen.get(key, 0))
        seen[key] = seen.get(key, 0) + 1
    return activities


def _order(row: sqlite3.Row) -> tuple[str, int, int]:
    sequence = (row["sequence"] or "").split(",")
    place = sequence.index(str(row["id"])) if str(row["id"]) in sequence else len(sequence)
    return row["shortname"], row["section"], place


def _account_facts(here: _Side, there: _Side) -> Iterator[Fact]:
    for username in sorted(here.learners):
        ours, theirs = here.users[username], there.users.get(username)
        yield username, "account", True, theirs is not None
        if theirs is None:
            continue
        for field in ("firstname", "lastname"):
            yield username, field, ours[field], theirs[field]
        for field in _PROFILE:
            # Moodle does not store a country that it does not know.
            if ours[field] and (field != "country" or is_country(ours[field])):
                yield username, field, ours[field], theirs[field]
        yield from field_facts(here.people, there.people, username)


def _students(here: _Side, there: _Side) -> dict[str, list[str]]:
    """By course that both have: the learners who are students there on the box."""
    students: dict[str, list[str]] = {}
    for (username, course), enrolment in sorted(here.enrolments.items()):
        if username in here.learners and course in there.courses and enrolment["student"]:
            students.setdefault(course, []).append(username)
    return students


def _enrolment_facts(here: _Side, there: _Side) -> Iterator[Fact]:
    """Both directions: each course of either side that the online site has."""
    for username in sorted(here.learners):
        for course in sorted(there.courses):
            ours = here.enrolments.get((username, course))
            theirs = there.enrolments.get((username, course))
            fact = f"enrolment in {course}"
            yield username, fact, ours is not None, theirs is not None
            if ours is not None and theirs is not None:
                yield username, f"{fact}: active", bool(ours["active"]), bool(theirs["active"])
                if ours["student"]:
                    yield username, f"{fact}: student", True, bool(theirs["student"])


def _activity_facts(here: _Side, there: _Side) -> Iterator[Fact]:
    """Each tracked activity of a common course is tracked online as well."""
    for activity in sorted(here.tracked, key=str):
        if activity.course in there.courses:
            yield "", f"{activity} tracked", True, activity in there.tracked


def _completion_facts(here: _Side, there: _Side) -> Iterator[Fact]:
    """Each learner with each tracked activity of a common course, then what is left online."""
    common = frozenset(a for a in here.tracked if a.course in there.courses)
    for username in sorted(here.learners):
        for activity in sorted(common, key=str):
            ours = here.states.get((username, activity), 0)
            theirs = there.states.get((username, activity), 0)
            yield username, str(activity), ours in _DONE, theirs in _DONE
    for (username, activity), theirs in there.states.items():
        if (
            username in here.learners
            and theirs > 0
            and not (activity in common and theirs in _DONE)
        ):
            ours = here.states.get((username, activity), 0)
            yield username, f"{activity}: state {theirs} justified", ours > 0, True


def _grade_facts(here: _Side, there: _Side) -> Iterator[Fact]:
    """Each grade of either side, of a learner who is a student of that course on the box."""
    for key in sorted({*here.given, *there.final}, key=str):
        username, activity, number = key
        enrolment = here.enrolments.get((username, activity.course))
        if (
            username not in here.learners
            or activity.course not in there.courses
            or enrolment is None
            or not enrolment["student"]
        ):
            continue
        ours, theirs = here.given.get(key), there.final.get(key)
        same = ours is not None and theirs is not None and abs(ours - theirs) < _SAME_GRADE
        yield username, f"{activity}: grade {number}", ours, ours if same else theirs
        if key in here.words and key in there.words:
            yield username, f"{activity}: comment", here.words[key], there.words[key]
