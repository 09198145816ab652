"""Looks at each request that writes before the online Moodle gets it: is it there already?

Moodle may make nothing of what it is told twice; that it is told twice is what must not be.
What was on its way when the daemon died is read back first (`readback.py`).
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from beekeed.moodle import functions
from beekeed.sandbox.rest import Form, parse_form
from tests.endurance.chaos.readback import ReadBack, each_of

_MANY_FIELDS = 100_000
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_GRADE = (
    "SELECT g.finalgrade, coalesce(g.feedback, '') FROM mdl_grade_grades g"
    " JOIN mdl_grade_items i ON i.id = g.itemid JOIN mdl_modules m ON m.name = i.itemmodule"
    " JOIN mdl_course_modules cm ON cm.module = m.id AND cm.instance = i.iteminstance"
)
_OF_MODULE = f"{_GRADE} WHERE g.userid = ? AND cm.id = ?"
_OF_ASSIGNMENT = f"{_GRADE} WHERE g.userid = ? AND m.name = 'assign' AND cm.instance = ?"
_ENROLLED = (
    "SELECT count(*) FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid"
    " WHERE ue.userid = ? AND e.courseid = ?"
)
_WRITING = (
    functions.CREATE,
    functions.ENROL,
    functions.COMPLETE,
    functions.GRADE,
    functions.GRADE_ASSIGNMENT,
    functions.JOIN_GROUP,
    functions.UPDATE,
)


class Witness:
    """Of all connections. `broken`: what was sent though it was there."""

    def __init__(self, online: Path) -> None:
        self._online = online
        self.read_back = ReadBack()
        self.requests = 0
        self.broken: list[str] = []
        self.seen = 0
        """Facts that were to be written."""

    def listen(self) -> "Listener":
        """Give who listens to one connection."""
        return Listener(self)

    def look(self, body: bytes) -> bool:
        """Look at a request; tells whether it writes."""
        self.requests += 1
        calls = list(_calls(parse_form(body, _MANY_FIELDS)))
        with closing(sqlite3.connect(self._online, timeout=20)) as db:
            for function, arguments in calls:
                self.broken += self.read_back.hear(function, arguments)
                for what, is_there in _told(db, function, arguments):
                    self.seen += 1
                    if is_there:
                        self.broken.append(f"sent though it is there: {function} {what}")
        return any(function in _WRITING for function, _ in calls)


class Listener:
    """Puts the pieces of one connection's requests together."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._heard = b""

    def hear(self, piece: bytes) -> list[bool]:
        """Take in a piece, and look at the requests that are whole then: does each write?"""
        self._heard += piece
        writing: list[bool] = []
        while (end := self._heard.find(_HEAD_END)) >= 0:
            start = end + len(_HEAD_END)
            length = _length(self._heard[:end])
            if len(self._heard) < start + length:
                break
            writing.append(self._witness.look(self._heard[start : start + length]))
            self._heard = self._heard[start + length :]
        return writing


def _length(head: bytes) -> int:
    found = [line for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH)]
    return int(found[0].removeprefix(_LENGTH)) if found else 0


def _calls(form: Form) -> Iterator[tuple[str, Any]]:
    """Give what is asked, each call of a batch alone."""
    requests = form.get("requests")
    if isinstance(requests, dict):
        for each in requests.values():
            yield each["function"], json.loads(each["arguments"])
    else:
        yield str(form.get("wsfunction")), form


def _told(db: sqlite3.Connection, function: str, arguments: Any) -> Iterator[tuple[str, bool]]:
    """Give what a call is to write, and whether it is there."""
    match function:
        case "core_grades_update_grades":
            for each in each_of(arguments["grades"]):
                key = int(each["studentid"]), int(arguments["activityid"])
                held = db.execute(_OF_MODULE, key).fetchone()
                yield f"{key} {each['grade']}", _same(held, each["grade"], None)
        case "mod_assign_save_grades":
            for each in each_of(arguments["grades"]):
                key = int(each["userid"]), int(arguments["assignmentid"])
                words = each.get("plugindata", {}).get("assignfeedbackcomments_editor", {})
                held = db.execute(_OF_ASSIGNMENT, key).fetchone()
                same = _same(held, each["grade"], str(words.get("text", "")))
                yield f"{key} {each['grade']}", same
        case "enrol_manual_enrol_users":
            for each in each_of(arguments["enrolments"]):
                key = int(each["userid"]), int(each["courseid"])
                yield str(key), db.execute(_ENROLLED, key).fetchone() != (0,)


def _same(held: tuple[float | None, str] | None, grade: object, words: str | None) -> bool:
    if held is None or held[0] is None or abs(held[0] - float(str(grade))) > 1e-5:
        return False
    return words is None or words == held[1]
