"""Holds both sides against each other, fact by fact: the box by SQL, online by its services.

A fact is a tuple that says the same on both sides: of activities by section and place in it,
for a restored course keeps their order; of nothing by an id.
"""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from tests.system.world import World
from tests.variety.online import Online

Fact = tuple[object, ...]

COURSES = ("BK-MATH", "BK-FR", "BK-SCI")
LEARNERS = """
    SELECT DISTINCT u.username, u.firstname, u.lastname, c.shortname
    FROM mdl_user u JOIN mdl_role_assignments ra ON ra.userid = u.id
    JOIN mdl_role r ON r.id = ra.roleid AND r.archetype = 'student'
    JOIN mdl_context x ON x.id = ra.contextid AND x.contextlevel = 50
    JOIN mdl_course c ON c.id = x.instanceid WHERE u.deleted = 0
"""
ACTIVE = f"""
    SELECT DISTINCT u.username, c.shortname FROM mdl_user_enrolments ue
    JOIN mdl_enrol e ON e.id = ue.enrolid AND e.status = 0
    JOIN mdl_user u ON u.id = ue.userid JOIN mdl_course c ON c.id = e.courseid
    WHERE u.deleted = 0 AND ue.status = 0
    AND (ue.timeend = 0 OR ue.timeend > {int(time.time())})
"""
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
           CASE WHEN gg.overridden <> 0 THEN gg.finalgrade ELSE gg.rawgrade END,
           coalesce(gg.feedback, '')
    FROM mdl_grade_grades gg JOIN mdl_grade_items gi ON gi.id = gg.itemid AND gi.itemtype = 'mod'
    JOIN mdl_user u ON u.id = gg.userid JOIN mdl_modules m ON m.name = gi.itemmodule
    JOIN mdl_course_modules cm ON cm.module = m.id AND cm.instance = gi.iteminstance
    JOIN mdl_course c ON c.id = cm.course JOIN mdl_course_sections s ON s.id = cm.section
    WHERE u.deleted = 0 AND cm.deletioninprogress = 0 AND gg.finalgrade IS NOT NULL
"""
GROUPS = """
    SELECT u.username, c.shortname, g.name FROM mdl_groups_members m
    JOIN mdl_groups g ON g.id = m.groupid JOIN mdl_course c ON c.id = g.courseid
    JOIN mdl_user u ON u.id = m.userid WHERE u.deleted = 0
"""
PROFILES = """
    SELECT username, email, idnumber, city, country, (SELECT d.data FROM mdl_user_info_data d
    JOIN mdl_user_info_field f ON f.id = d.fieldid AND f.shortname = 'village'
    WHERE d.userid = u.id) FROM mdl_user u WHERE u.deleted = 0
"""


@dataclass(frozen=True)
class Compared:
    """The facts of one kind: how many the box has, and where the two sides differ."""

    count: int
    only_box: frozenset[Fact]
    only_online: frozenset[Fact]


def compare_all(here: World, online: Online) -> dict[str, Compared]:
    """Compare every learner of the box in its three courses, by kind."""
    there = _There(online)
    learners: set[Fact] = {(row[0], row[3]) for row in here.on_box(LEARNERS)}
    done, undecided = _done(here, learners)
    return {
        "accounts": _compared(
            {(*names, course) for *names, course in here.on_box(LEARNERS)}, there.accounts()
        ),
        "active": _compared(
            {row for row in here.on_box(ACTIVE) if row in learners}, there.active()
        ),
        # What failed on the box is done online where Moodle itself says so by its grade.
        "completions": _compared(done, set(there.completions()) - undecided),
        "grades": _compared(set(_grades(here, learners)), set(there.grades())),
        "groups": _compared(set(here.on_box(GROUPS)), set(there.groups())),
        "profiles": _compared(
            {row for row in here.on_box(PROFILES) if row[0] in {each[0] for each in learners}},
            there.profiles(),
        ),
    }


def differing(compared: dict[str, Compared]) -> dict[str, tuple[set[Fact], set[Fact]]]:
    """Give the kinds that differ, with the facts of the box and those online."""
    return {
        kind: (set(each.only_box), set(each.only_online))
        for kind, each in compared.items()
        if each.only_box or each.only_online
    }


def _compared(box: set[Fact], online: set[Fact]) -> Compared:
    return Compared(len(box), frozenset(box - online), frozenset(online - box))


def _place(sequence: str, cmid: int) -> int:
    return sequence.split(",").index(str(cmid))


def _done(here: World, learners: Collection[Fact]) -> tuple[set[Fact], set[Fact]]:
    """What is complete or passed on the box, and what failed there."""
    done: set[Fact] = set()
    failed: set[Fact] = set()
    for username, shortname, section, cmid, sequence, state in here.on_box(DONE):
        if (username, shortname) in learners:
            fact = (username, shortname, section, _place(sequence, cmid))
            (done if state in (1, 2) else failed).add(fact)
    return done, failed


def _grades(here: World, learners: Collection[Fact]) -> Iterator[Fact]:
    for username, shortname, section, cmid, sequence, item, grade, said in here.on_box(GRADES):
        if (username, shortname) in learners:
            place = _place(sequence, cmid)
            yield username, shortname, section, place, item, float(grade), said


class _There:
    """The online side, by its own services."""

    def __init__(self, online: Online) -> None:
        self._online = online
        self._courses = {
            shortname: online.call(
                "core_course_get_courses_by_field", field="shortname", value=shortname
            )["courses"][0]["id"]
            for shortname in COURSES
        }
        self._places = {
            shortname: {
                module["id"]: (section["section"], place)
                for section in online.call("core_course_get_contents", courseid=course)
                for place, module in enumerate(section["modules"])
            }
            for shortname, course in self._courses.items()
        }
        fields = "id,username,firstname,lastname,email,idnumber,city,country,customfields,roles"
        self._people: dict[str, list[dict[str, Any]]] = {
            shortname: [
                each
                for each in self._enrolled(course, userfields=fields)
                if [role["shortname"] for role in each["roles"]] == ["student"]
            ]
            for shortname, course in self._courses.items()
        }

    def _enrolled(self, course: int, **options: object) -> list[dict[str, Any]]:
        listed = [{"name": name, "value": value} for name, value in options.items()]
        found: list[dict[str, Any]] = self._online.call(
            "core_enrol_get_enrolled_users", courseid=course, options=listed
        )
        return found

    def _members(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for shortname, people in self._people.items():
            for each in people:
                yield shortname, each

    def accounts(self) -> set[Fact]:
        return {
            (each["username"], each["firstname"], each["lastname"], shortname)
            for shortname, each in self._members()
        }

    def active(self) -> set[Fact]:
        names = {each["id"]: each["username"] for _, each in self._members()}
        return {
            (names[each["id"]], shortname)
            for shortname, course in self._courses.items()
            for each in self._enrolled(course, onlyactive=1, userfields="id")
            if each["id"] in names
        }

    def completions(self) -> Iterator[Fact]:
        for shortname, each in self._members():
            for status in self._online.call(
                "core_completion_get_activities_completion_status",
                courseid=self._courses[shortname], userid=each["id"],
            )["statuses"]:  # fmt: skip
                if status["state"] in (1, 2):
                    yield each["username"], shortname, *self._places[shortname][status["cmid"]]

    def grades(self) -> Iterator[Fact]:
        for shortname, each in self._members():
            report = self._online.call(
                "gradereport_user_get_grade_items",
                courseid=self._courses[shortname], userid=each["id"],
            )  # fmt: skip
            for item in report["usergrades"][0]["gradeitems"]:
                if item["itemmodule"] is not None and item["graderaw"] is not None:
                    where = (*self._places[shortname][item["cmid"]], item["itemnumber"])
                    said = item["feedback"] or ""
                    yield each["username"], shortname, *where, float(item["graderaw"]), said

    def groups(self) -> Iterator[Fact]:
        for shortname, course in self._courses.items():
            names = {each["id"]: each["username"] for each in self._people[shortname]}
            for group in self._online.call("core_group_get_course_groups", courseid=course):
                (listed,) = self._online.call(
                    "core_group_get_group_members", groupids=[group["id"]]
                )
                for member in listed["userids"]:
                    yield names[member], shortname, group["name"]

    def profiles(self) -> set[Fact]:
        return {
            (
                each["username"], each["email"], each.get("idnumber", ""), each.get("city", ""),
                each.get("country", ""), _village(each),
            )
            for _, each in self._members()
        }  # fmt: skip


def _village(person: dict[str, Any]) -> str | None:
    fields = {each["shortname"]: each["value"] for each in person.get("customfields", [])}
    village: str | None = fields.get("village")
    return village
