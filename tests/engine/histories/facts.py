"""What one Moodle's database says of everybody, as plain facts.

Both sides are read by the same questions; activities are named by what they were called at the
beginning, so that a fact stays the same whatever is renamed or moved.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from beekeed.core.grade import text


class Fact(NamedTuple):
    """A fact about an account: its kind, whose (by the side's own id), and what of."""

    kind: str
    user: int
    part: str = ""


@dataclass(frozen=True)
class Held:
    """What a fact says. `fixed`: locked, or set by a teacher; `words`: a comment."""

    value: str
    words: str = ""
    fixed: bool = False


Facts = dict[Fact, Held]

_READ = """
SELECT 'account', id, '', username, firstname || '|' || lastname, 0
  FROM mdl_user WHERE deleted = 0 AND id > 2
UNION ALL SELECT 'profile', id, 'city', city, '', 0
  FROM mdl_user WHERE deleted = 0 AND id > 2 AND city <> ''
UNION ALL SELECT 'enrolment', ue.userid, c.shortname,
       e.enrol || ' ' || ue.status || ' ' || ue.timeend, '', 0
  FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid
  JOIN mdl_course c ON c.id = e.courseid
UNION ALL SELECT 'completion', userid, coursemoduleid, completionstate, '', 0
  FROM mdl_course_modules_completion
UNION ALL SELECT 'grade', g.userid, cm.id, g.finalgrade, coalesce(g.feedback, ''),
       g.locked <> 0 OR g.overridden <> 0
  FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid AND i.itemtype = 'mod'
  JOIN mdl_modules m ON m.name = i.itemmodule
  JOIN mdl_course_modules cm ON cm.module = m.id AND cm.instance = i.iteminstance
  WHERE g.finalgrade IS NOT NULL OR g.locked <> 0 OR g.overridden <> 0
UNION ALL SELECT 'membership', gm.userid, g.name, count(*), '', 0
  FROM mdl_groups_members gm JOIN mdl_groups g ON g.id = gm.groupid GROUP BY 2, 3
"""
_MODULES = """
SELECT cm.id, cm.instance, m.name, coalesce(p.name, q.name, a.name), c.shortname
  FROM mdl_course_modules cm
  JOIN mdl_modules m ON m.id = cm.module JOIN mdl_course c ON c.id = cm.course
  LEFT JOIN mdl_page p ON m.name = 'page' AND p.id = cm.instance
  LEFT JOIN mdl_quiz q ON m.name = 'quiz' AND q.id = cm.instance
  LEFT JOIN mdl_assign a ON m.name = 'assign' AND a.id = cm.instance
  WHERE m.name IN ('page', 'quiz', 'assign')
"""


class Reader:
    """Reads the facts of one side."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        found = db.execute(_MODULES).fetchall()
        self.modules: Mapping[int, str] = {row[0]: row[3] for row in found}
        self.assignments: Mapping[int, str] = {
            row[1]: row[3] for row in found if row[2] == "assign"
        }
        self.course_of: Mapping[str, str] = {row[3]: row[4] for row in found}

    def read(self) -> Facts:
        """Read everything."""
        return {
            Fact(kind, user, self._named(part)): Held(_text(kind, value), words, bool(fixed))
            for kind, user, part, value, words, fixed in map(tuple, self._db.execute(_READ))
        }

    def _named(self, part: str | int) -> str:
        return self.modules.get(part, f"new {part}") if isinstance(part, int) else part


def _text(kind: str, value: object) -> str:
    if kind == "grade":
        return "" if value is None else text(float(str(value)))
    return str(value)
