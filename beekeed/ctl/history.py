"""`beekeectl history`: the latest syncs, newest first."""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.terminal import Terminal, moment, period, size

SUMMARY = "the latest syncs"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl history` takes."""
    parser.add_argument("--limit", type=int, default=5, metavar="N", help="how many (5; up to 50)")


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print a line for each sync."""
    history = client.get("runs", limit=arguments.limit)
    if terminal.as_json:
        terminal.json(history)
        return Exit.OK
    if not history["runs"]:
        terminal.line("No sync yet.")
    for each in history["runs"]:
        mark = "✓" if each["status"] == "completed" else "!"
        data = size(each["sent_bytes"] + each["received_bytes"])
        status = terminal.word(each["status"])
        if each["cause"] == "verify":
            status = f"{terminal.word(each['cause'])}: {status}"
        saved = f"{each['saved_events']:>5} saved"
        began = moment(each["started_at"])
        print(f"{mark} {began}  {each['event_id']:<10}  {status:<16} {saved} {data:>9}")
        if each["period"]:
            terminal.line(f"for {period(each['period'])}", indent=2)
        if not each["clock_trusted"]:
            terminal.line(terminal.word("clock_doubted"), indent=2)
    return Exit.OK
