"""A recorded site with all of its numbers and names changed, and the way from one to the other.

The one rule: a recorded number is changed by what it is a number of, never by how it looks. Users
keep their order, by which lists come; courses, sections, activities, what is in them and grade
items change theirs.
"""

import json
import re
import sqlite3
from collections.abc import Mapping
from random import Random
from typing import Any

from .recorded_site import burn

_MODULES = ("page", "quiz", "assign", "forum", "choice")

# Of each kind of number: the table where it is made, and every column that refers to it.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "user": (
        *("user.id", "user_enrolments.userid", "user_enrolments.modifierid"),
        *("role_assignments.userid", "role_assignments.modifierid", "grade_grades.userid"),
        *("grade_grades.usermodified", "external_services_users.userid", "external_tokens.userid"),
    ),
    "course": (
        *("course.id", "course_sections.course", "course_modules.course", "enrol.courseid"),
        *("grade_items.courseid", *(f"{kind}.course" for kind in _MODULES)),
    ),
    "section": ("course_sections.id", "course_modules.section"),
    "cmid": ("course_modules.id",),
    "item": ("grade_items.id", "grade_grades.itemid"),
    "assign": ("assign.id", "assign_plugin_config.assignment"),
    **{kind: (f"{kind}.id",) for kind in _MODULES if kind != "assign"},
}
_CONTEXT_LEVELS = {"user": 30, "course": 50, "cmid": 70}
_KEPT = {"user": (1, 2), "course": (1,)}
"""Facts of every Moodle: the guest, the administrator, the site's own course."""

_FIRST, _LAST = 2000, 9000
"""New numbers: apart from the recorded ones, and from those that the record asks for in vain."""

_WORDS = (
    (re.compile(r"\bBK-"), "QZ-"),
    (re.compile(r"\bbk-"), "qz-"),
    (re.compile(r"\brc(?=[\d ]*\d)"), "kw"),
    (re.compile(r"\bRc(?=\d)"), "Kw"),
    (re.compile(r"\blearner(?=\d)"), "eleve"),
    (re.compile(r"\bsbx"), "own"),
    (re.compile(r"\bSBX"), "OWN"),
)

# Where a message has a number in its words: of which kinds the groups are.
_TEXTS = (
    (re.compile(r"(course_modules} WHERE id = \?\n\[array \(\n  0 => )(\d+)"), ("cmid",)),
    (re.compile(r"(\{course} WHERE id = \?\n\[array \(\n  0 => )(\d+)"), ("course",)),
    (re.compile(r"(\{user} WHERE id = \?\n\[array \(\n  0 => )(\d+)"), ("user",)),
    (re.compile(r"(mod/\w+/view\.php\?id=)(\d+)"), ("cmid",)),
    (re.compile(r"(course/view\.php\?id=)(\d+)"), ("course",)),
    (re.compile(r"(manual completion state for )(\d+)"), ("cmid",)),
    (re.compile(r"(to this user \()(\d+)(\) in this course \()(\d+)"), ("user", "course")),
    (re.compile(r"(\(course id:)(\d+)"), ("course",)),
)
_STATEMENTS = (
    (re.compile(r"(UPDATE mdl_assign SET .* WHERE id = )(\d+)$"), ("assign",)),
    (re.compile(r"(UPDATE mdl_course_modules SET .* WHERE id = )(\d+)$"), ("cmid",)),
    (re.compile(r"(UPDATE mdl_course SET .* WHERE id = )(\d+)$"), ("course",)),
    (re.compile(r"(mdl_assign_submission .* VALUES \()(\d+)(, )(\d+)"), ("assign", "user")),
    (re.compile(r"(\bcourseid = )(\d+)"), ("course",)),
    (re.compile(r"(\bassignment = )(\d+)"), ("assign",)),
    (re.compile(r"(\biteminstance = )(\d+)"), ("assign",)),
    (re.compile(r"(\binstanceid = )(\d+)"), ("cmid",)),
    (re.compile(r"(\bitemid = )(\d+)"), ("item",)),
    (re.compile(r"(\buserid = )(\d+)"), ("user",)),
)

_KEYS: Mapping[str, str] = {
    **dict.fromkeys(("userid", "userids", "studentid", "overrideby"), "user"),
    **dict.fromkeys(("courseid", "courseids", "course"), "course"),
    **dict.fromkeys(("cmid", "activityid"), "cmid"),
    **dict.fromkeys(("groupid", "groupids"), "group"),
    "assignmentid": "assign",
}
_ROW_USERS = {"assign_grades": (0, 3), "grade_grades": (0, 5), "items": ()}


class Numbers:
    """From the recorded numbers and names to those of a site; to begin with they are the same."""

    def __init__(self, *, renamed: bool = False) -> None:
        self._maps: dict[str, dict[int, int]] = {}
        self._words = _WORDS if renamed else ()

    def learn(self, kind: str, recorded: int, here: int) -> None:
        """Notes which number stands here for a recorded one."""
        self._maps.setdefault(kind, {})[recorded] = here

    def number(self, kind: str, recorded: int) -> int:
        """The number that stands here for a recorded one of a kind."""
        return self._maps.get(kind, {}).get(recorded, recorded)

    def latest(self, kind: str) -> int:
        """The highest recorded number of a kind so far."""
        return max(self._maps[kind])

    def text(self, text: str) -> str:
        """A recorded text with the names and numbers that it has here."""
        for pattern, word in self._words:
            text = pattern.sub(word, text)
        return self._numbered(text, _TEXTS)

    def sql(self, statement: str) -> str:
        """A statement for the recorded site, for this one."""
        return self._numbered(self.text(statement), _STATEMENTS)

    def _numbered(
        self, text: str, patterns: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]
    ) -> str:
        for pattern, kinds in patterns:
            text = pattern.sub(lambda found, kinds=kinds: self._replaced(found, kinds), text)  # type: ignore[misc]
        return text

    def _replaced(self, found: re.Match[str], kinds: tuple[str, ...]) -> str:
        parts = list(found.groups())
        for place, kind in enumerate(kinds):
            parts[2 * place + 1] = str(self.number(kind, int(parts[2 * place + 1])))
        return "".join(parts)

    def here(self, value: Any, *, key: str = "", kind: str | None = None) -> Any:
        """A request or an answer of the recorded site, as it is on this one."""
        if isinstance(value, dict):
            return {
                name: self.here(below, key=name, kind=_kind(name, value, key))
                for name, below in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.here(below, key=key, kind=kind) for below in value]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, str):
            return self._here_text(value, key, kind)
        return self.number(kind, value) if kind and isinstance(value, int) else value

    def _here_text(self, text: str, key: str, kind: str | None) -> str:
        if key in ("arguments", "data", "exception") and text.startswith(("{", "[")):
            return json.dumps(self.here(json.loads(text)))
        if kind and re.fullmatch(r"[\d,]+", text):
            return ",".join(str(self.number(kind, int(part))) for part in text.split(","))
        return self.text(text)

    def rows(self, rows: Mapping[str, list[list[Any]]]) -> dict[str, list[list[Any]]]:
        """The recorded rows of an assignment, with the users of this site."""
        return {
            name: [
                [
                    self.number("user", cell) if place in _ROW_USERS.get(name, (0,)) else cell
                    for place, cell in enumerate(row)
                ]
                for row in found
            ]
            for name, found in rows.items()
        }


def _kind(name: str, siblings: Mapping[str, Any], above: str) -> str | None:
    """What a key's number is a number of, by the key and by what stands beside it."""
    if name == "id":
        return _kind_of_id(siblings, above)
    if name == "instance":
        return str(siblings.get("modname"))
    if name == "iteminstance":
        return str(siblings["itemmodule"] or "category")
    if name == "categoryid":
        return "category" if "itemtype" in siblings else None
    if name == "itemid":
        return {"user": "user", "course": "course", "module": "cmid"}.get(siblings.get("item", ""))
    if name in ("value", "values"):
        sought = siblings.get("field", siblings.get("name", ""))
        kinds = {"cmid": "cmid", "ids": "course", "id": "user" if name == "values" else "course"}
        return kinds.get(str(sought))
    return _KEYS.get(name)


_SIGNATURES = (
    ("itemtype", "item"),
    ("modname", "cmid"),
    ("contextlevel", "cmid"),
    ("modules", "section"),
    ("enrolmentkey", "group"),
    ("assignments", "course"),
    ("cmid", "assign"),
    ("shortname", "course"),
)


def _kind_of_id(siblings: Mapping[str, Any], above: str) -> str | None:
    if siblings.keys() == {"id", "name", "description", "descriptionformat"}:
        return "group"
    found = (kind for beside, kind in _SIGNATURES if beside in siblings)
    named = {"username", "fullname"} & siblings.keys() or above == "users"
    return next(found, "user" if named else None)


def renumber(db: sqlite3.Connection, seed: int) -> Numbers:
    """Changes all numbers and names of a recorded site that nobody has used yet."""
    rng = Random(seed)
    numbers = Numbers(renamed=True)
    free = iter(rng.sample(range(_FIRST, _LAST), 2000))
    for kind, columns in _COLUMNS.items():
        table = columns[0].partition(".")[0]
        old = [row["id"] for row in db.execute(f"SELECT id FROM mdl_{table} ORDER BY id")]
        old = [number for number in old if number not in _KEPT.get(kind, ())]
        new = [next(free) for _ in old]
        pairs = list(zip(old, sorted(new) if kind == "user" else new, strict=True))
        for recorded, here in pairs:
            numbers.learn(kind, recorded, here)
        _change(db, kind, columns, pairs)
    _change_instances(db, numbers)
    _change_categories(db, numbers, rng)
    _rename(db, numbers)
    numbers.learn("item", 1 + numbers.latest("item"), _LAST + 1)
    burn(db, {"user": _LAST, "grade_items": _LAST, "groups": _LAST, "assign": _LAST})
    return numbers


def _change(
    db: sqlite3.Connection, kind: str, columns: tuple[str, ...], pairs: list[tuple[int, int]]
) -> None:
    for recorded, here in pairs:
        for column in columns:
            table, _, name = column.partition(".")
            sql = f"UPDATE mdl_{table} SET {name} = ? WHERE {name} = ?"
            db.execute(sql, (here, recorded))
        if kind in _CONTEXT_LEVELS:
            sql = "UPDATE mdl_context SET instanceid = ? WHERE instanceid = ? AND contextlevel = ?"
            db.execute(sql, (here, recorded, _CONTEXT_LEVELS[kind]))


def _change_instances(db: sqlite3.Connection, numbers: Numbers) -> None:
    """What an activity is an instance of, its grade item, and the sequences of sections."""
    sql = (
        "SELECT cm.id, cm.instance, m.name FROM mdl_course_modules cm "
        "JOIN mdl_modules m ON m.id = cm.module"
    )
    for row in db.execute(sql).fetchall():
        here = numbers.number(row["name"], row["instance"])
        db.execute("UPDATE mdl_course_modules SET instance = ? WHERE id = ?", (here, row["id"]))
    items = "SELECT * FROM mdl_grade_items WHERE itemtype = 'mod'"
    for row in db.execute(items).fetchall():
        here = numbers.number(row["itemmodule"], row["iteminstance"])
        db.execute("UPDATE mdl_grade_items SET iteminstance = ? WHERE id = ?", (here, row["id"]))
    for row in db.execute("SELECT id, sequence FROM mdl_course_sections").fetchall():
        old = (row["sequence"] or "").split(",")
        new = ",".join(str(numbers.number("cmid", int(cmid))) for cmid in old if cmid)
        db.execute("UPDATE mdl_course_sections SET sequence = ? WHERE id = ?", (new, row["id"]))


def _change_categories(db: sqlite3.Connection, numbers: Numbers, rng: Random) -> None:
    """The categories of grades, of which the sandbox has no table."""
    items = db.execute("SELECT * FROM mdl_grade_items").fetchall()
    old = sorted({row["iteminstance"] for row in items if row["itemtype"] == "course"})
    for recorded in old:
        numbers.learn("category", recorded, rng.randrange(_FIRST, _LAST))
    for row in items:
        column = "iteminstance" if row["itemtype"] == "course" else "categoryid"
        here = numbers.number("category", row[column])
        db.execute(f"UPDATE mdl_grade_items SET {column} = ? WHERE id = ?", (here, row["id"]))


def _rename(db: sqlite3.Connection, numbers: Numbers) -> None:
    for table, column in (("user", "username"), ("user", "email"), ("course", "shortname"),
                          ("course", "idnumber")):  # fmt: skip
        for row in db.execute(f"SELECT id, {column} AS old FROM mdl_{table}").fetchall():
            sql = f"UPDATE mdl_{table} SET {column} = ? WHERE id = ?"
            db.execute(sql, (numbers.text(row["old"]), row["id"]))
