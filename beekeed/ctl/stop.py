"""`beekeectl stop`: stop the sync under way."""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.sync import await_end
from beekeed.ctl.terminal import Terminal


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Ask it to stop, and wait until it has where asked."""
    stopping = client.post("stop")
    event_id = stopping["event_id"]
    if arguments.wait and event_id is not None:
        await_end(client, event_id)
    if terminal.as_json:
        terminal.json(stopping)
    elif event_id is None:
        terminal.line("Nothing runs.")
    elif arguments.wait:
        terminal.line(f"Sync {event_id} has stopped. What arrived is kept; the rest waits.")
    else:
        terminal.line(f"Sync {event_id} stops as soon as what is under way has an answer.")
    return Exit.OK
