"""`beekeectl watch`: how a sync goes on, live."""

import argparse
import json
import sys
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit, exit_of_run
from beekeed.ctl.language import _
from beekeed.ctl.progress import LiveLine, is_under_way, said, said_of_ended
from beekeed.ctl.terminal import Terminal

SUMMARY = "how a sync goes on, live; Ctrl-C ends it"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl watch` takes."""
    parser.add_argument(
        "--until-end",
        action="store_true",
        help=_("end with the sync under way, or else with the next one"),
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Show each view: in one line of a terminal, else in a line each; JSON in a line each.

    How a sync ended stays on the terminal, also where the next one is seen by then.
    """
    line = LiveLine(sys.stdout)
    watched, is_first = None, True
    for view in client.events():
        run = view["run"]
        seen = run["event_id"] if is_under_way(run) else None
        if is_first and seen is None and arguments.until_end:
            _tell_wait(terminal)
        is_first = False
        if watched is None or seen == watched:
            _show(terminal, line, view)
        else:
            ended = run if run["event_id"] == watched else client.get("runs", watched)
            if terminal.as_json:
                _show(terminal, line, view)
            else:
                line.clear()
                print(said_of_ended(terminal, ended), flush=True)
            if arguments.until_end:
                reason = ended["reason"]
                return exit_of_run(ended["status"], reason["code"] if reason else None)
        watched = seen
    return Exit.OK


def _tell_wait(terminal: Terminal) -> None:
    """Say what is waited for, beside what is shown: it may be hours away."""
    if not terminal.as_json:
        print(_("No sync is under way: this ends with the next one, or with Ctrl-C."),
              file=sys.stderr, flush=True)  # fmt: skip


def _show(terminal: Terminal, line: LiveLine, view: dict[str, Any]) -> None:
    if terminal.as_json:
        print(json.dumps(view, ensure_ascii=False), flush=True)
    elif line.is_live:
        line.draw(said(terminal, view))
    else:
        print(said(terminal, view), flush=True)
