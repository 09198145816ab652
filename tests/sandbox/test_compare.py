"""The comparison: sees an agreeing pair agree, and every single change of one row."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from beekeed.sandbox.box import make_box
from beekeed.sandbox.compare import compare
from beekeed.sandbox.database import connect, insert
from beekeed.sandbox.people import enrol, join, make_group, set_completion, unenrol_user
from beekeed.sandbox.school import make_online
from beekeed.sandbox.site import add_user, context_id
from beekeed.sandbox.standard import COURSE

NOW = 1_795_600_800


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A box, and an online site that has its work, put there by plain SQL."""
    folder = tmp_path_factory.mktemp("pair")
    box, online = folder / "box.sqlite", folder / "online.sqlite"
    make_online(online, now=NOW, seed=1)
    make_box(box, online, now=NOW, seed=1, learners=12)
    with closing(connect(box)) as here, closing(connect(online)) as there:
        mirror(here, there)
    return box, online


# An activity by what lasts, apart from its ids; none has its name twice in a course here but
# "Exercice", of which the order of ids tells.
_KEYS = """
    SELECT cm.id, c.shortname || '/' || m.name || '/' || coalesce(p.name, q.name, a.name, f.name,
           ch.name) || '/' || row_number() OVER (PARTITION BY c.id, m.id, p.name, q.name, a.name,
           f.name, ch.name ORDER BY cm.id) AS key
      FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module
      JOIN mdl_course c ON c.id = cm.course
      LEFT JOIN mdl_page p ON m.name = 'page' AND p.id = cm.instance
      LEFT JOIN mdl_quiz q ON m.name = 'quiz' AND q.id = cm.instance
      LEFT JOIN mdl_assign a ON m.name = 'assign' AND a.id = cm.instance
      LEFT JOIN mdl_forum f ON m.name = 'forum' AND f.id = cm.instance
      LEFT JOIN mdl_choice ch ON m.name = 'choice' AND ch.id = cm.instance
"""


def mirror(here: sqlite3.Connection, there: sqlite3.Connection) -> None:
    """Brings accounts, enrolments, completions and grades online, as a perfect synchronization."""
    cmids = {row["key"]: row["id"] for row in there.execute(_KEYS)}
    keys = {row["id"]: row["key"] for row in here.execute(_KEYS)}
    for learner in here.execute("SELECT * FROM mdl_user WHERE id > 3").fetchall():
        fields = {
            name: learner[name]
            for name in (
                "username",
                "firstname",
                "lastname",
                "email",
                "idnumber",
                "city",
                "country",
                "institution",
                "department",
                "address",
            )
        }
        user = add_user(there, now=NOW, **fields)
        for (shortname,) in here.execute(
            "SELECT c.shortname FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid "
            "JOIN mdl_course c ON c.id = e.courseid WHERE ue.userid = ?",
            (learner["id"],),
        ).fetchall():
            course = there.execute(
                "SELECT id FROM mdl_course WHERE shortname = ?", (shortname,)
            ).fetchone()["id"]
            enrol(there, course, user, now=NOW)
        for row in here.execute(
            "SELECT * FROM mdl_course_modules_completion WHERE userid = ? "
            "AND completionstate IN (1, 2)",
            (learner["id"],),
        ).fetchall():
            insert(
                there,
                "course_modules_completion",
                userid=user,
                completionstate=1,
                coursemoduleid=cmids[keys[row["coursemoduleid"]]],
                timemodified=NOW,
            )
        mirror_grades(here, there, learner["id"], user)
        mirror_people(here, there, learner["id"], user)
    there.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the file alone is the whole of it
    here.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# Items of activities by course, kind, number and name; no name is twice in a course here.
_ITEMS = """
    SELECT i.id, c.shortname || '/' || i.itemmodule || '/' || i.itemnumber || '/' || i.itemname
           AS key
      FROM mdl_grade_items i JOIN mdl_course c ON c.id = i.courseid WHERE i.itemtype = 'mod'
"""


def mirror_grades(
    here: sqlite3.Connection, there: sqlite3.Connection, learner: int, user: int
) -> None:
    """Brings a learner's grades online, and a teacher's words with them."""
    items = {row["key"]: row["id"] for row in there.execute(_ITEMS)}
    for row in here.execute(
        f"SELECT g.*, i.key FROM mdl_grade_grades g JOIN ({_ITEMS}) i ON i.id = g.itemid "
        "WHERE g.userid = ?",
        (learner,),
    ).fetchall():
        insert(
            there, "grade_grades", itemid=items[row["key"]], userid=user,
            rawgrade=row["rawgrade"], finalgrade=row["finalgrade"], feedback=row["feedback"],
        )  # fmt: skip


def mirror_people(
    here: sqlite3.Connection, there: sqlite3.Connection, learner: int, user: int
) -> None:
    """Brings a learner's groups and profile fields online; the first one in a group makes it."""
    for row in here.execute(
        "SELECT g.name, c.shortname FROM mdl_groups_members m JOIN mdl_groups g "
        "ON g.id = m.groupid JOIN mdl_course c ON c.id = g.courseid WHERE m.userid = ?",
        (learner,),
    ).fetchall():
        (course,) = there.execute(
            "SELECT id FROM mdl_course WHERE shortname = ?", (row["shortname"],)
        ).fetchone()
        found = there.execute(
            "SELECT id FROM mdl_groups WHERE courseid = ? AND name = ?", (course, row["name"])
        ).fetchone()
        group = found["id"] if found else make_group(there, course, row["name"], now=NOW)
        join(there, group, user, now=NOW)
    for row in here.execute("SELECT data FROM mdl_user_info_data WHERE userid = ?", (learner,)):
        insert(there, "user_info_data", userid=user, fieldid=1, data=row["data"])


@pytest.fixture
def changed(pair: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """The pair, with an online copy that the test may change."""
    box, online = pair
    copy = tmp_path / "online.sqlite"
    copy.write_bytes(online.read_bytes())
    return box, copy


def test_an_agreeing_pair_is_verified(pair: tuple[Path, Path]) -> None:
    """Every fact is compared: accounts, enrolments, and each activity of each learner."""
    found = compare(*pair)
    assert found.differences == ()
    assert found.verified
    assert found.compared > 12 * 30


def test_comparing_changes_nothing(pair: tuple[Path, Path]) -> None:
    """It reads two files."""
    before = [path.read_bytes() for path in pair]
    compare(*pair)
    assert [path.read_bytes() for path in pair] == before


_STATE = (
    "SELECT min(id) FROM mdl_course_modules_completion WHERE userid > 8 AND completionstate = 1"
)
_GRADE = (
    "SELECT min(g.id) FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid "
    "WHERE i.itemmodule = 'quiz' AND g.userid > 8"
)
_UNDONE = (
    "SELECT {} FROM mdl_course_modules cm JOIN mdl_enrol e ON e.courseid = cm.course "
    "JOIN mdl_user_enrolments ue ON ue.enrolid = e.id AND ue.userid > 8 "
    "WHERE cm.completion > 0 AND NOT EXISTS (SELECT 1 FROM mdl_course_modules_completion c "
    "WHERE c.coursemoduleid = cm.id AND c.userid = ue.userid) ORDER BY ue.userid, cm.id LIMIT 1"
)
_STRANGER = "(SELECT id FROM mdl_user WHERE username = 'pupil.kofi')"
_TWO_OF_COURSE = (
    "SELECT ue.userid FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid "
    "WHERE e.courseid = {} AND ue.userid > 8"
)
_MISSING_COURSE = (
    "SELECT u.id AS userid, e.id AS enrolid, con.id AS contextid FROM mdl_user u, mdl_enrol e "
    "JOIN mdl_context con ON con.contextlevel = 50 AND con.instanceid = e.courseid "
    "WHERE u.id > 8 AND e.enrol = 'manual' AND NOT EXISTS (SELECT 1 FROM mdl_user_enrolments ue "
    "WHERE ue.userid = u.id AND ue.enrolid = e.id) LIMIT 1"
)

# Each drops, alters, swaps or adds one thing in one table of the online site.
CHANGES = {
    "account deleted": "UPDATE mdl_user SET deleted = 1 WHERE id = 9",
    "account's row gone": "DELETE FROM mdl_user WHERE id = 9",
    "another username": "UPDATE mdl_user SET username = 'x' || username WHERE id = 9",
    "another first name": "UPDATE mdl_user SET firstname = firstname || 'x' WHERE id = 9",
    "another last name": "UPDATE mdl_user SET lastname = lower(lastname) || 'x' WHERE id = 9",
    "an accent lost": "UPDATE mdl_user SET lastname = 'Traore' WHERE lastname = 'Traoré'",
    "another e-mail": "UPDATE mdl_user SET email = 'x' || email WHERE id = 9",
    "e-mail lost": "UPDATE mdl_user SET email = '' WHERE id = 9",
    "another idnumber": "UPDATE mdl_user SET idnumber = 'x' WHERE idnumber LIKE 'S-%'",
    "city lost": "UPDATE mdl_user SET city = '' WHERE id = 9",
    "another country": "UPDATE mdl_user SET country = 'FR' WHERE id = 9",
    "names swapped": "UPDATE mdl_user SET firstname = lastname, lastname = firstname WHERE id = 9",
    "learners' names swapped": (
        "UPDATE mdl_user SET firstname = (SELECT o.firstname FROM mdl_user o "
        "WHERE o.id = 19 - mdl_user.id) WHERE id IN (9, 10)"
    ),
    "institution lost": "UPDATE mdl_user SET institution = ''",
    "another class": "UPDATE mdl_user SET department = 'x' || department WHERE department <> ''",
    "villages lost": "DELETE FROM mdl_user_info_data",
    "another village": "UPDATE mdl_user_info_data SET data = data || 'x' WHERE id = 1",
    "village emptied": "UPDATE mdl_user_info_data SET data = '' WHERE id = 2",
    "village of somebody else": f"UPDATE mdl_user_info_data SET userid = {_STRANGER} WHERE id = 1",
    "member gone": "DELETE FROM mdl_groups_members WHERE id = 3",
    "member of another group": "UPDATE OR REPLACE mdl_groups_members SET groupid = "
    "(SELECT g.id FROM mdl_groups g JOIN mdl_groups o ON o.courseid = g.courseid AND o.id <> g.id "
    "WHERE o.id = mdl_groups_members.groupid) WHERE id = 1",
    "member too many": "INSERT INTO mdl_groups_members (groupid, userid) SELECT g.id, ue.userid "
    "FROM mdl_groups g JOIN mdl_enrol e ON e.courseid = g.courseid "
    "JOIN mdl_user_enrolments ue ON ue.enrolid = e.id AND ue.userid > 8 WHERE NOT EXISTS "
    "(SELECT 1 FROM mdl_groups_members m WHERE m.groupid = g.id AND m.userid = ue.userid) LIMIT 1",
    "group gone": "DELETE FROM mdl_groups WHERE id = 1",
    "group of another name": "UPDATE mdl_groups SET name = name || ' 2' WHERE id = 1",
    "groups' names swapped": "UPDATE mdl_groups SET name = (SELECT max(o.name) FROM mdl_groups o "
    "WHERE o.courseid = mdl_groups.courseid AND o.id <> mdl_groups.id) "
    "WHERE courseid = (SELECT courseid FROM mdl_groups GROUP BY courseid HAVING count(*) > 1)",
    "group of another course": "UPDATE mdl_groups SET courseid = courseid + 1 WHERE id = 1",
    "enrolment gone": "DELETE FROM mdl_user_enrolments "
    "WHERE id = (SELECT min(id) FROM mdl_user_enrolments WHERE userid > 8)",
    "enrolment suspended": "UPDATE mdl_user_enrolments SET status = 1 "
    "WHERE id = (SELECT min(id) FROM mdl_user_enrolments WHERE userid > 8)",
    "way of enrolment closed": "UPDATE mdl_enrol SET status = 1 WHERE courseid = 2",
    "enrolment of somebody else": f"UPDATE OR REPLACE mdl_user_enrolments SET userid = {_STRANGER} "
    "WHERE id = (SELECT min(id) FROM mdl_user_enrolments WHERE userid > 8)",
    "enrolment too many": "INSERT INTO mdl_user_enrolments (enrolid, userid) "
    f"SELECT enrolid, userid FROM ({_MISSING_COURSE})",
    "role gone": "DELETE FROM mdl_role_assignments "
    "WHERE id = (SELECT min(id) FROM mdl_role_assignments WHERE userid > 8)",
    "role of a teacher": "UPDATE mdl_role_assignments SET roleid = 3 "
    "WHERE id = (SELECT min(id) FROM mdl_role_assignments WHERE userid > 8)",
    "role without archetype": "UPDATE mdl_role SET archetype = '' WHERE shortname = 'student'",
    "completion gone": f"DELETE FROM mdl_course_modules_completion WHERE id = ({_STATE})",
    "completion taken back": "UPDATE mdl_course_modules_completion SET completionstate = 0 "
    f"WHERE id = ({_STATE})",
    "completion failed": "UPDATE mdl_course_modules_completion SET completionstate = 3 "
    f"WHERE id = ({_STATE})",
    "completion of somebody else": "UPDATE OR REPLACE mdl_course_modules_completion "
    f"SET userid = {_STRANGER} WHERE id = ({_STATE})",
    "completion of nobody": "UPDATE mdl_course_modules_completion SET userid = 999 "
    f"WHERE id = ({_STATE})",
    "completion of another activity": "UPDATE OR IGNORE mdl_course_modules_completion "
    f"SET coursemoduleid = ({_UNDONE.format('cm.id')}) WHERE id = ("
    "SELECT min(id) FROM mdl_course_modules_completion "
    f"WHERE userid = ({_UNDONE.format('ue.userid')}))",
    "completion too many": "INSERT INTO mdl_course_modules_completion "
    "(coursemoduleid, userid, completionstate, timemodified) "
    f"{_UNDONE.format('cm.id, ue.userid, 1, 1')}",
    "passed too many": "INSERT INTO mdl_course_modules_completion "
    "(coursemoduleid, userid, completionstate, timemodified) "
    f"{_UNDONE.format('cm.id, ue.userid, 2, 1')}",
    "failed too many": "INSERT INTO mdl_course_modules_completion "
    "(coursemoduleid, userid, completionstate, timemodified) "
    f"{_UNDONE.format('cm.id, ue.userid, 3, 1')}",
    "completion of an activity that the box lacks": "INSERT INTO mdl_course_modules_completion "
    "(coursemoduleid, userid, completionstate, timemodified) SELECT cm.id, 9, 1, 1 "
    "FROM mdl_course_modules cm JOIN mdl_page p ON p.id = cm.instance AND cm.module = 16 "
    "WHERE p.name = 'News of the term'",
    "grade gone": f"DELETE FROM mdl_grade_grades WHERE id = ({_GRADE})",
    "grade emptied": f"UPDATE mdl_grade_grades SET finalgrade = NULL WHERE id = ({_GRADE})",
    "grade a little higher": "UPDATE mdl_grade_grades SET finalgrade = finalgrade + 0.0001 "
    f"WHERE id = ({_GRADE})",
    "grade overridden": "UPDATE mdl_grade_grades SET overridden = 1, finalgrade = finalgrade - 1 "
    f"WHERE id = ({_GRADE})",
    "grade of a graded forum": "UPDATE mdl_grade_grades SET finalgrade = finalgrade - 1 "
    "WHERE id = (SELECT min(g.id) FROM mdl_grade_grades g JOIN mdl_grade_items i "
    "ON i.id = g.itemid AND i.itemmodule = 'forum' AND i.itemnumber = 1)",
    "grade of somebody else": f"UPDATE OR REPLACE mdl_grade_grades SET userid = {_STRANGER} "
    f"WHERE id = ({_GRADE})",
    "grade of another item of the activity": "UPDATE mdl_grade_items SET itemnumber = 1 "
    f"WHERE id = (SELECT itemid FROM mdl_grade_grades WHERE id = ({_GRADE}))",
    "grade of the course": "UPDATE mdl_grade_items SET itemtype = 'course' "
    f"WHERE id = (SELECT itemid FROM mdl_grade_grades WHERE id = ({_GRADE}))",
    "grade too many": "INSERT INTO mdl_grade_grades (itemid, userid, rawgrade, finalgrade) "
    "SELECT i.id, ue.userid, 1, 1 FROM mdl_grade_items i JOIN mdl_enrol e "
    "ON e.courseid = i.courseid JOIN mdl_user_enrolments ue ON ue.enrolid = e.id "
    "AND ue.userid > 8 WHERE i.itemmodule = 'quiz' AND NOT EXISTS (SELECT 1 "
    "FROM mdl_grade_grades g WHERE g.itemid = i.id AND g.userid = ue.userid) LIMIT 1",
    "activity deleted": "DELETE FROM mdl_course_modules WHERE id = (SELECT min(id) "
    "FROM mdl_course_modules WHERE completion = 2)",
    "activity on its way out": "UPDATE mdl_course_modules SET deletioninprogress = 1 "
    "WHERE id = (SELECT min(id) FROM mdl_course_modules WHERE completion = 2)",
    "activity not tracked": "UPDATE mdl_course_modules SET completion = 0 WHERE id = "
    "(SELECT min(id) FROM mdl_course_modules WHERE completion = 2)",
    "activity renamed": "UPDATE mdl_page SET name = 'x' WHERE name = 'Fractions'",
    "activity in another section": "UPDATE mdl_course_modules SET section = section + 1 "
    "WHERE id = (SELECT min(id) FROM mdl_course_modules WHERE completion = 2)",
    "course renamed": "UPDATE mdl_course SET shortname = 'x' WHERE shortname = 'BK-FR'",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_single_change_is_seen(changed: tuple[Path, Path], change: str) -> None:
    """Whatever single row online is dropped, altered or added, the pair no longer agrees."""
    box, online = changed
    with closing(connect(online)) as db:
        assert db.execute(change).rowcount > 0
    found = compare(box, online)
    assert not found.verified
    assert found.differences


def _swap(db: sqlite3.Connection, table: str, column: str, one: int, other: int) -> None:
    """Swaps a column's value between two rows, past the unique index."""
    values = [
        db.execute(f"SELECT {column} FROM {table} WHERE id = ?", (row,)).fetchone()[0]
        for row in (one, other)
    ]
    assert values[0] != values[1]
    for row, value in ((one, -1), (other, values[0]), (one, values[1])):
        db.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (value, row))


def test_two_learners_completions_swapped_are_seen(changed: tuple[Path, Path]) -> None:
    """One learner's activity stands with another who has not done it, and the reverse."""
    box, online = changed
    with closing(connect(online)) as db:
        one, other = db.execute(
            "SELECT a.id, b.id FROM mdl_course_modules_completion a "
            "JOIN mdl_course_modules_completion b ON b.userid > a.userid "
            "AND b.coursemoduleid <> a.coursemoduleid WHERE a.userid > 8 "
            "AND NOT EXISTS (SELECT 1 FROM mdl_course_modules_completion c "
            "WHERE c.userid = a.userid AND c.coursemoduleid = b.coursemoduleid) "
            "AND NOT EXISTS (SELECT 1 FROM mdl_course_modules_completion c "
            "WHERE c.userid = b.userid AND c.coursemoduleid = a.coursemoduleid) LIMIT 1"
        ).fetchone()
        _swap(db, "mdl_course_modules_completion", "userid", one, other)
    assert len(compare(box, online).differences) == 4


def test_two_activities_of_one_name_swapped_are_seen(changed: tuple[Path, Path]) -> None:
    """The first "Exercice" is not the second one."""
    box, online = changed
    with closing(connect(online)) as db:
        db.execute(
            "UPDATE mdl_course_sections SET sequence = (SELECT group_concat(id) FROM "
            "(SELECT cm.id FROM mdl_course_modules cm "
            "WHERE cm.section = mdl_course_sections.id ORDER BY cm.id DESC)) "
            "WHERE id = (SELECT section FROM mdl_course_modules cm JOIN mdl_page p "
            "ON p.id = cm.instance AND cm.module = 16 AND p.name = 'Exercice' LIMIT 1)"
        )
    assert not compare(box, online).verified


def test_two_learners_enrolments_swapped_are_seen(changed: tuple[Path, Path]) -> None:
    """Who is in two courses gets the place of who is in all three."""
    box, online = changed
    with closing(connect(online)) as db:
        counts = db.execute(
            "SELECT userid, count(*) AS n FROM mdl_user_enrolments WHERE userid > 8 "
            "GROUP BY userid ORDER BY n, userid"
        ).fetchall()
        fewer, more = counts[0]["userid"], counts[-1]["userid"]
        assert counts[0]["n"] < counts[-1]["n"]
        enrolid = db.execute(
            "SELECT enrolid FROM mdl_user_enrolments WHERE userid = ? AND enrolid NOT IN "
            "(SELECT enrolid FROM mdl_user_enrolments WHERE userid = ?)",
            (more, fewer),
        ).fetchone()["enrolid"]
        db.execute(
            "UPDATE mdl_user_enrolments SET userid = ? WHERE userid = ? AND enrolid = ?",
            (fewer, more, enrolid),
        )
    assert not compare(box, online).verified


def test_two_learners_grades_swapped_are_seen(changed: tuple[Path, Path]) -> None:
    """Two grades of one item, each with the other learner."""
    box, online = changed
    with closing(connect(online)) as db:
        one, other = db.execute(
            "SELECT a.id, b.id FROM mdl_grade_grades a JOIN mdl_grade_grades b "
            "ON b.itemid = a.itemid AND b.userid > a.userid AND b.finalgrade <> a.finalgrade "
            "WHERE a.userid > 8 LIMIT 1"
        ).fetchone()
        _swap(db, "mdl_grade_grades", "userid", one, other)
    assert len(compare(box, online).differences) == 2


def test_two_grades_of_a_learner_swapped_are_seen(changed: tuple[Path, Path]) -> None:
    """Two items' grades of one learner, each with the other item."""
    box, online = changed
    with closing(connect(online)) as db:
        one, other = db.execute(
            "SELECT a.id, b.id FROM mdl_grade_grades a JOIN mdl_grade_grades b "
            "ON b.userid = a.userid AND b.itemid > a.itemid AND b.finalgrade <> a.finalgrade "
            "WHERE a.userid > 8 LIMIT 1"
        ).fetchone()
        _swap(db, "mdl_grade_grades", "itemid", one, other)
    assert len(compare(box, online).differences) == 2


@pytest.fixture
def changed_box(pair: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """The pair, with a copy of the box that the test may change."""
    box, online = pair
    copy = tmp_path / "box.sqlite"
    copy.write_bytes(box.read_bytes())
    return copy, online


_QUIZ_ITEMS = "SELECT id FROM mdl_grade_items WHERE itemmodule = 'quiz'"
_ASSIGN_ITEMS = "SELECT id FROM mdl_grade_items WHERE itemmodule = 'assign'"


@pytest.mark.parametrize(
    ("change", "verified"),
    [
        # What counts on a box is the raw grade; its final grade where a teacher overrode it.
        (f"finalgrade = 0.5 WHERE itemid IN ({_QUIZ_ITEMS})", True),
        (f"rawgrade = rawgrade + 0.5 WHERE itemid IN ({_QUIZ_ITEMS})", False),
        (f"overridden = 1, rawgrade = 0.5 WHERE itemid IN ({_QUIZ_ITEMS})", True),
        (f"overridden = 1, finalgrade = 0.5 WHERE itemid IN ({_QUIZ_ITEMS})", False),
        (f"rawgrade = rawgrade + 0.000001 WHERE itemid IN ({_QUIZ_ITEMS})", True),
        (f"rawgrade = 0.5 WHERE itemid IN ({_ASSIGN_ITEMS})", False),
        (f"feedback = 'x' WHERE itemid IN ({_ASSIGN_ITEMS})", False),
        (f"feedback = NULL WHERE itemid IN ({_ASSIGN_ITEMS})", True),
        (f"feedback = '' WHERE itemid IN ({_ASSIGN_ITEMS})", True),
        ("rawgrade = 0.5 WHERE itemid IN (SELECT id FROM mdl_grade_items "
         "WHERE itemtype = 'course')", True),
    ],
)  # fmt: skip
def test_which_grade_of_the_box_counts(
    changed_box: tuple[Path, Path], change: str, verified: bool
) -> None:
    """Totals are not compared; words are where both sides have some to an assignment."""
    with closing(connect(changed_box[0])) as db:
        assert db.execute(f"UPDATE mdl_grade_grades SET {change}").rowcount > 0
    assert compare(*changed_box).verified is verified


def test_words_to_anything_but_an_assignment_have_no_way(
    changed: tuple[Path, Path], changed_box: tuple[Path, Path]
) -> None:
    """They may differ."""
    for path, words in ((changed_box[0], "here"), (changed[1], "there")):
        with closing(connect(path)) as db:
            sql = f"UPDATE mdl_grade_grades SET feedback = ? WHERE itemid IN ({_QUIZ_ITEMS})"
            assert db.execute(sql, (words,)).rowcount > 0
    assert compare(changed_box[0], changed[1]).verified


def test_who_left_the_course_on_the_box_is_not_compared(
    changed_box: tuple[Path, Path], tmp_path: Path
) -> None:
    """A grade outlives the enrolment on the box; online it is not asked for."""
    box, online = changed_box
    with closing(connect(box)) as db:
        db.execute("INSERT INTO mdl_grade_grades (itemid, userid, rawgrade) "
                   f"SELECT i.id, u.id, 1 FROM ({_QUIZ_ITEMS}) q JOIN mdl_grade_items i "
                   "ON i.id = q.id JOIN mdl_user u ON u.id > 3 WHERE NOT EXISTS (SELECT 1 "
                   "FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid "
                   "WHERE ue.userid = u.id AND e.courseid = i.courseid)")  # fmt: skip
        assert db.execute("SELECT changes()").fetchone()[0] > 0
    assert compare(box, online).verified


def test_an_administrator_who_tries_a_quiz_is_no_learner(
    changed_box: tuple[Path, Path],
) -> None:
    """Also when enrolled as a student on the box."""
    with closing(connect(changed_box[0])) as db:
        for row in db.execute("SELECT id FROM mdl_course WHERE id <> 1").fetchall():
            enrol(db, row["id"], 2, now=NOW)
        db.execute("INSERT INTO mdl_grade_grades (itemid, userid, rawgrade) "
                   f"SELECT id, 2, 1 FROM ({_QUIZ_ITEMS})")  # fmt: skip
    assert compare(*changed_box).verified


@pytest.mark.parametrize(
    ("box_state", "online_state", "verified"),
    [
        (1, 1, True), (1, 2, True), (2, 1, True), (2, 2, True), (2, 3, False), (2, 0, False),
        (3, 0, True), (3, 3, True), (3, 1, False), (3, 2, False),
        (4, 0, True), (4, 3, True), (4, 1, False), (4, 2, False), (0, 3, False),
    ],
)  # fmt: skip
def test_failed_is_never_done(
    changed: tuple[Path, Path], tmp_path: Path, box_state: int, online_state: int, verified: bool
) -> None:
    """Passed may arrive as complete, failed may arrive as failed or not at all."""
    box, online = tmp_path / "box.sqlite", changed[1]
    box.write_bytes(changed[0].read_bytes())
    with closing(connect(box)) as here, closing(connect(online)) as there:
        for db, state in ((here, box_state), (there, online_state)):
            (cmid,) = db.execute(f"SELECT id FROM ({_KEYS}) WHERE key = 'BK-FR/quiz/Quiz 1/1'")
            (user,) = db.execute(
                "SELECT ue.userid FROM mdl_user_enrolments ue JOIN mdl_enrol e "
                "ON e.id = ue.enrolid JOIN mdl_course c ON c.id = e.courseid "
                "JOIN mdl_user u ON u.id = ue.userid WHERE c.shortname = 'BK-FR' "
                "AND u.username LIKE '%.%' AND u.username NOT LIKE 'pupil%' "
                "AND u.username NOT IN ('aisha.bello', 'paul.okafor') "
                "ORDER BY u.username LIMIT 1"
            )
            set_completion(db, cmid["id"], user["userid"], state, now=NOW)
    assert compare(box, online).verified is verified


def test_what_is_not_of_the_box_is_not_its_business(changed: tuple[Path, Path]) -> None:
    """Other people's accounts, enrolments and work online may be as they are."""
    box, online = changed
    with closing(connect(online)) as db:
        db.execute("UPDATE mdl_user SET firstname = 'x' WHERE id <= 8")
        db.execute("DELETE FROM mdl_user_enrolments WHERE userid <= 8")
        db.execute("DELETE FROM mdl_course_modules_completion WHERE userid <= 8")
        db.execute("INSERT INTO mdl_grade_grades (itemid, userid, finalgrade) "
                   "SELECT id, 6, 1 FROM mdl_grade_items")  # fmt: skip
    assert compare(box, online).verified


def test_a_member_of_a_group_that_the_box_has_not_is_seen(changed: tuple[Path, Path]) -> None:
    """Nothing on the box justifies it; a learner of another school may be in it."""
    box, online = changed
    with closing(connect(online)) as db:
        group = make_group(db, 2, "Another", now=NOW)
        join(db, group, 6, now=NOW)
        assert compare(box, online).verified
        sql = "SELECT min(userid) FROM mdl_groups_members WHERE userid > 8"
        join(db, group, db.execute(sql).fetchone()[0], now=NOW)
    assert not compare(box, online).verified


@pytest.mark.parametrize(
    ("change", "verified"),
    [
        # Phones have no way; what the box leaves empty is not asked for.
        ("UPDATE mdl_user SET phone1 = '1', phone2 = '2'", True),
        ("UPDATE mdl_user SET address = 'x' WHERE id > 8", False),
        ("UPDATE mdl_user SET institution = '', department = ''", True),
        ("UPDATE mdl_user_info_data SET data = ''", True),
        ("DELETE FROM mdl_user_info_data", True),
        # A field that the online site has not.
        ("UPDATE mdl_user_info_field SET shortname = 'Village'", True),
        # Names as a database may compare them; another name is another group.
        ("UPDATE mdl_groups SET name = upper(name) || ' '", True),
        ("UPDATE mdl_groups SET name = 'Equipe rouge' WHERE name = 'Équipe rouge'", True),
        ("UPDATE mdl_groups SET name = name || 's' WHERE id = 1", False),
        ("DELETE FROM mdl_groups_members WHERE id = 1", False),
    ],
)  # fmt: skip
def test_which_profile_and_groups_of_the_box_count(
    changed_box: tuple[Path, Path], change: str, verified: bool
) -> None:
    """What has no way is not compared, what differs is."""
    with closing(connect(changed_box[0])) as db:
        assert db.execute(change).rowcount > 0
    assert compare(*changed_box).verified is verified


@pytest.mark.parametrize("left", [True, False])
def test_groups_of_who_is_no_student_there_are_not_compared(
    changed_box: tuple[Path, Path], left: bool
) -> None:
    """A learner's group stays online where the learner left the course, or teaches it."""
    box, online = changed_box
    with closing(connect(box)) as db:
        user, course = db.execute(
            "SELECT m.userid, g.courseid FROM mdl_groups_members m "
            "JOIN mdl_groups g ON g.id = m.groupid ORDER BY m.id LIMIT 1"
        ).fetchone()
        if left:
            sql = "SELECT * FROM mdl_enrol WHERE courseid = ? AND enrol = 'manual'"
            unenrol_user(db, db.execute(sql, (course,)).fetchone(), user)
        else:
            sql = "UPDATE mdl_role_assignments SET roleid = 3 WHERE userid = ? AND contextid = ?"
            db.execute(sql, (user, context_id(db, COURSE, course)))
            db.execute("DELETE FROM mdl_groups_members WHERE userid = ?", (user,))
        sql = "SELECT shortname FROM mdl_course WHERE id = ?"
        (shortname,) = db.execute(sql, (course,)).fetchone()
        sql = "SELECT username FROM mdl_user WHERE id = ?"
        (name,) = db.execute(sql, (user,)).fetchone()
    differences = compare(box, online).differences
    facts = [d.fact for d in differences if d.learner == name]
    assert facts
    assert not any(fact.startswith(f"{shortname}: in group") for fact in facts)


def test_an_empty_online_site_is_not_verified(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Nothing there is no agreement."""
    make_online(tmp_path / "empty.sqlite", now=NOW, seed=1)
    found = compare(pair[0], tmp_path / "empty.sqlite")
    assert not found.verified
    assert {d.fact for d in found.differences if d.box == "True"} >= {"account"}
