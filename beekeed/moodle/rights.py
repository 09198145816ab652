"""Which of Moodle's capabilities beekeed needs, which it must not have, and how to ask.

No function of Moodle's lists an account's capabilities. But `mod_assign_get_assignments`
lists a course only to who has all the capabilities that it is told there (its parameter
`capabilities`, contract of 4.5.6). Asked of the front page, which holds no assignments, an
answer is a line, and nothing is written. The front page inherits from the site, as accounts do.
A role that is held in a course category shows as missing there: what is not asked of accounts is
then asked of one of the box's own courses.
"""

from collections.abc import Collection, Mapping, Sequence

from beekeed.moodle import shapes, wire
from beekeed.moodle.functions import (
    ASSIGNMENTS,
    CONTENTS,
    ENROLLED,
    FUNCTIONS,
    GRADES,
    GROUPS,
    PEOPLE,
)
from beekeed.ports.rights import Rights

VIEWED = frozenset(
    {
        *("assign", "bigbluebuttonbn", "chat", "choice", "data", "feedback", "folder", "glossary"),
        *("h5pactivity", "imscp", "label", "lesson", "lti", "page", "quiz", "resource", "url"),
        "workshop",
    }
)
"""The kinds of activity that have a right `mod/<kind>:view` (mod/*/db/access.php, 4.5)."""

_WIDENS: Mapping[str, str] = {
    "moodle/course:viewhiddencourses": CONTENTS,
    "moodle/course:viewhiddenactivities": CONTENTS,
    "moodle/user:viewhiddendetails": PEOPLE,
    "moodle/course:viewparticipants": ENROLLED,
    "moodle/site:accessallgroups": GROUPS,
    "moodle/grade:viewhidden": GRADES,
}
"""Without which everything works, and what is hidden or in other groups is not seen."""

OF_SITE = frozenset(
    {
        *("webservice/rest:use", "moodle/user:create", "moodle/user:update"),
        *("moodle/user:viewdetails", "moodle/user:viewalldetails", "moodle/user:viewhiddendetails"),
    }
)
"""What Moodle asks for in the whole site: accounts are in no course category."""

_NOT_ASKED = frozenset({"moodle/grade:manage"})
"""What the contract names for a part of a function that beekeed never uses."""

BEYOND = (
    "moodle/site:config",
    "moodle/role:manage",
    "moodle/role:override",
    "moodle/user:delete",
    "moodle/user:loginas",
    "moodle/course:create",
    "moodle/course:delete",
    "moodle/course:manageactivities",
    "moodle/restore:restorecourse",
    "moodle/webservice:createtoken",
    "enrol/manual:unenrol",
)
"""What would do the most harm in the hands of who stole the box, and beekeed never does."""


def needed(kinds: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Give what no sync, or no kind of work, goes without; and what is good to have."""
    required: dict[str, list[str]] = {}
    useful: dict[str, list[str]] = {}
    for function in FUNCTIONS.values():
        for name in function.capabilities:
            spared = name in _WIDENS or not function.required
            (useful if spared else required).setdefault(name, []).append(function.name)
    for name, needs in [*_WIDENS.items(), *_views(kinds)]:
        useful.setdefault(name, []).append(needs)
    for name in _NOT_ASKED:
        del required[name]
    only = {name: needs for name, needs in useful.items() if name not in required}
    return _listed(required), _listed(only)


def _views(kinds: Collection[str]) -> list[tuple[str, str]]:
    return [(f"mod/{kind}:view", CONTENTS) for kind in sorted({*kinds} & VIEWED)]


def _listed(functions: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: ", ".join(dict.fromkeys(needs)) for name, needs in functions.items()}


def question(capabilities: Sequence[str], course_id: int) -> wire.Call:
    """Ask whether our account has all of some capabilities in a course, or on the front page."""
    arguments = {
        "courseids": [course_id],
        "capabilities": list(capabilities),
        "includenotenrolledcourses": 1,
    }
    return wire.Call(ASSIGNMENTS, arguments)


def has_all(answer: wire.Json) -> bool:
    """Read the answer. Raises RemoteGarbled."""
    return bool(wire.shaped(answer, shapes.Assignments).courses)


def held_against(kinds: Collection[str], lacking: Collection[str], more: Sequence[str]) -> Rights:
    """Say what is missing, by what needs it."""
    required, useful = needed(kinds)
    return Rights(
        missing={name: needs for name, needs in required.items() if name in lacking},
        wanted={name: needs for name, needs in useful.items() if name in lacking},
        more=tuple(more),
    )
