"""History: every sync, page by page, and Custom Sync (features.md, row 13)."""

import http
from collections.abc import Mapping
from typing import Any

from beekeed.client import Refused
from beekeed.page.overview import started
from beekeed.page.visit import Served, Shown, Visit

SIZES = (10, 20, 50)
_FARTHEST = 10**6  # the API counts no further than a thousand times that


async def history(visit: Visit) -> Served:
    """Show one page of it."""
    return Shown("history", await _values(visit))


async def custom(visit: Visit) -> Served:
    """Custom Sync: start one for the days that were chosen."""
    asked = {"from": visit.given("from"), "to": visit.given("to")}
    if missing := [name for name, day in asked.items() if not day]:
        lacking = {"asked": asked, "missing": missing}
        return Shown("history", await _values(visit) | lacking, http.HTTPStatus.BAD_REQUEST)
    try:
        run = await visit.post("sync", body=asked)
    except Refused as refused:
        refusal = {"asked": asked, "reason": refused.reason}
        return Shown("history", await _values(visit) | refusal, refused.status)
    return started(run)


async def _values(visit: Visit) -> dict[str, Any]:
    """Give what a page of it holds, and where in the whole it is."""
    size, page = _chosen(visit.request.query)
    answer = await visit.get("runs", limit=size, offset=(page - 1) * size)
    return {
        "runs": answer["runs"],
        "total": answer["total"],
        "sizes": SIZES,
        "size": size,
        "page": page,
        "pages": max(1, -(-answer["total"] // size)),
        "asked": {"from": "", "to": ""},
        "reason": None,
        "missing": [],
    }


def _chosen(query: Mapping[str, str]) -> tuple[int, int]:
    """Read how many are on a page, and which page; what makes no sense is the first of ten."""
    size, page = _number(query.get("size", "")), _number(query.get("page", ""))
    return (size if size in SIZES else SIZES[0]), max(1, min(page, _FARTHEST))


def _number(text: str) -> int:
    return int(text[:9]) if text.isascii() and text.isdecimal() else 0
