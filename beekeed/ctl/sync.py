"""`beekeectl sync`: start a sync, and wait for its end where asked."""

import argparse
import sys
from typing import Any

from beekeed.client import Client
from beekeed.ctl import preview
from beekeed.ctl.exits import Exit, exit_of_run
from beekeed.ctl.show import print_run
from beekeed.ctl.terminal import Terminal

_WAIT_SECONDS = 30  # one long question at a time; the daemon answers as soon as it is over


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Start a sync, or join the one that runs; or only tell what it would do."""
    if arguments.dry_run:
        return preview.run(client, terminal, arguments)
    if arguments.limit is not None:
        print("beekeectl: --limit goes with --dry-run", file=sys.stderr)
        return Exit.USAGE
    started = client.post("sync")
    if not arguments.wait:
        if terminal.as_json:
            terminal.json(started)
        else:
            verb = "runs already" if started["joined"] else "started"
            terminal.line(f"Sync {started['event_id']} {verb}.")
        return Exit.OK
    details = await_end(client, started["event_id"])
    if terminal.as_json:
        terminal.json(details)
    else:
        print_run(terminal, details)
    reason = details["reason"]
    return exit_of_run(details["status"], reason["code"] if reason else None)


def await_end(client: Client, event_id: str) -> dict[str, Any]:
    """Wait for a run's end. Ctrl-C ends the waiting; the sync goes on."""
    if sys.stderr.isatty():
        print(f"Sync {event_id} is running ...", file=sys.stderr)
    try:
        while True:
            details = client.get("runs", event_id, wait=_WAIT_SECONDS)
            if details["ended_at"] is not None:
                return details
    except KeyboardInterrupt:
        print(f"Sync {event_id} goes on; beekeectl status tells how it stands.", file=sys.stderr)
        raise
