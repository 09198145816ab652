"""core_course_*: courses and what is in them.

The one rule: what the account may not see is left out, as Moodle leaves it out.
"""

import sqlite3
from typing import Any

from beekeed.sandbox.access import can, context_of, enter_course
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.cleaning import clean
from beekeed.sandbox.database import one, rows, value
from beekeed.sandbox.errors import MoodleError, invalid_parameter, php_error
from beekeed.sandbox.standard import COURSE, SITE_ID

_FIELD_TYPES = (
    ("id", "int"),
    ("category", "int"),
    ("sectionid", "int"),
    ("ids", "sequence"),
    ("shortname", "text"),
    ("idnumber", "raw"),
)

_OPEN = (
    "format", "showgrades", "newsitems", "startdate", "enddate", "maxbytes", "showreports",
    "visible", "groupmode", "groupmodeforce", "defaultgroupingid", "enablecompletion",
    "completionnotify", "lang", "theme", "marker",
)  # fmt: skip
_MANAGED = (
    "idnumber", "legacyfiles", "calendartype", "timecreated", "timemodified", "requested",
    "cacherev",
)  # fmt: skip
"""Only for who may update the course (README, Courses)."""

_FILTERS = (
    "displayh5p",
    "activitynames",
    "mathjaxloader",
    "emoticon",
    "urltolink",
    "mediaplugin",
)


def get_courses_by_field(call: Call, parameters: Parameters) -> dict[str, Any]:
    """core_course_get_courses_by_field: the courses where a field has a value, or all.

    A shortname is found whatever its case (seen: course by shortname in lower case). An id that
    does not exist among `ids` makes PHP stumble over the others too.
    """
    field, sought = parameters["field"], parameters["value"]
    courses = _courses(call.db, field, sought) if field else rows(call.db, _ALL_COURSES)
    described = [_course(call, course) for course in courses]
    return {"courses": [course for course in described if course is not None], "warnings": []}


_ALL_COURSES = "SELECT * FROM mdl_course ORDER BY id"


def _courses(db: sqlite3.Connection, field: str, sought: str) -> list[sqlite3.Row]:
    kind = dict(_FIELD_TYPES).get(field)
    if kind is None:
        raise invalid_parameter("Invalid field name")
    cleaned = clean(sought, kind)
    if field == "ids":
        return [_course_of_id(db, part) for part in str(cleaned).split(",")]
    if field == "sectionid":
        cleaned = value(db, "SELECT course FROM mdl_course_sections WHERE id = ?", cleaned)
        field = "id"
    sql = f"SELECT * FROM mdl_course WHERE {field} = ? COLLATE NOCASE ORDER BY id"
    return rows(db, sql, cleaned)


def _course_of_id(db: sqlite3.Connection, course_id: str) -> sqlite3.Row:
    course = one(db, "SELECT * FROM mdl_course WHERE id = ?", course_id)
    if course is None:
        raise php_error('Attempt to assign property "contextvalidated" on null')
    return course


def _course(call: Call, course: sqlite3.Row) -> dict[str, Any] | None:
    """A course as far as the account may know it; None where it may not know of it."""
    context = context_of(call.db, COURSE, course["id"]) or 0
    manages = can(call, "moodle/course:update", context)
    if not (course["visible"] or manages or can(call, "moodle/course:viewhiddencourses", context)):
        return None
    described = _public(call, course, context)
    try:
        enter_course(call, course["id"])
    except MoodleError:
        return described
    fields = (*_OPEN, *_MANAGED) if manages else _OPEN
    described |= {field: course[field] for field in fields}
    described["filters"] = [
        {"filter": name, "localstate": 0, "inheritedstate": 1} for name in _FILTERS
    ]
    if course["id"] != SITE_ID:
        described["courseformatoptions"] = [
            {"name": "hiddensections", "value": 1},
            {"name": "coursedisplay", "value": 0},
            {"name": "indentation", "value": "1"},
        ]
    return described


def _public(call: Call, course: sqlite3.Row, context: int) -> dict[str, Any]:
    """What anybody may know of a visible course."""
    sql = "SELECT name FROM mdl_course_categories WHERE id = ?"
    methods = "SELECT enrol FROM mdl_enrol WHERE courseid = ? AND status = 0 ORDER BY sortorder, id"
    return {
        "id": course["id"],
        "fullname": call.name(course["fullname"]),
        "displayname": call.name(course["fullname"]),
        "shortname": call.name(course["shortname"]),
        "courseimage": image(call, context),
        "categoryid": course["category"],
        "categoryname": value(call.db, sql, course["category"]) or "",
        "sortorder": course["sortorder"],
        "summary": course["summary"] or "",
        "summaryformat": course["summaryformat"],
        "summaryfiles": [],
        "overviewfiles": [],
        "showactivitydates": course["showactivitydates"],
        "showcompletionconditions": course["showcompletionconditions"],
        "contacts": _contacts(call.db, context),
        "enrollmentmethods": [row["enrol"] for row in rows(call.db, methods, course["id"])],
    }


def image(call: Call, context: int) -> str:
    """The picture that Moodle draws for a course without one."""
    return f"{call.wwwroot}/pluginfile.php/{context}/course/generated/course.svg"


def _contacts(db: sqlite3.Connection, context: int) -> list[dict[str, Any]]:
    """The teachers of a course, as the site's default setting (editingteacher) names them."""
    sql = (
        "SELECT u.id, u.firstname, u.lastname, r.id AS roleid FROM mdl_role_assignments ra "
        "JOIN mdl_role r ON r.id = ra.roleid AND r.shortname = 'editingteacher' "
        "JOIN mdl_user u ON u.id = ra.userid AND u.deleted = 0 "
        "WHERE ra.contextid = ? ORDER BY ra.id"
    )
    return [
        {"id": row["id"], "fullname": f"{row['firstname']} {row['lastname']}"}
        for row in rows(db, sql, context)
    ]
