"""What learners do on a box: views, completions, submissions and grades, in order of time.

The one rule: an event is planned first and then done whole, so that a completion never stands
without what led to it, and ids follow time.
"""

import sqlite3
from dataclasses import dataclass
from random import Random

from beekeed.sandbox.course_completion import follow
from beekeed.sandbox.database import insert, rows, value
from beekeed.sandbox.people import grade, mark_assignment, set_completion, submit, view
from beekeed.sandbox.standard import ADMIN_ID

_DAY = 86400
_SCHOOL_OPENS, _SCHOOL_CLOSES = 8 * 3600, 16 * 3600
_SATURDAY = 5

# Of all that could be done: the first activity of a course mostly is, the last one less so.
_FIRST_CHANCE, _LAST_CHANCE = 0.82, 0.42
_UNDONE = 0.02

_COMMENTS = (
    "<p>Très bien</p>",
    "<p>Bon début, mais <strong>relis</strong> la fin.</p>",
    "",
    "<p>Good work &amp; a clear plan.</p><p>Next time: more examples.</p>",
    "<p>عمل رائع</p>",
)
"""What a teacher writes to a mark of an assignment, as the editor stores it; at times nothing."""


@dataclass(frozen=True)
class Event:
    """A learner gets to a state of an activity; `mark` is the grade that came with it."""

    at: int
    user: int
    module: int
    kind: str
    activity: str
    course: str
    state: int
    mark: float | None = None


@dataclass(frozen=True)
class _Task:
    """An activity that can be done, and where in its course it stands (0 first, 1 last)."""

    row: sqlite3.Row
    place: float


def plan_work(
    db: sqlite3.Connection, rng: Random, *, began_at: int, now: int, chance: float | None = None
) -> list[Event]:
    """What learners do between two times, in order of time; nothing that is done already.

    Each possible completion happens with `chance`, by default from 0.82 for a course's first
    activity down to 0.42 for its last, about 60 in a hundred of all.
    """
    events = []
    for user, task in _open_tasks(db):
        likely = _FIRST_CHANCE + (_LAST_CHANCE - _FIRST_CHANCE) * task.place
        if rng.random() < (likely if chance is None else chance):
            undone = chance is None and rng.random() < _UNDONE
            at = _school_time(rng, began_at, now)
            events.append(_event(rng, user, task.row, at, undone=undone))
    return sorted(events, key=lambda event: (event.at, event.user, event.module))


def _open_tasks(db: sqlite3.Connection) -> list[tuple[int, _Task]]:
    """Each pair of a learner and a tracked activity of theirs without a completion."""
    sql = (
        "SELECT ue.userid, cm.id, cm.completionpassgrade, m.name AS kind, c.id AS courseid, "
        "c.fullname, i.grademax, i.gradepass, "
        "coalesce(p.name, q.name, a.name, f.name, ch.name) AS activity "
        "FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module "
        "JOIN mdl_course c ON c.id = cm.course "
        "JOIN mdl_enrol e ON e.courseid = c.id "
        "JOIN mdl_user_enrolments ue ON ue.enrolid = e.id AND ue.status = 0 "
        "JOIN mdl_context con ON con.contextlevel = 50 AND con.instanceid = c.id "
        "JOIN mdl_role_assignments ra ON ra.contextid = con.id AND ra.userid = ue.userid "
        "JOIN mdl_role r ON r.id = ra.roleid AND r.archetype = 'student' "
        "LEFT JOIN mdl_page p ON m.name = 'page' AND p.id = cm.instance "
        "LEFT JOIN mdl_quiz q ON m.name = 'quiz' AND q.id = cm.instance "
        "LEFT JOIN mdl_assign a ON m.name = 'assign' AND a.id = cm.instance "
        "LEFT JOIN mdl_forum f ON m.name = 'forum' AND f.id = cm.instance "
        "LEFT JOIN mdl_choice ch ON m.name = 'choice' AND ch.id = cm.instance "
        "LEFT JOIN mdl_grade_items i ON i.itemtype = 'mod' AND i.itemmodule = m.name "
        "AND i.iteminstance = cm.instance "
        "LEFT JOIN mdl_course_modules_completion cc "
        "ON cc.coursemoduleid = cm.id AND cc.userid = ue.userid "
        "WHERE cm.completion <> 0 AND cm.deletioninprogress = 0 AND cc.id IS NULL "
        "ORDER BY ue.userid, cm.id"
    )
    found = rows(db, sql)
    by_course: dict[int, list[int]] = {}
    for row in found:
        by_course.setdefault(row["courseid"], [])
        if row["id"] not in by_course[row["courseid"]]:
            by_course[row["courseid"]].append(row["id"])
    return [(row["userid"], _Task(row, _place(row, by_course))) for row in found]


def _place(row: sqlite3.Row, by_course: dict[int, list[int]]) -> float:
    modules = sorted(by_course[row["courseid"]])
    return modules.index(row["id"]) / max(1, len(modules) - 1)


def _school_time(rng: Random, began_at: int, now: int) -> int:
    """A second of a school day's lessons, sooner rather than later; `now` where none is left."""
    for _ in range(50):
        day = began_at + int((now - began_at) * rng.betavariate(1.2, 2.0))
        midnight = day - day % _DAY
        at = midnight + rng.randrange(_SCHOOL_OPENS, _SCHOOL_CLOSES)
        # 1 January 1970 was a Thursday, the fourth day of a week.
        is_school_day = (midnight // _DAY + 3) % 7 < _SATURDAY
        if began_at <= at <= now and is_school_day:
            return at
    return now


def _event(rng: Random, user: int, row: sqlite3.Row, at: int, *, undone: bool) -> Event:
    """The state follows from the mark where a passing one is asked for: 2 passed, 3 failed."""
    mark: float | None = None
    state = 1
    if row["kind"] == "quiz":
        mark = round(row["grademax"] * min(1.0, max(0.0, rng.gauss(0.68, 0.22))), 2)
        if row["completionpassgrade"]:
            state = 2 if mark >= row["gradepass"] else 3
    elif row["grademax"] and rng.random() < 0.5:
        mark = float(round(row["grademax"] * rng.uniform(0.4, 1.0)))
    return Event(
        at=at,
        user=user,
        module=row["id"],
        kind=row["kind"],
        activity=row["activity"],
        course=row["fullname"],
        state=0 if undone else state,
        mark=None if undone else mark,
    )


def do(db: sqlite3.Connection, event: Event) -> None:
    """Writes an event: the view or submission that led to it, the mark, the state, and what
    follows for the course.
    """
    if event.kind in ("page", "quiz", "forum"):
        view(db, event.module, event.user, now=event.at)
    if event.kind in ("assign", "choice") and event.state:
        submit(db, event.module, event.user, now=event.at)
    if event.mark is not None and event.kind == "assign":
        comment = _COMMENTS[(event.user + event.module) % len(_COMMENTS)]
        mark_assignment(db, event.module, event.user, event.mark, comment, now=event.at)
    elif event.mark is not None:
        grade(db, event.module, event.user, event.mark, now=event.at)
    set_completion(db, event.module, event.user, event.state, now=event.at)
    sql = "SELECT course FROM mdl_course_modules WHERE id = ?"
    follow(db, value(db, sql, event.module), event.user, event.at)


def add_total_grades(db: sqlite3.Connection, now: int) -> None:
    """The computed course totals, which are no learner's own work (README, Device database)."""
    sql = (
        "SELECT total.id AS itemid, g.userid, sum(g.finalgrade) AS points "
        "FROM mdl_grade_items total JOIN mdl_grade_items i ON i.courseid = total.courseid "
        "AND i.itemtype = 'mod' JOIN mdl_grade_grades g ON g.itemid = i.id "
        "WHERE total.itemtype = 'course' GROUP BY total.id, g.userid ORDER BY 1, 2"
    )
    for row in rows(db, sql):
        insert(
            db, "grade_grades", itemid=row["itemid"], userid=row["userid"],
            finalgrade=row["points"], usermodified=ADMIN_ID, timemodified=now,
        )  # fmt: skip
