"""`beekeectl show ID`: what one sync did."""

import argparse
from collections import Counter
from collections.abc import Mapping
from typing import Any

from beekeed.client import Client
from beekeed.ctl import actions
from beekeed.ctl.exits import Exit
from beekeed.ctl.terminal import Terminal, moment, period, size, span
from beekeed.say import clean


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print one sync's information, or each thing that it changed."""
    if arguments.actions:
        return actions.run(client, terminal, arguments.event_id)
    details = client.get("runs", arguments.event_id)
    if terminal.as_json:
        terminal.json(details)
    else:
        print_run(terminal, details)
    return Exit.OK


def print_run(terminal: Terminal, details: dict[str, Any]) -> None:
    """Print what the seeds' Information window shows."""
    synced = [course for course in details["courses"] if not course["left_out"]]
    left_out = [course for course in details["courses"] if course["left_out"]]
    terminal.fields(
        [
            ("Status", terminal.word(details["status"])),
            ("Sync Event ID", details["event_id"]),
            ("Period", period(details["period"])),
            ("Started", moment(details["started_at"])),
            ("Ended", moment(details["ended_at"]) if details["ended_at"] else "not yet"),
            ("Duration", span(details["duration_seconds"])),
            *([] if details["clock_trusted"] else [("Clock", terminal.word("clock_doubted"))]),
            (
                "Data",
                f"{size(details['sent_bytes'])} sent, {size(details['received_bytes'])} received"
                + (" (everybody's: the kernel tells no more)" if _is_shared(details) else ""),
            ),
            (
                "On the line",
                f"{size(details['line_sent_bytes'])} sent,"
                f" {size(details['line_received_bytes'])} received meanwhile, by everybody",
            ),
            ("Synced courses", ", ".join(clean(c["fullname"]) for c in synced) or "none"),
            ("Actions", _actions(terminal, details["actions"]) or "none"),
            *([("Read back", summary(details["verified"]))] if details.get("verified") else []),
            ("Saved", _saved(terminal, details)),
            ("Still waiting", waiting(terminal, details)),
        ]
    )
    if details["reason"]:
        terminal.line()
        terminal.reason(details["reason"])
    for course in left_out:
        terminal.line()
        terminal.line(f"Left out: {clean(course['fullname'])}")
        terminal.reason(course["left_out"], indent=2)
    for course in (each for each in synced if each["warning"]):
        terminal.line()
        terminal.reason(course["warning"])
    for action in details["actions"]:
        if action["reason"]:
            terminal.line()
            what = terminal.counted(action["count"], action["kind"])
            verdict = terminal.word(action["verdict"])
            if action["reason"] == details["reason"]:  # was said above
                terminal.line(f"{what} {verdict} for that.")
                continue
            terminal.line(f"{what} {verdict}:")
            terminal.reason(action["reason"], indent=2)
    for stays in details["uncarried"]:
        terminal.line()
        terminal.line(f"{terminal.counted(stays['count'], stays['what'])} only on the box:")
        terminal.reason(stays["reason"], indent=2)


def _is_shared(details: Mapping[str, Any]) -> bool:
    return bool(details["charged_by"] == "line")


def _saved(terminal: Terminal, details: dict[str, Any]) -> str:
    events = terminal.counted(details["saved_events"], "change")
    return f"{events} of {terminal.counted(details['saved_days'], 'day')}"


def _actions(terminal: Terminal, actions: list[dict[str, Any]]) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for action in actions:
        counts[action["kind"], action["verdict"]] += action["count"]
    return ", ".join(
        f"{terminal.counted(count, kind)} {terminal.word(verdict)}"
        for (kind, verdict), count in counts.items()
    )


def summary(verified: dict[str, Any]) -> str:
    """Say how many were checked, found and missing."""
    text = (
        f"{verified['checked']} checked: {verified['found']} found,"
        f" {verified['missing']} missing, {verified['differs']} different"
    )
    return f"{text}; {verified['unseen']} not seen" if verified["unseen"] else text


def waiting(terminal: Terminal, stands: Mapping[str, Any]) -> str:
    """Say how much waits, and how much of it is set aside."""
    if stands["waiting"] is None:
        return "not known"
    text = terminal.counted(stands["waiting"], "change")
    if stands["set_aside"]:
        text += f", {stands['set_aside']} of them set aside: beekeectl set-aside"
    if stands.get("late"):
        text += f", {stands['late']} of them late: beekeectl calendar"
    return text
