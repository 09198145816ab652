"""`beekeectl status`: how it stands."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.schedule import next_sync
from beekeed.ctl.show import waiting
from beekeed.ctl.terminal import Terminal, moment
from beekeed.ctl.usage import in_short
from beekeed.say import clean

SUMMARY = "how it stands: whether everything is safe online, what waits, what runs, the latest sync"


def describe(_: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl status` takes: nothing."""


def run(client: Client, terminal: Terminal, _: argparse.Namespace) -> Exit:
    """Print whether everything is safe, what waits, what runs, how the latest sync ended."""
    status = client.get("status")
    if terminal.as_json:
        terminal.json(status)
        return Exit.OK
    target = status["target"]
    latest = status["latest"]
    rows = [
        ("Online Moodle", f"{clean(target['name']) or 'not contacted yet'} ({target['address']})"),
        ("Now", terminal.word(status["phase"])),
        ("Waiting here", _waiting(terminal, status)),
        ("Latest sync", _latest(terminal, latest)),
        ("Next sync", next_sync(terminal, status)),
        ("Data this month", in_short(status["usage"])),
    ]
    clock = status["clock"]
    if status["mail"]["trouble"]:
        rows.append(("Mails", f"{status['mail']['waiting']} wait; beekeectl mail says why"))
    rows.append(("Clock", f"{moment(status['now'])}, {terminal.word(clock['trust'])}"))
    terminal.reason(status["safety"]["reason"])
    terminal.line()
    terminal.fields(rows)
    if status["recovery"]:
        terminal.reason(status["recovery"]["reason"])
    if clock["reason"]:
        terminal.reason(clock["reason"])
    asked = [each["reason"] for each in status["guards"]]
    for reason in asked:
        terminal.reason(reason)
    if latest and latest["reason"] and latest["reason"] not in asked:
        terminal.reason(latest["reason"])
    return Exit.OK


def _waiting(terminal: Terminal, status: dict[str, Any]) -> str:
    text = waiting(terminal, status)
    if status["waiting"] is None:
        return f"{text}: it shows at the next sync that reaches the online Moodle"
    return f"{text} (as read {moment(status['read_at'])})"


def _latest(terminal: Terminal, latest: dict[str, str] | None) -> str:
    if latest is None:
        return "never"
    status = terminal.word(latest["status"])
    return f"{moment(latest['ended_at'])}, {status} ({latest['event_id']})"
