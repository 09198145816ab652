"""`beekeectl sync`: start a sync, and wait for its end where asked."""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit, exit_of_run
from beekeed.ctl.show import print_run
from beekeed.ctl.terminal import Terminal

_WAIT_SECONDS = 30  # one long question at a time; the daemon answers as soon as it is over


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Start a sync, or join the one that runs."""
    started = client.post("sync")
    if not arguments.wait:
        if terminal.as_json:
            terminal.json(started)
        else:
            verb = "runs already" if started["joined"] else "started"
            terminal.line(f"Sync {started['event_id']} {verb}.")
        return Exit.OK
    while True:
        details = client.get("runs", started["event_id"], wait=_WAIT_SECONDS)
        if details["ended_at"] is not None:
            break
    if terminal.as_json:
        terminal.json(details)
    else:
        print_run(terminal, details)
    reason = details["reason"]
    return exit_of_run(details["status"], reason["code"] if reason else None)
