"""`beekeectl status`: how it stands."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, listed, ngettext
from beekeed.ctl.schedule import next_sync
from beekeed.ctl.show import waiting
from beekeed.ctl.terminal import Terminal, moment
from beekeed.ctl.usage import in_short
from beekeed.say import clean

SUMMARY = "how it stands: whether everything is safe online, what waits, what runs, the latest sync"


def describe(_parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl status` takes: nothing."""


def run(client: Client, terminal: Terminal, _arguments: argparse.Namespace) -> Exit:
    """Print whether everything is safe, what waits, what runs, how the latest sync ended."""
    status = client.get("status")
    if terminal.as_json:
        terminal.json(status)
        return Exit.OK
    target = status["target"]
    name = clean(target["name"]) or _("not contacted yet")
    latest = status["latest"]
    rows = [
        (_("Online Moodle"), f"{name} ({target['address']})"),
        (_("Now"), terminal.word(status["phase"])),
        (_("Waiting here"), _waiting(terminal, status)),
        (_("Latest sync"), _latest(terminal, latest)),
        (_("Next sync"), next_sync(terminal, status)),
        (_("Data this month"), in_short(status["usage"])),
    ]
    clock = status["clock"]
    if status["mail"]["trouble"]:
        waits = ngettext(
            "{count} waits; beekeectl mail says why",
            "{count} wait; beekeectl mail says why",
            status["mail"]["waiting"],
        )
        rows.append((_("Mails"), waits))
    rows.append((_("Clock"), listed([moment(status["now"]), terminal.word(clock["trust"])])))
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
    if status["waiting"] is None:
        return _("not known: it shows at the next sync that reaches the online Moodle")
    said = waiting(terminal, status)
    return _("{changes} (as read {at})", changes=said, at=moment(status["read_at"]))


def _latest(terminal: Terminal, latest: dict[str, str] | None) -> str:
    if latest is None:
        return _("never")
    status = terminal.word(latest["status"])
    return listed([moment(latest["ended_at"]), f"{status} ({latest['event_id']})"])
