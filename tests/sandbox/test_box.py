"""The generated box and school: believable, and the same for the same seed."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from beekeed.sandbox.box import Work, make_box, new_work
from beekeed.sandbox.course import standard_courses
from beekeed.sandbox.database import connect, create
from beekeed.sandbox.school import make_online

NOW = 1_795_600_800  # Wednesday 25 November 2026, 10:00 UTC
_DATA = Path(__file__).parents[1] / "data" / "moodle-4.5.6"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an online site and a box of it."""
    path = tmp_path_factory.mktemp("sandbox")
    make_online(path / "online.sqlite", now=NOW, seed=1)
    make_box(path / "box.sqlite", path / "online.sqlite", now=NOW, seed=1)
    return path


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Rows of a query on one of the files."""
    with closing(connect(path)) as db:
        return [tuple(row) for row in db.execute(sql)]


def dump(path: Path) -> list[str]:
    """All of a database as SQL."""
    with closing(connect(path)) as db:
        return list(db.iterdump())


def test_the_tables_take_a_real_devices_rows(tmp_path: Path) -> None:
    """Every table of the device sample exists with the same columns in the same order."""
    rows = json.loads((_DATA / "device-rows.json").read_text(encoding="utf-8"))
    assert len(rows) > 30
    with closing(create(tmp_path / "device.sqlite")) as db:
        for table, row in rows.items():
            columns = [found["name"] for found in db.execute(f"PRAGMA table_info(mdl_{table})")]
            assert list(row) == columns
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO mdl_{table} VALUES ({marks})", list(row.values()))


def test_the_tables_hold_what_moodle_would_refuse(tmp_path: Path) -> None:
    """Too long a name and a missing value fail as in Moodle's database."""
    with closing(create(tmp_path / "device.sqlite")) as db:
        for statement in (
            f"INSERT INTO mdl_user (firstname) VALUES ('{'x' * 101}')",
            "INSERT INTO mdl_course_modules_completion "
            "(coursemoduleid, userid, timemodified) VALUES (1, 1, 1)",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(statement)


def test_a_database_is_never_overwritten(folder: Path) -> None:
    """Making one where one is is refused."""
    with pytest.raises(FileExistsError):
        make_online(folder / "online.sqlite", now=NOW, seed=1)


def test_a_box_can_be_made_of_described_courses(tmp_path: Path) -> None:
    """Without an online site, as many courses and learners as wanted."""
    make_box(
        tmp_path / "box", standard_courses(NOW - 9_000_000, NOW - 3_000_000),
        now=NOW, seed=1, learners=5, courses=2, days=5,
    )  # fmt: skip
    assert len(ask(tmp_path / "box", _COURSES)) == 2
    assert len(ask(tmp_path / "box", "SELECT 1 FROM mdl_user WHERE id > 3")) == 5


def test_the_same_seed_makes_the_same_box(folder: Path, tmp_path: Path) -> None:
    """Row for row; another seed makes another one."""
    for seed in (1, 2):
        make_box(tmp_path / f"{seed}", folder / "online.sqlite", now=NOW, seed=seed)
    assert dump(tmp_path / "1") == dump(folder / "box.sqlite")
    assert dump(tmp_path / "2") != dump(folder / "box.sqlite")


_COURSES = """
    SELECT shortname, fullname, timemodified FROM mdl_course WHERE id > 1 ORDER BY shortname
"""


def test_the_courses_are_the_schools_with_other_ids(folder: Path) -> None:
    """Same shortname, name and time; no id in common, and the idnumber lost."""
    box, online = folder / "box.sqlite", folder / "online.sqlite"
    assert ask(box, _COURSES) == ask(online, _COURSES)
    assert len(ask(box, _COURSES)) == 3
    for table in ("course", "course_sections", "course_modules"):
        sql = f"SELECT id FROM mdl_{table} WHERE id > 1"
        assert not set(ask(box, sql)) & set(ask(online, sql))
    assert set(ask(box, "SELECT idnumber FROM mdl_course")) == {("",)}
    assert ("BK-MATH",) in ask(online, "SELECT idnumber FROM mdl_course")


def test_only_later_additions_are_missing_on_the_box(folder: Path) -> None:
    """Two activities that a teacher added online, not tracked, newer than the course's time."""
    sql = (
        "SELECT cm.completion, cm.added > c.timemodified FROM mdl_course_modules cm "
        "JOIN mdl_course c ON c.id = cm.course"
    )
    online, box = (ask(folder / name, sql) for name in ("online.sqlite", "box.sqlite"))
    assert len(online) - len(box) == 2
    assert [row for row in online if row[1]] == [(0, 1), (0, 1)]


def test_a_course_has_every_kind_of_activity(folder: Path) -> None:
    """11 to 14 a course: pages, one by hand, assignment, quiz, forums, choice, one not tracked."""
    sql = "SELECT course, count(*) FROM mdl_course_modules GROUP BY course"
    assert all(11 <= int(str(count)) <= 14 for _, count in ask(folder / "box.sqlite", sql))
    sql = (
        "SELECT DISTINCT cm.completion, m.name FROM mdl_course_modules cm "
        "JOIN mdl_modules m ON m.id = cm.module"
    )
    assert set(ask(folder / "box.sqlite", sql)) == {
        (0, "forum"), (0, "page"), (1, "page"), (2, "page"), (2, "assign"), (2, "quiz"),
        (2, "forum"), (2, "choice"),
    }  # fmt: skip
    sql = "SELECT itemnumber FROM mdl_grade_items WHERE itemmodule = 'forum'"
    assert ask(folder / "box.sqlite", sql) == [(1,)]


def test_the_sequence_lists_every_activity_once(folder: Path) -> None:
    """In its own section."""
    sql = (
        "SELECT cm.id FROM mdl_course_modules cm JOIN mdl_course_sections s ON s.id = cm.section "
        "WHERE (',' || s.sequence || ',') NOT LIKE '%,' || cm.id || ',%'"
    )
    assert ask(folder / "box.sqlite", sql) == []


def test_learners_have_names_of_many_scripts_and_plain_usernames(folder: Path) -> None:
    """40 learners, most of them in all three courses, each in two at least."""
    sql = "SELECT username, firstname || ' ' || lastname FROM mdl_user WHERE id > 3"
    people = ask(folder / "box.sqlite", sql)
    assert len(people) == 40
    assert all(str(username).isascii() and str(username).islower() for username, _ in people)
    letters = "".join(str(name) for _, name in people)
    assert all(
        any(char in letters for char in script) for script in ("éï", "'", "سم", "王李欧", "ሰዳት")
    )
    sql = "SELECT count(*) FROM mdl_user_enrolments WHERE userid > 3 GROUP BY userid"
    counts = [count for (count,) in ask(folder / "box.sqlite", sql)]
    assert set(counts) == {2, 3}
    assert counts.count(3) > counts.count(2)


def test_the_work_fills_three_weeks_of_school_hours(folder: Path) -> None:
    """About 60 in a hundred of all that can be done, more early than late, none after now."""
    sql = "SELECT timemodified, completionstate FROM mdl_course_modules_completion ORDER BY id"
    found = [(int(str(at)), state) for at, state in ask(folder / "box.sqlite", sql)]
    times = [at for at, _ in found]
    assert times == sorted(times)
    assert times[0] >= NOW - 21 * 86400
    assert times[-1] <= NOW
    moments = [datetime.fromtimestamp(at, UTC) for at in times]
    assert all(moment.weekday() < 5 and 8 <= moment.hour < 16 for moment in moments)
    assert times[len(times) // 2] < NOW - 21 * 43200
    sql = (
        "SELECT count(*) FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid "
        "JOIN mdl_course_modules cm ON cm.course = e.courseid AND cm.completion > 0 "
        "WHERE ue.userid > 3"
    )
    possible = int(str(ask(folder / "box.sqlite", sql)[0][0]))
    done = sum(1 for _, state in found if state)
    assert 0.55 < done / possible < 0.65
    assert {state for _, state in found} == {0, 1, 2, 3}


def test_passed_and_failed_follow_from_the_grade(folder: Path) -> None:
    """Only where the quiz asks for a pass grade, and as the grade says."""
    sql = (
        "SELECT c.completionstate, cm.completionpassgrade, g.finalgrade >= i.gradepass "
        "FROM mdl_course_modules_completion c JOIN mdl_course_modules cm "
        "ON cm.id = c.coursemoduleid "
        "JOIN mdl_modules m ON m.id = cm.module AND m.name = 'quiz' "
        "JOIN mdl_grade_items i ON i.itemmodule = 'quiz' AND i.iteminstance = cm.instance "
        "JOIN mdl_grade_grades g ON g.itemid = i.id AND g.userid = c.userid"
    )
    assert set(ask(folder / "box.sqlite", sql)) == {(1, 0, 1), (2, 1, 1), (3, 1, 0)}


def test_a_marked_assignment_has_grade_and_words_in_both_places(folder: Path) -> None:
    """In the assignment and in the gradebook; some marks have no words, which is format 0."""
    sql = (
        "SELECT k.grade = g.finalgrade, c.commenttext, g.feedback, g.feedbackformat "
        "FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid "
        "AND i.itemmodule = 'assign' LEFT JOIN mdl_assign_grades k "
        "ON k.assignment = i.iteminstance AND k.userid = g.userid "
        "LEFT JOIN mdl_assignfeedback_comments c ON c.grade = k.id"
    )
    marks = ask(folder / "box.sqlite", sql)
    assert all(same == 1 and kept == shown for same, kept, shown, _ in marks)
    assert {(words is not None, form) for _, _, words, form in marks} == {(True, 1), (False, 0)}
    assert len({words for _, _, words, _ in marks}) == 5


def test_an_assignment_is_graded_on_the_box_as_it_is_online(folder: Path) -> None:
    """A backup carries its settings: neither side asks for notices to learners."""
    sql = "SELECT DISTINCT sendstudentnotifications, maxattempts FROM mdl_assign"
    assert ask(folder / "online.sqlite", sql) == ask(folder / "box.sqlite", sql) == [(0, 1)]


def test_learners_are_in_groups_of_their_courses(folder: Path) -> None:
    """Most in one, some in two or in none; nobody is in a group without the course."""
    box = folder / "box.sqlite"
    members = ask(
        box,
        "SELECT g.courseid, m.userid, count(*) FROM mdl_groups g "
        "JOIN mdl_groups_members m ON m.groupid = g.id GROUP BY 1, 2",
    )
    learners = ask(
        box,
        "SELECT e.courseid, ue.userid FROM mdl_user_enrolments ue "
        "JOIN mdl_enrol e ON e.id = ue.enrolid WHERE ue.userid > 3",
    )
    assert {row[:2] for row in members} < set(learners)
    twice = sum(1 for _, _, count in members if count == 2)
    assert 0 < twice < 0.2 * len(members)
    assert twice + sum(1 for _, _, count in members if count == 1) == len(members)
    assert 0.8 < len(members) / len(learners) < 1
    assert ask(box, "SELECT count(DISTINCT courseid), count(*) FROM mdl_groups") == [(3, 5)]
    times = "SELECT max(timeadded) = (SELECT max(timemodified) FROM mdl_groups) FROM "
    assert ask(box, f"{times} mdl_groups_members") == [(1,)]


def test_some_profiles_are_filled_in(folder: Path) -> None:
    """A field that the school online has too, and columns of the account itself."""
    field = "SELECT shortname, datatype, visible FROM mdl_user_info_field"
    online, box = (ask(folder / name, field) for name in ("online.sqlite", "box.sqlite"))
    assert online == box == [("village", "text", 2)]
    assert ask(folder / "online.sqlite", "SELECT * FROM mdl_user_info_data") == []
    filled = ask(folder / "box.sqlite", "SELECT userid FROM mdl_user_info_data WHERE data <> ''")
    assert 10 < len(filled) < 30
    assert all(int(str(user)) > 3 for (user,) in filled)
    classes = "SELECT count(*) FROM mdl_user WHERE department <> '' AND institution <> ''"
    assert 5 < int(str(ask(folder / "box.sqlite", classes)[0][0])) < 25


def test_a_completed_course_and_a_badge_are_noted(folder: Path) -> None:
    """Where its activities complete a course, as they were done; the first gets the badge."""
    box = folder / "box.sqlite"
    rows = ask(
        box,
        "SELECT cc.userid, cc.timecompleted, max(m.timemodified), min(m.completionstate), count(*) "
        "FROM mdl_course_completions cc JOIN mdl_course_completion_criteria cr "
        "ON cr.course = cc.course LEFT JOIN mdl_course_modules_completion m "
        "ON m.coursemoduleid = cr.moduleinstance AND m.userid = cc.userid "
        "AND m.completionstate <> 0 GROUP BY cc.id ORDER BY 2, cc.id",
    )
    done = [row for row in rows if row[1]]
    assert 5 < len(done) < len(rows)
    assert all(completed == latest for _, completed, latest, _, _ in done)
    assert ask(box, "SELECT userid, dateissued FROM mdl_badge_issued") == [done[0][:2]]
    assert ask(folder / "online.sqlite", "SELECT * FROM mdl_badge") == []


def test_new_work_is_one_thing_and_says_which(folder: Path, tmp_path: Path) -> None:
    """A completion more, or a learner more with enrolments; deterministic by the generator."""
    make_box(tmp_path / "box", folder / "online.sqlite", now=NOW, seed=3, learners=3)
    count = (
        "SELECT (SELECT count(*) FROM mdl_course_modules_completion), "
        "(SELECT count(*) FROM mdl_user), (SELECT count(*) FROM mdl_user_enrolments)"
    )
    rng = Random(7)
    joined = 0
    for minute in range(60):
        before = [int(str(n)) for n in ask(tmp_path / "box", count)[0]]
        work = new_work(tmp_path / "box", NOW + 60 * minute, rng)
        after = [int(str(n)) for n in ask(tmp_path / "box", count)[0]]
        assert isinstance(work, Work)
        assert work.learner
        assert work.course
        if work.joined:
            joined += 1
            assert after[0] == before[0]
            assert after[1] == before[1] + 1
            assert after[2] in (before[2] + 2, before[2] + 3)
        else:
            assert after == [before[0] + 1, *before[1:]]
            latest = "SELECT max(timemodified) FROM mdl_course_modules_completion"
            assert ask(tmp_path / "box", latest) == [(NOW + 60 * minute,)]
    assert 0 < joined < 30


def test_nobody_of_the_school_is_on_the_box(folder: Path) -> None:
    """Teachers and learners of another school are online only."""
    sql = "SELECT username FROM mdl_user WHERE id > 2"
    online, box = (set(ask(folder / name, sql)) for name in ("online.sqlite", "box.sqlite"))
    assert len(online) == 6
    assert not online & box
