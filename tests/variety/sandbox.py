"""A sandbox online Moodle with the courses of the sample, activity by activity."""

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from beekeed.sandbox import database, site
from beekeed.sandbox.content import add_course
from beekeed.sandbox.course import Activity, Course
from beekeed.sandbox.service import add_service
from beekeed.sandbox.standard import SYSTEM
from tests.sample import SAMPLES

Rows = dict[str, list[dict[str, Any]]]

_SUBMITS = {"assign": "completionsubmit", "choice": "completionsubmit", "forum": "completionposts"}


def make_online(path: Path, token: str) -> None:
    """Make it: nobody in it, the courses in another order than on the box."""
    tables = ("course", "course_sections", "course_modules", "modules", "grade_items",
              "page", "quiz", "assign", "choice", "forum", "user_info_field")  # fmt: skip
    rows = {table: _rows(table) for table in tables}
    site.create(path, now=int(time.time()) - 86400)
    with closing(database.connect(path)) as db:
        add_service(db, token=token, now=int(time.time()))
        for course in sorted(rows["course"], key=lambda row: str(row["shortname"])):
            if course["category"]:
                add_course(db, _course(rows, course))
        # The sample's one assignment on a scale, and the scale's own row.
        words = "Separate,Connected,Both"
        scale = database.insert(
            db, "scale", courseid=0, userid=2, name="Ways", scale=words, description=""
        )
        db.execute(
            "UPDATE mdl_grade_items SET gradetype = 2, grademin = 1, grademax = 3, scaleid = ?"
            " WHERE itemname = 'Portfolio'",
            (scale,),
        )
        db.execute("UPDATE mdl_assign SET grade = ? WHERE name = 'Portfolio'", (-scale,))
        category = database.insert(db, "user_info_category", name="Other", sortorder=1)
        for row in rows["user_info_field"]:
            database.insert(db, "user_info_field", **row | {"id": None, "categoryid": category})
        role = site.role_id(db, "beekeesync")
        system = site.context_id(db, SYSTEM, 0)
        site.allow(db, role, "moodle/grade:viewhidden", context=system, now=int(time.time()))
        # Moodle hides the grades of a quiz that shows no marks once closed.
        db.execute("UPDATE mdl_grade_items SET hidden = 1 WHERE itemmodule = 'quiz'")


def _rows(table: str) -> list[dict[str, Any]]:
    text = (SAMPLES / "device-variety" / f"{table}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _course(rows: Rows, course: dict[str, Any]) -> Course:
    kinds = {row["id"]: row["name"] for row in rows["modules"]}
    modules = {row["id"]: row for row in rows["course_modules"] if row["course"] == course["id"]}
    sections = sorted(
        (row for row in rows["course_sections"] if row["course"] == course["id"]),
        key=lambda row: int(row["section"]),
    )
    activities = [
        _activity(rows, kinds[modules[cmid]["module"]], modules[cmid], section["section"])
        for section in sections
        for cmid in map(int, filter(None, section["sequence"].split(",")))
        if not modules[cmid]["deletioninprogress"]
    ]
    return Course(
        shortname=course["shortname"],
        fullname=course["fullname"],
        created_at=course["timecreated"],
        modified_at=course["timemodified"],
        sections=("",) * len(sections),
        activities=tuple(activities),
    )


def _activity(rows: Rows, kind: str, module: dict[str, Any], section: int) -> Activity:
    own = next(row for row in rows[kind] if row["id"] == module["instance"])
    item = next(
        (
            row
            for row in rows["grade_items"]
            if (row["itemmodule"], row["iteminstance"]) == (kind, own["id"]) and row["gradetype"]
        ),
        None,
    )
    settings = (("sendstudentnotifications", 0),) if kind == "assign" else ()
    return Activity(
        kind,
        own["name"],
        section,
        completion=module["completion"],
        view=bool(module["completionview"]),
        submit=bool(own.get(_SUBMITS.get(kind, ""), 0)),
        receive_grade=module["completiongradeitemnumber"] is not None,
        must_pass=bool(module["completionpassgrade"]),
        grade=float(item["grademax"]) if item else 0.0,
        grade_pass=float(item["gradepass"]) if item else 0.0,
        settings=settings,
    )
