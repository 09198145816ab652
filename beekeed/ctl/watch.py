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
    seen_under_way = False
    for view in client.events():
        _show(terminal, line, view)
        run = view["run"]
        if is_under_way(run):
            seen_under_way = True
        elif seen_under_way:
            seen_under_way = False
            if line.is_live and not terminal.as_json:
                print(flush=True)  # how it ended stays there
            if arguments.until_end:
                reason = run["reason"] if run else None
                status = run["status"] if run else "error"  # beekeed was started again meanwhile
                return exit_of_run(status, reason["code"] if reason else None)
    return Exit.OK


def _show(terminal: Terminal, line: LiveLine, view: dict[str, Any]) -> None:
    if terminal.as_json:
        print(json.dumps(view, ensure_ascii=False), flush=True)
    elif line.is_live:
        line.draw(said(terminal, view))
    else:
        print(said(terminal, view), flush=True)
