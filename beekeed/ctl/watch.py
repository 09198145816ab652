"""`beekeectl watch`: how a sync goes on, live."""

import argparse
import json
import sys
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit, exit_of_run
from beekeed.ctl.progress import LiveLine, is_under_way, said
from beekeed.ctl.terminal import Terminal

SUMMARY = "how a sync goes on, live; Ctrl-C ends it"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl watch` takes."""
    parser.add_argument(
        "--until-end",
        action="store_true",
        help="end with the sync under way, or else with the next one",
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Show each view: in one line of a terminal, else in a line each; JSON in a line each."""
    line = LiveLine(sys.stdout)
    event_id = None
    for view in client.events():
        _show(terminal, line, view)
        run = view["run"]
        begun = event_id or (run["event_id"] if is_under_way(run) else None)
        if begun and not (is_under_way(run) and run["event_id"] == begun):
            if line.is_live and not terminal.as_json:
                print(flush=True)  # how it ended stays there
            if arguments.until_end:
                return _exit(client, begun)
            begun = run["event_id"] if is_under_way(run) else None
        event_id = begun
    return Exit.OK


def _exit(client: Client, event_id: str) -> Exit:
    """Give the exit code for a run that ended; the view may be of the one after it by now."""
    ended = client.get("runs", event_id)
    reason = ended["reason"]
    return exit_of_run(ended["status"], reason["code"] if reason else None)


def _show(terminal: Terminal, line: LiveLine, view: dict[str, Any]) -> None:
    if terminal.as_json:
        print(json.dumps(view, ensure_ascii=False), flush=True)
    elif line.is_live:
        line.draw(said(terminal, view))
    else:
        print(said(terminal, view), flush=True)
