"""`beekeectl history`: the latest syncs, newest first."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, size
from beekeed.ctl.parsing import whole_number
from beekeed.ctl.terminal import Terminal, moment, padded, period

SUMMARY = "the latest syncs, and page by page all before"

_PAGE = 5


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl history` takes."""
    parser.add_argument(
        "--limit",
        type=whole_number,
        default=_PAGE,
        metavar=_("N"),
        help=_("how many on a page (5; up to 50)"),
    )
    parser.add_argument(
        "--page",
        type=_page,
        default=1,
        metavar=_("PAGE"),
        help=_("which page: 1 has the latest"),
    )


def _page(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(_("“{text}” is not a page; the first is 1", text=text))
    return int(text)


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print a line for each sync."""
    before = (arguments.page - 1) * arguments.limit
    history = client.get("runs", limit=arguments.limit, offset=max(0, before))
    if terminal.as_json:
        terminal.json(history)
        return Exit.OK
    if not history["runs"]:
        terminal.line(_("There are no more.") if history["total"] else _("There was no sync yet."))
    for each in history["runs"]:
        _print_run(terminal, each)
    _print_place(terminal, history, before, arguments)
    return Exit.OK


def _print_run(terminal: Terminal, each: dict[str, Any]) -> None:
    mark = "✓" if each["status"] == "completed" else "!"
    data = size(each["sent_bytes"] + each["received_bytes"])
    status = terminal.word(each["status"])
    if each["cause"] == "verify":
        status = terminal.pair(terminal.word(each["cause"]), status)
    saved = _("{count} saved", count=f"{each['saved_events']:>5}")
    began, event_id = moment(each["started_at"]), each["event_id"]
    print(f"{mark} {began}  {event_id:<10}  {padded(status, 16)} {saved} {data:>9}")
    if each["period"]:
        terminal.line(_("for {days}", days=period(each["period"])), indent=2)
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
        terminal.line(
            _(
                "{first} to {last} of {total}; the next: {command}",
                first=before + 1,
                last=last,
                total=total,
                command=further,
            )
        )
