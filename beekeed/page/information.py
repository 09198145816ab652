"""Information: what one sync did (features.md, row 5)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from beekeed.page.asking import Data, together
from beekeed.page.visit import Served, Shown, Visit

_LONGEST = 80  # of what is no event id, so much is said again

SHOWN = 200
"""So many single actions are shown: an old phone must draw them. `beekeectl` shows all."""


@dataclass(frozen=True, slots=True)
class Told:
    """Changes that had one verdict for one reason: how many of each kind."""

    verdict: str
    reason: Data
    counts: dict[str, int] = field(default_factory=dict)


async def information(visit: Visit) -> Served:
    """Show one sync; who is signed in sees whose results it brought, and what was there before."""
    event_id = visit.request.match_info["event_id"][:_LONGEST]
    run, actions = await together(visit.get("runs", event_id), _actions(visit, event_id))
    return Shown(
        "information",
        {
            "run": run,
            "synced": [each for each in run["courses"] if not each["left_out"]],
            "left_out": [each for each in run["courses"] if each["left_out"]],
            "counts": counts_of(run["actions"]),
            "told": told_of(run["actions"]),
            "actions": actions[:SHOWN],
            "has_more": len(actions) > SHOWN,
        },
    )


async def _actions(visit: Visit, event_id: str) -> list[Data]:
    """Give the single actions to who may see names: one more than are shown, if there are more."""
    if not visit.is_signed_in:
        return []
    answer = await visit.get("runs", event_id, "actions", limit=SHOWN + 1)
    return list(answer["actions"])


def counts_of(actions: Iterable[Data]) -> dict[tuple[str, str], int]:
    """Count the actions by kind and verdict, whatever their reasons."""
    counts: dict[tuple[str, str], int] = {}
    for each in actions:
        named = each["kind"], each["verdict"]
        counts[named] = counts.get(named, 0) + each["count"]
    return counts


def told_of(actions: Iterable[Data]) -> list[Told]:
    """Put together what has the same reason, so that each is read once."""
    found: dict[Any, Told] = {}
    for each in actions:
        if reason := each["reason"]:
            key = each["verdict"], reason["code"], tuple(sorted(reason["params"].items()))
            counts = found.setdefault(key, Told(each["verdict"], reason)).counts
            counts[each["kind"]] = counts.get(each["kind"], 0) + each["count"]
    return list(found.values())
