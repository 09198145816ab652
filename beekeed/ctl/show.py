"""`beekeectl show ID`: what one sync did."""

import argparse
from collections import Counter
from collections.abc import Mapping
from typing import Any

from beekeed.client import Client, Refused
from beekeed.ctl import actions
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language, listed, size, span, ways
from beekeed.ctl.terminal import Terminal, moment, period
from beekeed.say import clean

SUMMARY = "what one sync did"

_VERIFIED = ("checked", "found", "missing", "differs")


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl show` takes."""
    parser.add_argument(
        "event_id",
        metavar=_("ID"),
        help=_("its Sync Event ID, as `beekeectl history` lists it, or: latest"),
    )
    parser.add_argument(
        "--actions",
        action="store_true",
        help=_("list each thing it changed online, with what was there before"),
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
        what = terminal.counted(stays["count"], stays["what"])
        terminal.line(_("{what} only on the box:", what=what))
        terminal.reason(stays["reason"], indent=2)


def _rows(terminal: Terminal, details: dict[str, Any]) -> list[tuple[str, str]]:
    synced = [clean(each["fullname"]) for each in details["courses"] if not each["left_out"]]
    return [
        (_("Status"), terminal.word(details["status"])),
        (_("Sync Event ID"), details["event_id"]),
        (_("Period"), period(details["period"])),
        (_("Started"), moment(details["started_at"])),
        (_("Ended"), moment(details["ended_at"]) if details["ended_at"] else _("not yet")),
        (_("Duration"), span(details["duration_seconds"])),
        *([] if details["clock_trusted"] else [(_("Clock"), terminal.word("clock_doubted"))]),
        *_data_rows(details),
        (_("Synced courses"), listed(synced) or _("none")),
        (_("Actions"), _actions(terminal, details["actions"]) or _("none")),
        *([(_("Read back"), summary(details["verified"]))] if details.get("verified") else []),
        (_("Saved"), _saved(terminal, details)),
        (_("Still waiting"), waiting(terminal, details)),
        *([(_("Mail"), terminal.word(f"mail_state_{details['mail']}"))] if details["mail"] else []),
    ]


def _data_rows(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what this sync sent and received, and what went over the line beside it."""
    own = ways(details)
    if details["charged_by"] == "line":
        own = _("{data} (everybody's: the kernel tells no more)", data=own)
    meanwhile = _(
        "{sent} sent, {received} received meanwhile, by everybody",
        sent=size(details["line_sent_bytes"]),
        received=size(details["line_received_bytes"]),
    )
    return [(_("Data"), own), (_("On the line"), meanwhile)]


def _print_course(terminal: Terminal, course: dict[str, Any]) -> None:
    """Say why a course was left out, or what was odd about it."""
    if course["left_out"]:
        terminal.line()
        terminal.line(_("Left out: {course}", course=clean(course["fullname"])))
        terminal.reason(course["left_out"], indent=2)
    elif course["warning"]:
        terminal.line()
        terminal.reason(course["warning"])


def _print_reason(
    terminal: Terminal, action: dict[str, Any], *, said: dict[str, Any] | None
) -> None:
    """Say why some changes were not done; `said`: the reason that stands above already."""
    what = terminal.became(action["count"], action["kind"], action["verdict"])
    terminal.line()
    if action["reason"] == said:
        terminal.line(_("{changes}: for that reason.", changes=what))
    else:
        terminal.line(_("{name}:", name=what))
        terminal.reason(action["reason"], indent=2)


def _saved(terminal: Terminal, details: dict[str, Any]) -> str:
    changes = terminal.counted(details["saved_events"], "change")
    days = terminal.counted(details["saved_days"], "day")
    return _("{changes} of {days}", changes=changes, days=days)


def _actions(terminal: Terminal, actions: list[dict[str, Any]]) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for action in actions:
        counts[action["kind"], action["verdict"]] += action["count"]
    return listed(
        terminal.became(count, kind, verdict) for (kind, verdict), count in counts.items()
    )


def summary(verified: dict[str, Any]) -> str:
    """Say how many were checked, found and missing."""
    text = _(
        "{checked} checked: {found} found, {missing} missing, {differs} different",
        **{name: language().number(verified[name]) for name in _VERIFIED},
    )
    if not verified["unseen"]:
        return text
    unseen = language().number(verified["unseen"])
    return "; ".join([text, _("{count} not seen", count=unseen)])


def waiting(terminal: Terminal, stands: Mapping[str, Any]) -> str:
    """Say how much waits, and how much of it is set aside."""
    if stands["waiting"] is None:
        return _("not known")
    said = [terminal.counted(stands["waiting"], "change")]
    if stands["set_aside"]:
        count = language().number(stands["set_aside"])
        said.append(_("{count} of them set aside: beekeectl set-aside", count=count))
    if stands.get("late"):
        count = language().number(stands["late"])
        said.append(_("{count} of them late: beekeectl calendar", count=count))
    return listed(said)
