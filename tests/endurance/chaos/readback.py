"""What was on its way when the daemon died or a sync ended is read back before it is sent again.

A request that was lost may have been done: whoever sends it again without a look forgot it.
A membership may be told again without a look, which changes nothing.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from beekeed.core.model import Kind
from beekeed.moodle import functions
from beekeed.sqlite.store import KIND_OF_NUMBER

_Key = tuple[str, ...]
"""A function, and what of it is asked or told."""


class ReadBack:
    """What was left open, and was not read since. `seen`: how much that was in all."""

    def __init__(self) -> None:
        self._unread: dict[_Key, _Key] = {}
        """What tells a thing, and what reads it."""
        self.seen = 0

    def note(self, intents: Iterable[tuple[int, str]]) -> None:
        """Note the intents (kind, step) that were left open."""
        for kind, step in intents:
            keys = _keys_of(KIND_OF_NUMBER[kind], json.loads(step))
            if keys is not None:
                tells, reads = keys
                self._unread[tells] = reads
                self.seen += 1

    def hear(self, function: str, arguments: Any) -> list[str]:
        """Hear a call; tells what it sends again that was not read back."""
        keys = set(_keys_in(function, arguments))
        forgotten = [f"sent again, and not read back: {key}" for key in keys & set(self._unread)]
        self._unread = {
            tells: reads
            for tells, reads in self._unread.items()
            if tells not in keys and reads not in keys
        }
        return forgotten


def each_of(listed: Any) -> list[Any]:
    """Give the items of a list, as PHP's forms or JSON have it."""
    return list(listed.values()) if isinstance(listed, dict) else list(listed)


def _keys_of(kind: Kind, step: dict[str, Any]) -> tuple[_Key, _Key] | None:
    """Give what tells the thing that a step does, and what reads it back."""
    if kind is Kind.ACCOUNT:
        name = step["username"]
        return (functions.CREATE, name), (functions.PEOPLE, name)
    who, course = str(step["online_id"]), str(step["course_online_id"])
    match kind:
        case Kind.ENROLMENT:
            return (functions.ENROL, who, course), (functions.ENROLLED, course)
        case Kind.COMPLETION:
            of = (functions.COMPLETE, who, str(step["cmid"]))
            return of, (functions.COMPLETIONS, who, course)
        case Kind.GRADE:
            assignment = step.get("assignment", 0)
            function = functions.GRADE_ASSIGNMENT if assignment else functions.GRADE
            return (function, who, str(assignment or step["cmid"])), (functions.GRADES, who, course)
        case _:
            return None


def _keys_in(function: str, arguments: Any) -> Iterator[_Key]:
    """Give what a call asks or tells."""

    def keys(listed: str, *names: str) -> Iterator[_Key]:
        for each in each_of(arguments[listed]):
            yield (function, *(str((arguments | each)[name]) for name in names))

    match function:
        case functions.PEOPLE:
            yield from ((function, str(each)) for each in each_of(arguments["values"]))
        case functions.ENROLLED:
            yield function, str(arguments["courseid"])
        case functions.COMPLETIONS | functions.GRADES:
            yield function, str(arguments["userid"]), str(arguments["courseid"])
        case functions.COMPLETE:
            yield function, str(arguments["userid"]), str(arguments["cmid"])
        case functions.CREATE:
            yield from keys("users", "username")
        case functions.ENROL:
            yield from keys("enrolments", "userid", "courseid")
        case functions.GRADE:
            yield from keys("grades", "studentid", "activityid")
        case functions.GRADE_ASSIGNMENT:
            yield from keys("grades", "userid", "assignmentid")
