"""`beekeectl history`: the latest syncs, newest first."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import size
from beekeed.ctl.terminal import Terminal, moment, period

SUMMARY = "the latest syncs, and page by page all before"

_PAGE = 5


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl history` takes."""
    parser.add_argument(
        "--limit", type=int, default=_PAGE, metavar="N", help="how many on a page (5; up to 50)"
    )
    parser.add_argument(
        "--page", type=_page, default=1, metavar="PAGE", help="which page: 1 has the latest"
    )


def _page(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a page; the first is 1")
    return int(text)


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print a line for each sync."""
    before = (arguments.page - 1) * arguments.limit
    history = client.get("runs", limit=arguments.limit, offset=max(0, before))
    if terminal.as_json:
        terminal.json(history)
        return Exit.OK
    if not history["runs"]:
        terminal.line("No sync yet." if not history["total"] else "There are no more.")
    for each in history["runs"]:
        _print_run(terminal, each)
    _print_place(terminal, history, before, arguments)
    return Exit.OK


def _print_run(terminal: Terminal, each: dict[str, Any]) -> None:
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


def _print_place(
    terminal: Terminal, history: dict[str, Any], before: int, arguments: argparse.Namespace
) -> None:
    """Say where in the history this page is, and how to see the next."""
    total, last = history["total"], before + len(history["runs"])
    if last < total:
        many = f"--limit {arguments.limit} " if arguments.limit != _PAGE else ""
        further = f"beekeectl history {many}--page {arguments.page + 1}"
        terminal.line(f"{before + 1} to {last} of {total}; the next: {further}")
