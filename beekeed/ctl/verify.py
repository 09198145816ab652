"""`beekeectl verify`: read back what the online Moodle acknowledged; sends nothing."""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit, exit_of_run
from beekeed.ctl.show import print_run
from beekeed.ctl.sync import await_end
from beekeed.ctl.terminal import Terminal


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Start it, and wait for its end where asked."""
    started = client.post("verify")
    if not arguments.wait:
        if terminal.as_json:
            terminal.json(started)
        else:
            terminal.line(f"Reading back started: beekeectl show {started['event_id']}")
        return Exit.OK
    details = await_end(client, started["event_id"])
    if terminal.as_json:
        terminal.json(details)
    else:
        print_run(terminal, details)
    reason = details["reason"]
    return exit_of_run(details["status"], reason["code"] if reason else None)
