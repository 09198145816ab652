"""The notices of graded assignments that Moodle's next cron would send, of which none is sent here.

The one rule: as `assign::cron` in mod/assign/locallib.php finds them; an assignment's own
`sendstudentnotifications` is not asked (seen: three were sent where it is 0).
"""

import sqlite3

from beekeed.sandbox.assignment import NOTICE_WAITS

_DAY = 86400

_WAITING = """
    SELECT g.userid, g.assignment
      FROM mdl_assign_grades g
      JOIN mdl_assign a ON a.id = g.assignment
      JOIN mdl_assign_user_flags f ON f.assignment = a.id AND f.userid = g.userid
      JOIN mdl_grade_items i ON i.iteminstance = a.id AND i.courseid = a.course
           AND i.itemmodule = 'assign' AND i.hidden = 0
      JOIN mdl_modules m ON m.name = 'assign'
      JOIN mdl_course_modules cm ON cm.module = m.id AND cm.instance = a.id AND cm.visible = 1
      JOIN mdl_user u ON u.id = g.userid
     WHERE f.mailed = :waits AND g.grader > 0
       AND (a.markingworkflow = 0 OR f.workflowstate = 'released')
       AND g.timemodified BETWEEN :now - :day AND :now
       AND EXISTS (SELECT 1 FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid
                    WHERE ue.userid = u.id AND e.courseid = a.course)
     ORDER BY g.id
"""


def waiting_notices(db: sqlite3.Connection, now: int) -> list[tuple[int, int]]:
    """Pairs of a learner and an assignment, one for each mail that would go out at `now`.

    Only who is enrolled and sees the assignment gets one, and only of the last day's grades;
    several calls before a cron are one mail.
    """
    found = db.execute(_WAITING, {"waits": NOTICE_WAITS, "now": now, "day": _DAY})
    return [(row["userid"], row["assignment"]) for row in found]
