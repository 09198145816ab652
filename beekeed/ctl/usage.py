"""`beekeectl usage`: the data used, this month and last month, and how the limit stands."""

import argparse
from collections.abc import Mapping
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import size
from beekeed.ctl.terminal import Terminal

SUMMARY = "the data used: this month and last month"

_BAR = 40


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl usage` takes."""
    parser.add_argument(
        "--month", metavar="YYYY-MM", help="day by day, the month that begins in this one"
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
        terminal.fields([("Month", _whole(month)), *_parts(terminal, month)])
        _print_days(usage["month"])
        return Exit.OK
    if usage["limit"]["enabled"]:
        terminal.line(bar(usage["limit"]))
    terminal.fields(
        [
            ("Current month", _whole(usage["current"])),
            *_parts(terminal, usage["current"]),
            ("Last month", _whole(usage["last"])),
            *limit_rows(usage["limit"]),
            ("At the month's end", _estimate(usage)),
        ]
    )
    for percent in usage["warnings"]:
        terminal.line(f"Warning: {percent} % of this month's limit was reached.")
    _print_days(usage["current"])
    return Exit.OK


def bar(limit: Mapping[str, Any]) -> str:
    """Draw how much of the limit is used."""
    whole = limit["limit_bytes"] + limit["top_up_bytes"]
    percent = share(limit["charged_bytes"], whole)
    filled = min(_BAR, percent * _BAR // 100)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {percent} % of {size(whole)}"


def share(used: int, whole: int) -> int:
    """Give it in percent, rounded down: 100 is all. Of nothing, all is used."""
    return used * 100 // whole if whole else 100


def in_short(usage: Mapping[str, Any]) -> str:
    """Say in one line how the month stands."""
    used = size(usage["charged_bytes"])
    renews = f"; a new month begins on {usage['renews_on']}"
    if usage["limit_bytes"] is None:
        return f"{used}, no limit{renews}"
    whole = usage["limit_bytes"] + usage["top_up_bytes"]
    percent = share(usage["charged_bytes"], whole)
    return f"{used} of {size(whole)} ({percent} %), {size(usage['left_bytes'])} left now{renews}"


def limit_rows(limit: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what is allowed and what is left of it."""
    renews = f"on {limit['renews_on']}, at 00:00 UTC"
    if not limit["clock_trusted"]:
        renews += "; the box's clock is not trusted, and no month begins before it is"
    counts = (
        "what beekeed itself sends and receives"
        if limit["charge"] == "sync"
        else "all that goes over the line while beekeed uses it"
    )
    if not limit["enabled"]:
        return [("Limit", "off"), ("Renewed", renews), ("Counted", counts)]
    rows = [("Limit", f"{size(limit['limit_bytes'])} a month")]
    if limit["top_up_bytes"]:
        rows.append(("Top-up", f"{size(limit['top_up_bytes'])}, this month only"))
    whole = limit["limit_bytes"] + limit["top_up_bytes"]
    rows.append(("Left", f"{size(max(0, whole - limit['charged_bytes']))} this month"))
    if limit["pacing"]:
        rows.append(("Today", _today(limit)))
    rows.append(
        ("Kept back", f"the last {limit['reserve_percent']} % ({size(limit['reserve_bytes'])}),"
         " for grades, completions and new learners")
    )  # fmt: skip
    return [*rows, ("Renewed", renews), ("Counted", counts)]


def _today(limit: Mapping[str, Any]) -> str:
    if limit["share_today_bytes"] is None:
        return "not shared out while the box's clock is not trusted"
    left, share = size(limit["left_today_bytes"]), size(limit["share_today_bytes"])
    return f"{left} left of a share of {share}"


def _parts(terminal: Terminal, month: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say for what the data was used, up and down."""
    rows = []
    for category, used in month["categories"].items():
        if used["sent_bytes"] or used["received_bytes"] or category == "sync":
            rows.append((f"  {terminal.word(f'data_{category}')}", _ways(used)))
    if month["not_known_bytes"]:
        rows.append(
            ("  not known", f"{size(month['not_known_bytes'])}, counted in full: beekeed was cut"
             " off while it was on the line")
        )  # fmt: skip
    return rows


def _whole(month: Mapping[str, Any]) -> str:
    return f"{size(month['charged_bytes'])} ({month['from']} to {month['to']})"


def _ways(used: Mapping[str, Any]) -> str:
    return f"{size(used['sent_bytes'])} sent, {size(used['received_bytes'])} received"


def _estimate(usage: Mapping[str, Any]) -> str:
    if usage["estimate_bytes"] is None:
        return "not yet known"
    return f"about {size(usage['estimate_bytes'])}, if it goes on like this"


def _print_days(month: Mapping[str, Any]) -> None:
    if month["days"]:
        print()
    for day in month["days"]:
        held = f", {size(day['held_bytes'])} not known" if day["held_bytes"] else ""
        print(f"{day['date']}  {_ways(day)}{held}")
