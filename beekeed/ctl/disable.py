"""`beekeectl disable`: nothing is synchronized, by the schedule or by hand."""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.terminal import Terminal

SUMMARY = "switch sync off: nothing runs, scheduled or by hand"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl disable` takes: nothing."""


def run(client: Client, terminal: Terminal, _: argparse.Namespace) -> Exit:
    """Switch it off; a sync under way is stopped."""
    client.post("settings", body={"values": {"sync.enabled": False}})
    status = client.get("status")
    if terminal.as_json:
        terminal.json(status)
        return Exit.OK
    terminal.line("Sync is switched off: nothing runs until `beekeectl enable`.")
    if status["running"]:
        terminal.line(f"Sync {status['running']} stops as soon as what is under way is answered.")
    return Exit.OK
