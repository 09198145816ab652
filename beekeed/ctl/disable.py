"""`beekeectl disable`: nothing is synchronized, by the schedule or by hand."""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _
from beekeed.ctl.terminal import Terminal

SUMMARY = "switch sync off: nothing runs, scheduled or by hand"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl disable` takes: nothing."""


def run(client: Client, terminal: Terminal, _arguments: argparse.Namespace) -> Exit:
    """Switch it off; a sync under way is stopped."""
    client.post("settings", body={"values": {"sync.enabled": False}})
    status = client.get("status")
    if terminal.as_json:
        terminal.json(status)
        return Exit.OK
    terminal.line(_("Sync is switched off: nothing runs until `beekeectl enable`."))
    if status["running"]:
        terminal.line(
            _(
                "Sync {event_id} stops as soon as what is under way has an answer.",
                event_id=status["running"],
            )
        )
    return Exit.OK
