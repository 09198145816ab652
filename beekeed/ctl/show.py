"""`beekeectl show ID`: what one sync did."""

import argparse
from collections import Counter
from collections.abc import Mapping
from typing import Any

from beekeed.client import Client, Refused
from beekeed.ctl import actions
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import size, span
from beekeed.ctl.terminal import Terminal, moment, period
from beekeed.say import clean

SUMMARY = "what one sync did"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl show` takes."""
    parser.add_argument(
        "event_id",
        metavar="ID",
        help="its Sync Event ID, as `beekeectl history` lists it, or: latest",
    )
    parser.add_argument(
        "--actions",
        action="store_true",
        help="list each thing it changed online, with what was there before",
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print one sync's information, or each thing that it changed."""
    event_id = _latest(client) if arguments.event_id == "latest" else arguments.event_id
    if arguments.actions:
        return actions.run(client, terminal, event_id)
    details = client.get("runs", event_id)
    if terminal.as_json:
        terminal.json(details)
    else:
        print_run(terminal, details)
    return Exit.OK


def _latest(client: Client) -> str:
    """Give the ID of the latest sync. Raises Refused where there was none."""
    runs = client.get("runs", limit=1)["runs"]
    if not runs:
        raise Refused("not_found", {"what": "sync yet"})
    return str(runs[0]["event_id"])


def print_run(terminal: Terminal, details: dict[str, Any]) -> None:
    """Print what the seeds' Information window shows."""
    terminal.fields(_rows(terminal, details))
    if details["reason"]:
        terminal.line()
        terminal.reason(details["reason"])
    for course in details["courses"]:
        _print_course(terminal, course)
    for action in details["actions"]:
        if action["reason"]:
            _print_reason(terminal, action, said=details["reason"])
    for stays in details["uncarried"]:
        terminal.line()
        terminal.line(f"{terminal.counted(stays['count'], stays['what'])} only on the box:")
        terminal.reason(stays["reason"], indent=2)


def _rows(terminal: Terminal, details: dict[str, Any]) -> list[tuple[str, str]]:
    synced = [clean(each["fullname"]) for each in details["courses"] if not each["left_out"]]
    return [
        ("Status", terminal.word(details["status"])),
        ("Sync Event ID", details["event_id"]),
        ("Period", period(details["period"])),
        ("Started", moment(details["started_at"])),
        ("Ended", moment(details["ended_at"]) if details["ended_at"] else "not yet"),
        ("Duration", span(details["duration_seconds"])),
        *([] if details["clock_trusted"] else [("Clock", terminal.word("clock_doubted"))]),
        *_data_rows(details),
        ("Synced courses", ", ".join(synced) or "none"),
        ("Actions", _actions(terminal, details["actions"]) or "none"),
        *([("Read back", summary(details["verified"]))] if details.get("verified") else []),
        ("Saved", _saved(terminal, details)),
        ("Still waiting", waiting(terminal, details)),
        *([("Mail", terminal.word(f"mail_state_{details['mail']}"))] if details["mail"] else []),
    ]


def _data_rows(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what this sync sent and received, and what went over the line beside it."""
    whose = " (everybody's: the kernel tells no more)" if details["charged_by"] == "line" else ""
    own = f"{size(details['sent_bytes'])} sent, {size(details['received_bytes'])} received"
    sent, received = size(details["line_sent_bytes"]), size(details["line_received_bytes"])
    return [
        ("Data", own + whose),
        ("On the line", f"{sent} sent, {received} received meanwhile, by everybody"),
    ]


def _print_course(terminal: Terminal, course: dict[str, Any]) -> None:
    """Say why a course was left out, or what was odd about it."""
    if course["left_out"]:
        terminal.line()
        terminal.line(f"Left out: {clean(course['fullname'])}")
        terminal.reason(course["left_out"], indent=2)
    elif course["warning"]:
        terminal.line()
        terminal.reason(course["warning"])


def _print_reason(
    terminal: Terminal, action: dict[str, Any], *, said: dict[str, Any] | None
) -> None:
    """Say why some changes were not done; `said`: the reason that stands above already."""
    what = terminal.counted(action["count"], action["kind"])
    verdict = terminal.word(action["verdict"])
    terminal.line()
    if action["reason"] == said:
        terminal.line(f"{what} {verdict} for that.")
    else:
        terminal.line(f"{what} {verdict}:")
        terminal.reason(action["reason"], indent=2)


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
