"""`beekeectl status`: how it stands."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.terminal import Terminal, moment


def run(client: Client, terminal: Terminal, _: argparse.Namespace) -> Exit:
    """Print what waits, what runs, and how the latest sync ended."""
    status = client.get("status")
    if terminal.as_json:
        terminal.json(status)
        return Exit.OK
    target = status["target"]
    latest = status["latest"]
    rows = [
        ("Online Moodle", f"{target['name'] or 'not contacted yet'} ({target['address']})"),
        ("Now", terminal.word(status["phase"])),
        ("Waiting here", _waiting(status)),
        ("Latest sync", _latest(terminal, latest)),
    ]
    terminal.fields(rows)
    if latest and latest["reason"]:
        terminal.reason(latest["reason"])
    return Exit.OK


def _waiting(status: dict[str, Any]) -> str:
    if status["waiting"] is None:
        return "not known yet: the box's Moodle was not read so far"
    text = f"{status['waiting']} changes (as read {moment(status['read_at'])})"
    if status["set_aside"]:
        text += f", {status['set_aside']} of them set aside (beekeectl set-aside)"
    return text


def _latest(terminal: Terminal, latest: dict[str, str] | None) -> str:
    if latest is None:
        return "never"
    status = terminal.word(latest["status"])
    return f"{moment(latest['ended_at'])}, {status} ({latest['event_id']})"
