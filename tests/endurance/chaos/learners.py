"""What goes on on the box: learners work, somebody new comes, somebody edits a profile."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from beekeed.sandbox import database, people
from beekeed.sandbox.box import new_work
from tests.endurance.chaos.place import Place

_TRACKED = (
    "SELECT c.coursemoduleid, c.userid FROM mdl_course_modules_completion c"
    " JOIN mdl_course_modules m ON m.id = c.coursemoduleid"
    " JOIN mdl_modules k ON k.id = m.module WHERE k.name = ?"
)
_GRADED = (
    "SELECT g.id, i.grademax, g.userid, cm.id, cm.completionpassgrade, i.gradepass"
    " FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid"
    " JOIN mdl_modules m ON m.name = i.itemmodule"
    " JOIN mdl_course_modules cm ON cm.module = m.id AND cm.instance = i.iteminstance"
    " WHERE i.itemtype = 'mod' AND i.itemmodule = ? AND g.finalgrade IS NOT NULL"
)
_LEARNERS = (
    "SELECT id FROM mdl_user WHERE username <> 'teacher'"
    " AND id IN (SELECT userid FROM mdl_user_enrolments)"
)
_VILLAGES = ("Bamako", "Mopti", "Ségou")


class Learners:
    """Whoever works on the box."""

    def __init__(self, place: Place, chance: random.Random) -> None:
        self._place = place
        self._chance = chance
        self._how = {
            "completion or newcomer": self._work,
            "grade": self._grade,
            "mark": self._mark,
            "profile": self._profile,
            "group": self._join,
            "enrolment": self._enrol,
            "taken back": self._take_back,
        }

    def work(self, count: int) -> None:
        """Do so many things, unless the box's database is away."""
        if self._place.is_box_away:
            return
        weights = (6, 2, 2, 2, 1, 1, 1)
        for what in self._chance.choices(list(self._how), weights, k=count):
            if self._how[what]():
                self._place.tally.worked[what] += 1

    def _work(self) -> bool:
        new_work(self._place.here.box, self._place.clock.now(), self._chance)
        return True

    def _grade(self) -> bool:
        """A quiz is done again, with another result."""
        with self._open() as db:
            found = db.execute(_GRADED, ("quiz",)).fetchall()
            if not found:
                return False
            row, most, user, module, must_pass, least = self._chance.choice(found)
            points, now = round(self._chance.uniform(0.3, 1) * most, 1), self._place.clock.now()
            sql = "UPDATE mdl_grade_grades SET rawgrade = ?1, finalgrade = ?1, timemodified = ?2"
            db.execute(f"{sql} WHERE id = ?3", (points, now, row))
            state = 1 if not must_pass else 2 if points >= least else 3
            people.set_completion(db, module, user, state, now=now)
        return True

    def _mark(self) -> bool:
        """An essay is marked again, with other words."""
        with self._open() as db:
            found = db.execute(_GRADED, ("assign",)).fetchall()
            if not found:
                return False
            row = self._chance.choice(found)[0]
            points, words = float(self._chance.randrange(40, 101)), f"<p>Bien {self._number()}</p>"
            db.execute(
                "UPDATE mdl_grade_grades SET rawgrade = ?1, finalgrade = ?1, feedback = ?2,"
                " feedbackformat = 1, timemodified = ?3 WHERE id = ?4",
                (points, words, self._place.clock.now(), row),
            )
        return True

    def _profile(self) -> bool:
        with self._open() as db:
            city = f"{self._chance.choice(_VILLAGES)} {self._number()}"
            db.execute(
                "UPDATE mdl_user SET city = ?, timemodified = ? WHERE id = ?",
                (city, self._place.clock.now(), self._somebody(db)),
            )
        return True

    def _join(self) -> bool:
        with self._open() as db:
            found = db.execute(
                "SELECT g.id, ue.userid FROM mdl_groups g JOIN mdl_enrol e ON e.courseid ="
                " g.courseid JOIN mdl_user_enrolments ue ON ue.enrolid = e.id WHERE NOT EXISTS"
                " (SELECT 1 FROM mdl_groups_members m WHERE m.groupid = g.id"
                f"  AND m.userid = ue.userid) AND ue.userid IN ({_LEARNERS})"
            ).fetchall()
            if not found:
                return False
            people.join(db, *self._chance.choice(found), now=self._place.clock.now())
        return True

    def _enrol(self) -> bool:
        """Somebody comes into a course that they were not in."""
        with self._open() as db:
            found = db.execute(
                f"SELECT c.id, u.id FROM mdl_course c JOIN mdl_user u ON u.id IN ({_LEARNERS})"
                " WHERE c.id <> 1 AND NOT EXISTS"
                " (SELECT 1 FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid"
                "  WHERE e.courseid = c.id AND ue.userid = u.id)"
            ).fetchall()
            if not found:
                return False
            people.enrol(db, *self._chance.choice(found), now=self._place.clock.now())
        return True

    def _take_back(self) -> bool:
        """Somebody ticks what they did by hand off again."""
        with self._open() as db:
            found = db.execute(f"{_TRACKED} AND m.completion = 1", ("page",)).fetchall()
            if not found:
                return False
            module, user = self._chance.choice(found)
            people.set_completion(
                db, module, user, self._chance.randrange(2), now=self._place.clock.now()
            )
        return True

    def _somebody(self, db: sqlite3.Connection) -> int:
        found = db.execute(_LEARNERS).fetchall()
        return int(self._chance.choice(found)[0])

    def _number(self) -> int:
        return self._chance.randrange(10**6)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(database.connect(self._place.here.box)) as db, database.transaction(db):
            yield db
