"""Set aside: what could not be sent and why, and what only a person can answer.

Features.md, rows 16, 18, 20 and 27. It shows learners' names: to nobody who is not signed in.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from beekeed.page.asking import Data, together
from beekeed.page.visit import Gone, Served, Shown, Visit
from beekeed.usernames import listed

_ON_A_PAGE = 100
_AT_ONCE = 100  # usernames in a question: at 100 characters each, what the daemon reads
_CONFIRMABLE = frozenset({"other_person_online", "username_reused"})


@dataclass(frozen=True, slots=True)
class Group:
    """What is set aside for one reason: `rows` of it on this page, `count` in all."""

    reason: Data
    rows: Sequence[Data]
    count: int

    @property
    def is_confirmable(self) -> bool:
        """Whether a person can answer it here."""
        return _is_doubt(self.rows[0])

    @property
    def has_both_sides(self) -> bool:
        """Whether it is known of any what online holds."""
        return any(row["online_value"] is not None for row in self.rows)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of all that is set aside; `number` of `last`, counted from 1."""

    groups: Sequence[Group]
    number: int
    last: int


async def set_aside(visit: Visit) -> Served:
    """Show what is asked and what is set aside."""
    aside, guard = await together(visit.get("set-aside"), visit.get("guard"))
    return Shown(
        "set_aside",
        {
            "total": len(aside["changes"]),
            "page": page_of(aside["changes"], visit.query("page")),
            "has_doubts": any(_is_doubt(each) for each in aside["changes"]),
            "gone": aside["gone"],
            "guards": guard["guards"],
            "answered": [each for each in guard["history"] if each["what"] != "asked"],
        },
    )


async def retry(visit: Visit) -> Served:
    """Try All Again: with the next sync."""
    await visit.post("set-aside", "retry")
    return Gone("/set-aside?done=retried")


async def ask_accept(visit: Visit) -> Served:
    """Say what would be lowered, before it is accepted."""
    guards = (await visit.get("guard"))["guards"]
    number = visit.query("number")
    asked = next((each for each in guards if str(each["number"]) == number), None)
    return Shown("accept", {"guard": asked}) if asked else Gone("/set-aside")


async def accept(visit: Visit) -> Served:
    """Answer a question of the guard: what fell on the box may be lowered online."""
    await visit.post("guard", "accept", which=visit.given("number"))
    return Gone("/set-aside?done=accepted")


async def confirm(visit: Visit) -> Served:
    """Confirm who was ticked, or who stands in a list; say of whom nothing was waiting.

    What it answers is kept nowhere, so that it is shown at once: doing it again changes nothing.
    """
    ticked = visit.form.get("username", [])
    usernames = list(dict.fromkeys([*ticked, *listed(visit.given("list"))]))
    answer: dict[str, list[str]] = {"confirmed": [], "unknown": []}
    count = max(1, len(usernames))  # also of none the daemon is asked: it says who may
    for start in range(0, count, _AT_ONCE):
        some = usernames[start : start + _AT_ONCE]
        said = await visit.post("set-aside", "confirm", body={"usernames": some})
        for name, found in answer.items():
            found += said[name]
    return Shown("confirmed", answer)


def page_of(changes: Sequence[Data], asked: str) -> Page:
    """Give a page of what is set aside, by reason, those first that a person can answer here.

    Where there is no such page as is asked for, the nearest.
    """
    groups = _grouped(sorted(changes, key=_is_doubt, reverse=True))
    counts = {key: len(rows) for key, rows in groups.items()}
    last = max(1, -(-len(changes) // _ON_A_PAGE))
    number = min(max(1, int(asked) if asked.isdecimal() and len(asked) < 10 else 1), last)
    flat = [row for rows in groups.values() for row in rows]
    shown = _grouped(flat[(number - 1) * _ON_A_PAGE : number * _ON_A_PAGE])
    return Page(
        [Group(rows[0]["reason"], rows, counts[key]) for key, rows in shown.items()], number, last
    )


def _is_doubt(change: Data) -> bool:
    """Tell whether a person may say that a learner is the same one as online."""
    return change["reason"]["code"] in _CONFIRMABLE


def _grouped(changes: Iterable[Data]) -> dict[str, list[Data]]:
    """Put together what has the same reason, in the order of the first."""
    groups: dict[str, list[Data]] = {}
    for row in changes:
        key = json.dumps([row["reason"]["code"], row["reason"]["params"]], sort_keys=True)
        groups.setdefault(key, []).append(row)
    return groups
