"""Reads what else the comparison compares of people: groups and profile fields.

The one rule: as compare.py's. Groups are told by course and name, fields by their shortname.
"""

import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_MEMBERS = """
    SELECT c.shortname, g.name, u.username
      FROM mdl_groups g
      JOIN mdl_course c ON c.id = g.courseid AND c.id <> 1
 LEFT JOIN mdl_groups_members m ON m.groupid = g.id
 LEFT JOIN mdl_user u ON u.id = m.userid AND u.deleted = 0
"""

_FIELDS = """
    SELECT f.shortname, u.username, d.data
      FROM mdl_user_info_field f
 LEFT JOIN mdl_user_info_data d ON d.fieldid = f.id
 LEFT JOIN mdl_user u ON u.id = d.userid AND u.deleted = 0
"""

Fact = tuple[str, str, object, object]
"""Of which learner, about what, what the box says, and what the online site says."""


@dataclass(frozen=True)
class People:
    """Of one database: who is in which group of which course, and what is in whose profile.

    A group or field that has nobody is there as well. Names of groups are folded, as a database
    may fold them: it keeps "class a" from being made beside "Class A".
    """

    groups: Mapping[tuple[str, str], frozenset[str]]
    fields: Mapping[str, Mapping[str, str]]


def read_people(db: sqlite3.Connection) -> People:
    """The groups and profile fields of a database, with everybody who has any."""
    groups: dict[tuple[str, str], set[str]] = {}
    for row in db.execute(_MEMBERS):
        members = groups.setdefault((row["shortname"], _folded(row["name"])), set())
        members |= {row["username"]} - {None}
    fields: dict[str, dict[str, str]] = {}
    for row in db.execute(_FIELDS):
        filled = fields.setdefault(row["shortname"], {})
        if row["username"] is not None:
            filled[row["username"]] = row["data"]
    return People({key: frozenset(members) for key, members in groups.items()}, fields)


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def membership_facts(
    here: People, there: People, learners: Mapping[str, Sequence[str]]
) -> Iterator[Fact]:
    """In which groups of a course its `learners` are, by course; groups of either side."""
    for course, name in sorted({*here.groups, *there.groups}):
        ours = here.groups.get((course, name), frozenset())
        theirs = there.groups.get((course, name), frozenset())
        for username in learners.get(course, ()):
            yield username, f"{course}: in group {name}", username in ours, username in theirs


def field_facts(here: People, there: People, username: str) -> Iterator[Fact]:
    """What a learner's profile has on the box in the fields that the online site has too."""
    for shortname in sorted(here.fields.keys() & there.fields.keys()):
        ours = here.fields[shortname].get(username)
        if ours:
            yield username, f"profile: {shortname}", ours, there.fields[shortname].get(username)
