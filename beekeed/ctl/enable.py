"""`beekeectl enable`: synchronize, by the schedule and by hand."""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _
from beekeed.ctl.schedule import next_sync
from beekeed.ctl.terminal import Terminal

SUMMARY = "switch sync on"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl enable` takes: nothing."""


def run(client: Client, terminal: Terminal, _arguments: argparse.Namespace) -> Exit:
    """Switch it on and say what comes next."""
    client.post("settings", body={"values": {"sync.enabled": True}})
    status = client.get("status")
    if terminal.as_json:
        terminal.json(status)
        return Exit.OK
    terminal.line(_("Sync is switched on."))
    terminal.fields([(_("Next sync"), next_sync(terminal, status))])
    return Exit.OK
