"""`beekeectl usage`: the data used, this month and last month, and how the limit stands."""

import argparse
from collections.abc import Mapping
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, size, ways
from beekeed.ctl.terminal import Terminal

SUMMARY = "the data used: this month and last month"

_BAR = 40


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl usage` takes."""
    parser.add_argument(
        "--month",
        metavar=_("YYYY-MM"),
        help=_("day by day, the month that begins in this one"),
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print this month and last month, or one month day by day."""
    query = {"month": arguments.month} if arguments.month else {}
    usage = client.get("usage", **query)
    if terminal.as_json:
        terminal.json(usage)
        return Exit.OK
    if usage["month"]:
        month = usage["month"]
        terminal.fields([(_("Month"), _whole(month)), *_parts(terminal, month)])
        _print_days(usage["month"])
        return Exit.OK
    if usage["limit"]["enabled"]:
        terminal.line(bar(usage["limit"]))
    terminal.fields(
        [
            (_("Current month"), _whole(usage["current"])),
            *_parts(terminal, usage["current"]),
            (_("Last month"), _whole(usage["last"])),
            *limit_rows(usage["limit"]),
            (_("At the month's end"), _estimate(usage)),
        ]
    )
    for percent in usage["warnings"]:
        terminal.line(_("Warning: {percent} % of this month's limit was reached.", percent=percent))
    _print_days(usage["current"])
    return Exit.OK


def bar(limit: Mapping[str, Any]) -> str:
    """Draw how much of the limit is used."""
    whole = limit["limit_bytes"] + limit["top_up_bytes"]
    percent = share(limit["charged_bytes"], whole)
    filled = min(_BAR, percent * _BAR // 100)
    said = _("{percent} % of {limit}", percent=percent, limit=size(whole))
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {said}"


def share(used: int, whole: int) -> int:
    """Give it in percent, rounded down: 100 is all. Of nothing, all is used."""
    return used * 100 // whole if whole else 100


def in_short(usage: Mapping[str, Any]) -> str:
    """Say in one line how the month stands."""
    used, renews = size(usage["charged_bytes"]), usage["renews_on"]
    if usage["limit_bytes"] is None:
        return _("{used}, no limit; a new month begins on {day}", used=used, day=renews)
    whole = usage["limit_bytes"] + usage["top_up_bytes"]
    return _(
        "{used} of {limit} ({percent} %), {left} left now; a new month begins on {day}",
        used=used,
        limit=size(whole),
        percent=share(usage["charged_bytes"], whole),
        left=size(usage["left_bytes"]),
        day=renews,
    )


def limit_rows(limit: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what is allowed and what is left of it."""
    rows = _allowed(limit) if limit["enabled"] else [(_("Limit"), _("off"))]
    counts = (
        _("what beekeed itself sends and receives")
        if limit["charge"] == "sync"
        else _("all that goes over the line while beekeed uses it")
    )
    return [*rows, (_("Renewed"), _renewed(limit)), (_("Counted"), counts)]


def _allowed(limit: Mapping[str, Any]) -> list[tuple[str, str]]:
    whole = limit["limit_bytes"] + limit["top_up_bytes"]
    left = size(max(0, whole - limit["charged_bytes"]))
    kept = _(
        "the last {percent} % ({size}), for grades, completions and new learners",
        percent=limit["reserve_percent"],
        size=size(limit["reserve_bytes"]),
    )
    rows = [(_("Limit"), _("{limit} a month", limit=size(limit["limit_bytes"])))]
    if limit["top_up_bytes"]:
        more = size(limit["top_up_bytes"])
        rows.append((_("Top-up"), _("{size}, this month only", size=more)))
    rows.append((_("Left"), _("{size} this month", size=left)))
    if limit["pacing"]:
        rows.append((_("Today"), _today(limit)))
    return [*rows, (_("Kept back"), kept)]


def _renewed(limit: Mapping[str, Any]) -> str:
    if limit["clock_trusted"]:
        return _("on {day}, at 00:00 UTC", day=limit["renews_on"])
    return _(
        "on {day}, at 00:00 UTC; the box's clock is not trusted, and no month begins before it is",
        day=limit["renews_on"],
    )


def _today(limit: Mapping[str, Any]) -> str:
    if limit["share_today_bytes"] is None:
        return _("not shared out while the box's clock is not trusted")
    left, share = size(limit["left_today_bytes"]), size(limit["share_today_bytes"])
    return _("{left} left of a share of {share}", left=left, share=share)


def _parts(terminal: Terminal, month: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say for what the data was used, up and down."""
    rows = []
    for category, used in month["categories"].items():
        if used["sent_bytes"] or used["received_bytes"] or category == "sync":
            rows.append((f"  {terminal.word(f'data_{category}')}", ways(used)))
    if month["not_known_bytes"]:
        cut = _(
            "{size}, counted in full: beekeed was cut off while it was on the line",
            size=size(month["not_known_bytes"]),
        )
        rows.append(("  " + _("not known"), cut))
    return rows


def _whole(month: Mapping[str, Any]) -> str:
    days = _("{first} to {last}", first=month["from"], last=month["to"])
    return f"{size(month['charged_bytes'])} ({days})"


def _estimate(usage: Mapping[str, Any]) -> str:
    if usage["estimate_bytes"] is None:
        return _("not yet known")
    return _("about {size}, if it goes on like this", size=size(usage["estimate_bytes"]))


def _print_days(month: Mapping[str, Any]) -> None:
    if month["days"]:
        print()
    for day in month["days"]:
        said = ways(day)
        if day["held_bytes"]:
            held = size(day["held_bytes"])
            said = _("{data}, {held} not known", data=said, held=held)
        print(f"{day['date']}  {said}")
