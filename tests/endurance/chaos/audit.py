"""Who wrote what into the online Moodle, noted by its database itself.

A row is beekeed's unless a teacher says, in the same transaction, that it is theirs. `run`
counts the times that beekeed met the site: what a teacher did in the same one it could not know.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_MET = "(SELECT count(*) FROM sandbox_request WHERE functions LIKE '%get_site_info%')"
_OF_MODULES = "(SELECT itemtype FROM mdl_grade_items WHERE id = NEW.itemid) = 'mod'"
_GRADE = "{0}.finalgrade || ' ' || coalesce({0}.feedback, '')"
_PROFILE = (
    "{0}.firstname || '|' || {0}.lastname || '|' || {0}.email || '|' || {0}.idnumber || '|' ||"
    " {0}.city || '|' || {0}.country || '|' || {0}.institution || '|' || {0}.department"
)

# table, whose, what of, its value, which columns, when
_WATCHED = (
    ("mdl_user", "id", "0", _PROFILE, "username, firstname, lastname, email, idnumber, city,"
     " country, institution, department", "1"),
    ("mdl_user_enrolments", "userid", "{0}.enrolid", "{0}.status", "status, timeend", "1"),
    ("mdl_role_assignments", "userid", "{0}.contextid", "{0}.roleid", "roleid", "1"),
    ("mdl_grade_grades", "userid", "{0}.itemid", _GRADE, "rawgrade, finalgrade, feedback",
     _OF_MODULES),
    ("mdl_course_modules_completion", "userid", "{0}.coursemoduleid", "{0}.completionstate",
     "completionstate", "1"),
    ("mdl_groups_members", "userid", "{0}.groupid", "''", "groupid", "1"),
    ("mdl_user_info_data", "userid", "{0}.fieldid", "{0}.data", "data", "1"),
)  # fmt: skip


def begin(online: Path) -> None:
    """Have every row that is written noted from now on."""
    with closing(sqlite3.connect(online, timeout=20)) as db, db:
        db.execute("CREATE TABLE chaos_writer (who TEXT NOT NULL)")
        db.execute("INSERT INTO chaos_writer VALUES ('beekeed')")
        db.execute(
            "CREATE TABLE chaos_written (id INTEGER PRIMARY KEY, who TEXT, what TEXT, how TEXT,"
            " user INTEGER, part INTEGER, old TEXT, new TEXT, fixed INTEGER, run INTEGER)"
        )
        # Who is enrolled a second time is welcomed a second time.
        db.execute("UPDATE mdl_enrol SET customint1 = 1 WHERE enrol = 'manual'")
        for watched in _WATCHED:
            for trigger in _triggers(*watched):
                db.execute(trigger)


def _triggers(
    table: str, whose: str, part: str, value: str, columns: str, when: str
) -> Iterator[str]:
    fixed = "NEW.overridden" if table == "mdl_grade_grades" else "0"
    for how, of, old in (("INSERT", "", "NULL"), ("UPDATE", f" OF {columns}", value.format("OLD"))):
        yield (
            f"CREATE TRIGGER chaos_{how}_{table} AFTER {how}{of} ON {table} WHEN {when} BEGIN"
            " INSERT INTO chaos_written (who, what, how, user, part, old, new, fixed, run)"
            f" SELECT who, '{table}', '{how}', NEW.{whose}, {part.format('NEW')}, {old},"
            f" {value.format('NEW')}, {fixed}, {_MET} FROM chaos_writer; END"
        )


@contextmanager
def by_a_teacher(db: sqlite3.Connection) -> Iterator[None]:
    """What is written meanwhile, in this transaction, is a teacher's."""
    db.execute("UPDATE chaos_writer SET who = 'teacher'")
    yield
    db.execute("UPDATE chaos_writer SET who = 'beekeed'")
