"""A recorded device's work brought to a real online Moodle, and read back through its services."""

import time
from collections import defaultdict
from pathlib import Path

import pytest

from tests.live.moodle import LiveMoodle
from tests.sample import fill
from tests.system.world import World, execute

pytestmark = pytest.mark.live

LEARNERS = """
    SELECT DISTINCT u.username, u.firstname, u.lastname, c.shortname
    FROM mdl_user u JOIN mdl_role_assignments ra ON ra.userid = u.id
    JOIN mdl_role r ON r.id = ra.roleid AND r.archetype = 'student'
    JOIN mdl_context x ON x.id = ra.contextid AND x.contextlevel = 50
    JOIN mdl_course c ON c.id = x.instanceid WHERE u.deleted = 0
"""
ACTIVE = f"""
    SELECT DISTINCT c.shortname FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid
    JOIN mdl_user u ON u.id = ue.userid JOIN mdl_course c ON c.id = e.courseid
    WHERE u.username = ? AND u.deleted = 0 AND ue.status = 0 AND e.status = 0
    AND (ue.timeend = 0 OR ue.timeend > {int(time.time())})
"""
# Who did what, by course, section and place in the section: that is how the test pairs
# activities, since a restored course keeps their order.
DONE = """
    SELECT u.username, c.shortname, s.section, cm.id, s.sequence, cmc.completionstate
    FROM mdl_course_modules_completion cmc JOIN mdl_user u ON u.id = cmc.userid
    JOIN mdl_course_modules cm ON cm.id = cmc.coursemoduleid
    JOIN mdl_course c ON c.id = cm.course JOIN mdl_course_sections s ON s.id = cm.section
    WHERE cmc.completionstate > 0 AND u.deleted = 0 AND cm.completion <> 0
    AND cm.deletioninprogress = 0
"""


GRADES = """
    SELECT u.username, c.shortname, s.section, cm.id, s.sequence, gi.itemnumber,
           CASE WHEN gg.overridden <> 0 THEN gg.finalgrade ELSE gg.rawgrade END
    FROM mdl_grade_grades gg JOIN mdl_grade_items gi ON gi.id = gg.itemid AND gi.itemtype = 'mod'
    JOIN mdl_user u ON u.id = gg.userid JOIN mdl_modules m ON m.name = gi.itemmodule
    JOIN mdl_course_modules cm ON cm.module = m.id AND cm.instance = gi.iteminstance
    JOIN mdl_course c ON c.id = cm.course JOIN mdl_course_sections s ON s.id = cm.section
    WHERE gi.itemmodule <> 'assign' AND u.deleted = 0 AND cm.deletioninprogress = 0
"""


class Sample(World):
    """A world whose box is a recorded device and whose online Moodle is a real one."""

    def __init__(self, folder: Path, moodle: LiveMoodle) -> None:
        super().__init__(folder)
        self.box.unlink()
        fill(self.box, "device-sample")
        self.address = moodle.address
        self.token = moodle.token_file


def test_every_learner_of_the_sample_agrees(tmp_path: Path) -> None:
    """Accounts, enrolments and completions of 39 learners in three courses."""
    moodle = LiveMoodle()
    here = Sample(tmp_path, moodle)
    try:
        moodle.set_modified(dict(here.on_box("SELECT shortname, timemodified FROM mdl_course")))
        here.start_daemon()
        run = here.sync()
        print(run["actions"], run["sent_bytes"], run["received_bytes"])
        assert run["status"] == "completed", here.ctl("set-aside").out
        compared = compare_all(here, moodle)
        print(f"{compared} facts agree")
        again = here.sync()
        assert again["status"] == "completed"
        assert [a for a in again["actions"] if a["verdict"] != "unsent"] == []
    finally:
        here.end()


def compare_all(here: World, moodle: LiveMoodle) -> int:
    """Hold every account, enrolment, completion and grade of both sides against each other."""
    return (
        compare_accounts(here, moodle)
        + compare_completions(here, moodle)
        + compare_grades(here, moodle)
    )


def compare_accounts(here: World, moodle: LiveMoodle) -> int:
    """Every learner exists with their names, enrolled in exactly the box's courses.

    And active there exactly where active on the box: a suspended or ended enrolment stays one.
    """
    wanted: dict[str, tuple[str, str, set[str]]] = {}
    for username, first, last, shortname in here.on_box(LEARNERS):
        wanted.setdefault(username, (first, last, set()))[2].add(shortname)
    members, active = enrolled_online(moodle)
    for username, (first, last, courses) in wanted.items():
        (user,) = moodle.call("core_user_get_users_by_field", field="username", values=[username])
        assert (user["firstname"], user["lastname"]) == (first, last)
        assert members[user["id"]] == courses, username
        active_here = {shortname for (shortname,) in here.on_box(ACTIVE, username)}
        assert active[user["id"]] == active_here, username
    return sum(1 + len(courses) for _, _, courses in wanted.values())


def enrolled_online(moodle: LiveMoodle) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    """The courses of each account online, and those of them where it is active."""
    members: dict[int, set[str]] = defaultdict(set)
    active: dict[int, set[str]] = defaultdict(set)
    for shortname in ("BK-MATH", "BK-FR", "BK-SCI"):
        (course,) = moodle.call(
            "core_course_get_courses_by_field", field="shortname", value=shortname
        )["courses"]
        for found, option in ((members, "userfields"), (active, "onlyactive")):
            options = [{"name": option, "value": 1 if option == "onlyactive" else "id"}]
            for user in moodle.call(
                "core_enrol_get_enrolled_users", courseid=course["id"], options=options
            ):
                found[user["id"]].add(shortname)
    return members, active


def compare_completions(here: World, moodle: LiveMoodle) -> int:
    """Done online exactly where done on the box, for learners of each course.

    What failed on the box is done online only where Moodle itself says so by the grade that
    came: the sample has failures (state 3) in a quiz that any grade completes.
    """
    members = {(username, shortname) for username, _, _, shortname in here.on_box(LEARNERS)}
    states = {
        (username, shortname, section, sequence.split(",").index(str(cmid))): state
        for username, shortname, section, cmid, sequence, state in here.on_box(DONE)
        if (username, shortname) in members
    }
    done = {where for where, state in states.items() if state in (1, 2)}
    found = set()
    compared = 0
    for username, shortname in members:
        (course,) = moodle.call(
            "core_course_get_courses_by_field", field="shortname", value=shortname
        )["courses"]
        places = {
            module["id"]: (section["section"], place)
            for section in moodle.call("core_course_get_contents", courseid=course["id"])
            for place, module in enumerate(section["modules"])
        }
        (user,) = moodle.call("core_user_get_users_by_field", field="username", values=[username])
        statuses = moodle.call(
            "core_completion_get_activities_completion_status",
            courseid=course["id"], userid=user["id"],
        )["statuses"]  # fmt: skip
        compared += len(statuses)
        for status in statuses:
            if status["state"] in (1, 2):
                found.add((username, shortname, *places[status["cmid"]]))
    assert done <= found
    assert found - done <= states.keys()
    return compared


def compare_grades(here: World, moodle: LiveMoodle) -> int:
    """The same grades in every activity but assignments, and none where the box has none."""
    members = {(username, shortname) for username, _, _, shortname in here.on_box(LEARNERS)}
    wanted = {
        (username, shortname, section, sequence.split(",").index(str(cmid)), item): float(value)
        for username, shortname, section, cmid, sequence, item, value in here.on_box(GRADES)
        if (username, shortname) in members and value is not None
    }
    found = {}
    for shortname in {shortname for _, shortname in members}:
        (course,) = moodle.call(
            "core_course_get_courses_by_field", field="shortname", value=shortname
        )["courses"]
        places = {
            module["id"]: (section["section"], place)
            for section in moodle.call("core_course_get_contents", courseid=course["id"])
            for place, module in enumerate(section["modules"])
        }
        names = {
            user["id"]: user["username"]
            for user in moodle.call("core_enrol_get_enrolled_users", courseid=course["id"])
        }
        for online_id, username in names.items():
            report = moodle.call(
                "gradereport_user_get_grade_items", courseid=course["id"], userid=online_id
            )
            for item in report["usergrades"][0]["gradeitems"]:
                if item["itemmodule"] not in (None, "assign") and item["graderaw"] is not None:
                    where = (*places[item["cmid"]], item["itemnumber"])
                    found[username, shortname, *where] = float(item["graderaw"])
    assert found == wanted
    return len(wanted)


def test_names_with_markup_characters_match(tmp_path: Path) -> None:
    """An activity "Reading & writing" and a course "R&D" are the same on both sides."""
    moodle = LiveMoodle()
    here = Sample(tmp_path, moodle)
    name = 'Reading & writing < "easy"'
    (cmid,) = here.on_box(
        "SELECT min(cm.instance) FROM mdl_course_modules cm WHERE course = 2"
        " AND module = (SELECT id FROM mdl_modules WHERE name = 'page')"
    )[0]
    (old,) = here.on_box("SELECT name FROM mdl_page WHERE id = ?", cmid)[0]
    rename = "UPDATE mdl_page SET name = '{}' WHERE name = '{}' AND course ="
    rename += " (SELECT id FROM mdl_course WHERE shortname = 'BK-MATH')"
    try:
        moodle.set_modified(dict(here.on_box("SELECT shortname, timemodified FROM mdl_course")))
        execute(here.box, "UPDATE mdl_page SET name = ? WHERE id = ?", name, cmid)
        here.on_box("UPDATE mdl_course SET shortname = 'R&D' WHERE shortname = 'BK-FR'")
        moodle.sql("UPDATE mdl_course SET shortname = 'R&D' WHERE shortname = 'BK-FR'")
        moodle.sql(rename.format(name, old))
        moodle.sql("UPDATE mdl_course SET cacherev = cacherev + 1")
        here.start_daemon()
        run = here.sync()
        left_out = [course["shortname"] for course in run["courses"] if course["left_out"]]
        assert left_out == []
        assert "R&D" in {course["shortname"] for course in run["courses"]}
    finally:
        moodle.sql("UPDATE mdl_course SET shortname = 'BK-FR' WHERE shortname = 'R&D'")
        moodle.sql(rename.format(old, name))
        moodle.sql("UPDATE mdl_course SET cacherev = cacherev + 1")
        here.end()
