"""Settings: what may be changed while beekeed runs (features.md, rows 6, 7, 17, 24 and 26).

Each section is a form of its own. Of what it sends, only what somebody changed goes to the
daemon, so that the history tells who changed what.
"""

from collections.abc import Mapping
from typing import Any

from beekeed.client import Refused
from beekeed.page import typed
from beekeed.page.asking import Data, together
from beekeed.page.visit import Gone, Served, Shown, Visit

_CHANGES = 20
_TOP_UP = "top_up"
_MB = 10**6

Wrong = Mapping[str, Any]
"""What is wrong with a form: its `section`, and the `key` of a field or the daemon's `reason`."""


async def settings(visit: Visit) -> Served:
    """Show all settings."""
    return await _shown(visit)


async def save_settings(visit: Visit) -> Served:
    """Save what a section's form changed, all or nothing."""
    given = {name: texts[-1].strip() for name, texts in visit.form.items()}
    try:
        values = _values((await visit.get("settings"))["settings"], given)
        await visit.post("settings", body={"values": values})
    except (typed.Unreadable, Refused) as error:
        return await _again(visit, error, given)
    return Gone("/settings?done=saved")


async def top_up(visit: Visit) -> Served:
    """Allow more in this month, once."""
    text = visit.given(_TOP_UP)
    try:
        await visit.post("limit", "top-up", body={"bytes": typed.number(_TOP_UP, text, _MB)})
    except (typed.Unreadable, Refused) as error:
        return await _again(visit, error, {"section": "limit", _TOP_UP: text})
    return Gone("/settings?done=topped_up")


async def set_notifications(visit: Visit) -> Served:
    """Sync Notifications, on or off; where it is not said yet to whom, that is asked for."""
    notify = "all" if visit.given("notify") == "on" else "off"
    try:
        await visit.post("settings", body={"values": {"mail.notify": notify}})
    except Refused as refused:
        return await _again(visit, refused, {"section": "mail", "mail.notify": notify})
    return Gone("/?done=saved")


def _values(known: list[Data], given: Mapping[str, str]) -> dict[str, Any]:
    """Give the settings that a form changed. Raises Unreadable."""
    return {
        each["key"]: typed.value(each, given[each["key"]])
        for each in known
        if each["key"] in given and typed.changed(each, given[each["key"]])
    }


async def _again(
    visit: Visit, error: typed.Unreadable | Refused, given: Mapping[str, str]
) -> Shown:
    """Show the settings with what is wrong, and all that was typed."""
    if isinstance(error, Refused):
        is_top_up = _TOP_UP in given and error.code == "bad_request"
        key = _TOP_UP if is_top_up else error.params.get("key", "")
        wrong = {"key": key, "reason": error.reason}
        status = error.status
    else:
        wrong, status = {"key": error.key, "reason": None}, 400
    return await _shown(visit, given, {"section": given.get("section", ""), **wrong}, status)


async def _shown(
    visit: Visit, given: Mapping[str, str] | None = None, wrong: Wrong | None = None,
    status: int = 200,
) -> Shown:  # fmt: skip
    before = visit.query("before")
    older = {"before": before} if before.isdecimal() else {}
    known, limit, mail, history = await together(
        visit.get("settings"),
        visit.get("limit"),
        visit.get("mail"),
        visit.get("settings", "history", limit=_CHANGES, **older),
    )
    values = {
        "fields": {each["key"]: typed.field(each, given or {}) for each in known["settings"]},
        "limit": limit,
        "mail": mail,
        "changes": [_change(each) for each in history["changes"]],
        "has_older": len(history["changes"]) == _CHANGES,
        "wrong": wrong,
        "ranges": typed.RANGES,
        "top_up": (given or {}).get(_TOP_UP, ""),
    }
    return Shown("settings", values, status)


def _change(change: Data) -> Data:
    """Show what somebody changed as it would be typed."""
    key, after = change["key"], change["after"]
    return {
        **change,
        "before": typed.shown(key, change["before"]),
        "after": None if after is None else typed.shown(key, after),
    }
