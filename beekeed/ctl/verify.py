"""`beekeectl verify`: read back what the online Moodle acknowledged; sends nothing."""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _
from beekeed.ctl.sync import show_end
from beekeed.ctl.terminal import Terminal

SUMMARY = "read back what had arrived; what is missing is sent again"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl verify` takes."""
    parser.add_argument(
        "--wait", action="store_true", help=_("wait for its end and show what it found")
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Start it, and wait for its end where asked."""
    started = client.post("verify")
    if not arguments.wait:
        if terminal.as_json:
            terminal.json(started)
        else:
            command = f"beekeectl show {started['event_id']}"
            terminal.line(_("Reading back started: {command}", command=command))
        return Exit.OK
    return show_end(client, terminal, started["event_id"])
