"""What somebody did online before the first sync, so that beekeed must leave it alone.

Each trial is one learner of the sample who is online already, with something of their own.
"""

from typing import Any

from tests.variety.online import Online

NOW = 1_764_000_000
FIRST_NAMES = "SELECT firstname, lastname, email FROM mdl_user WHERE username = ?"

OVERRIDDEN = "learner0020"  # 8.5 on the box in Quiz 1 of BK-MATH
LOCKED = "learner0021"  # 2.25 there
COMMENTED = "learner0002"  # 54 and "Bien" on the box in Essay of BK-FR
SUSPENDED = "learner0013"  # active on the box in BK-MATH
FAILED = "learner0011"  # 2.25 in Quiz 1 of BK-MATH, where passing takes 5
COMMENT = "<p>Lisez encore la page 3.</p>"


class Trials:
    """The trials on one online Moodle."""

    def __init__(self, online: Online, names: dict[str, tuple[str, str]]) -> None:
        self._online = online
        self._names = names
        self._ids: dict[str, int] = {}

    def prepare(self) -> None:
        """Do what somebody did; nobody is mailed by it."""
        for username in (OVERRIDDEN, LOCKED, COMMENTED, SUSPENDED):
            self._ids[username] = self._account(username)
        self._enrol(OVERRIDDEN, "BK-MATH")
        self._enrol(LOCKED, "BK-MATH")
        self._enrol(COMMENTED, "BK-FR")
        self._enrol(SUSPENDED, "BK-MATH", suspend=1)
        self._grade_quiz(OVERRIDDEN, 6.0)
        self._grade_quiz(LOCKED, 1.0)
        self._sql_grade(OVERRIDDEN, f"overridden = {NOW}, finalgrade = 7")
        self._sql_grade(LOCKED, f"locked = {NOW}")
        self._comment()

    def observe(self) -> dict[str, Any]:
        """Tell what each came to."""
        own = "SELECT id FROM mdl_user WHERE username = '{}'"
        quiz = (
            "SELECT g.finalgrade FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid"
            " AND i.itemmodule = 'quiz' JOIN mdl_course c ON c.id = i.courseid"
            f" AND c.shortname = 'BK-MATH' WHERE g.userid = ({own})"
        )
        state = (
            "SELECT count(*) FROM mdl_course_modules_completion m JOIN mdl_course_modules cm"
            " ON cm.id = m.coursemoduleid JOIN mdl_modules k ON k.id = cm.module"
            " AND k.name = 'quiz' JOIN mdl_course c ON c.id = cm.course AND c.shortname = 'BK-MATH'"
            f" WHERE m.completionstate IN (1, 2) AND m.userid = ({own.format(FAILED)})"
        )
        essay = (
            "SELECT g.finalgrade, g.feedback FROM mdl_grade_grades g JOIN mdl_grade_items i"
            " ON i.id = g.itemid AND i.itemmodule = 'assign' JOIN mdl_course c ON c.id = i.courseid"
            f" AND c.shortname = 'BK-FR' WHERE g.userid = ({own.format(COMMENTED)})"
        )
        status = (
            "SELECT ue.status FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid"
            " JOIN mdl_course c ON c.id = e.courseid AND c.shortname = 'BK-MATH'"
            f" WHERE ue.userid = ({own.format(SUSPENDED)})"
        )
        ((grade, comment),) = self._online.sql(essay)
        return {
            "a grade overridden online": float(self._online.sql(quiz.format(OVERRIDDEN))[0][0]),
            "a grade locked online": float(self._online.sql(quiz.format(LOCKED))[0][0]),
            "the grade beside a teacher's comment": float(grade),
            "a teacher's comment": comment,
            "a quiz failed on the box, its grade": float(
                self._online.sql(quiz.format(FAILED))[0][0]
            ),
            "a quiz failed on the box, done online": int(self._online.sql(state)[0][0]),
            "an enrolment suspended online": int(self._online.sql(status)[0][0]),
        }

    def _account(self, username: str) -> int:
        first, last = self._names[username]
        user = {
            "username": username, "firstname": first, "lastname": last,
            "email": f"{username}@elsewhere.example.org", "password": "Xx9!aaaa",
        }  # fmt: skip
        (made,) = self._online.call("core_user_create_users", users=[user])
        return int(made["id"])

    def _course(self, shortname: str) -> int:
        found = self._online.sql(f"SELECT id FROM mdl_course WHERE shortname = '{shortname}'")
        return int(found[0][0])

    def _enrol(self, username: str, shortname: str, **how: int) -> None:
        enrolment = {"roleid": 5, "userid": self._ids[username],
                     "courseid": self._course(shortname), **how}  # fmt: skip
        self._online.call("enrol_manual_enrol_users", enrolments=[enrolment])

    def _module(self, shortname: str, kind: str, table_name: str) -> tuple[int, int]:
        rows = self._online.sql(
            "SELECT cm.id, cm.instance FROM mdl_course_modules cm JOIN mdl_modules m"
            f" ON m.id = cm.module AND m.name = '{kind}' JOIN mdl_{kind} a ON a.id = cm.instance"
            f" WHERE cm.course = {self._course(shortname)} AND a.name = '{table_name}'"
        )
        return int(rows[0][0]), int(rows[0][1])

    def _grade_quiz(self, username: str, grade: float) -> None:
        cmid, _ = self._module("BK-MATH", "quiz", "Quiz 1")
        answer = self._online.call(
            "core_grades_update_grades", source="teacher", courseid=self._course("BK-MATH"),
            component="mod_quiz", activityid=cmid, itemnumber=0,
            grades=[{"studentid": self._ids[username], "grade": grade}],
        )  # fmt: skip
        assert answer == 0

    def _sql_grade(self, username: str, change: str) -> None:
        self._online.sql(
            f"UPDATE mdl_grade_grades SET {change} WHERE userid = {self._ids[username]}"
            " AND itemid IN (SELECT id FROM mdl_grade_items WHERE itemmodule = 'quiz')"
        )

    def _comment(self) -> None:
        _, assignment = self._module("BK-FR", "assign", "Essay")
        comment = {"assignfeedbackcomments_editor": {"text": COMMENT, "format": 1}}
        grade = {
            "userid": self._ids[COMMENTED], "grade": 50, "attemptnumber": -1, "addattempt": 0,
            "workflowstate": "", "plugindata": comment,
        }  # fmt: skip
        self._online.call(
            "mod_assign_save_grades", assignmentid=assignment, applytoall=0, grades=[grade]
        )
        told = {"userid": self._ids[COMMENTED], "mailed": 1}
        self._online.call("mod_assign_set_user_flags", assignmentid=assignment, userflags=[told])
