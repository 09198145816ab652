"""`beekeectl stop`: stop the sync under way."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit, exit_of_run
from beekeed.ctl.language import _
from beekeed.ctl.sync import await_end
from beekeed.ctl.terminal import Terminal

SUMMARY = "stop the sync under way; what arrived is kept"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl stop` takes."""
    parser.add_argument("--wait", action="store_true", help=_("wait until it has stopped"))


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Ask it to stop, and wait until it has where asked."""
    stopping = client.post("stop")
    event_id = stopping["event_id"]
    if arguments.wait and event_id is not None:
        return _show_end(terminal, await_end(client, terminal, event_id, is_stopping=True))
    if terminal.as_json:
        terminal.json(stopping)
    elif event_id is None:
        terminal.line(_("Nothing runs."))
    else:
        terminal.line(
            _(
                "Sync {event_id} stops as soon as what is under way has an answer.",
                event_id=event_id,
            )
        )
    return Exit.OK


def _show_end(terminal: Terminal, details: dict[str, Any]) -> Exit:
    """Tell how it ended: it may have been over, well or not, before it heard of the stop."""
    event_id, status, reason = (details[name] for name in ("event_id", "status", "reason"))
    if terminal.as_json:
        terminal.json(details)
    elif status == "stopped":
        terminal.line(
            _(
                "Sync {event_id} has stopped. What arrived is kept; the rest waits.",
                event_id=event_id,
            )
        )
    else:
        terminal.line(
            _(
                "Sync {event_id} ended before it could stop: {status}.",
                event_id=event_id,
                status=terminal.word(status),
            )
        )
    if reason and not terminal.as_json:
        terminal.reason(reason)
    if status == "stopped":
        return Exit.OK
    return exit_of_run(status, reason["code"] if reason else None)
