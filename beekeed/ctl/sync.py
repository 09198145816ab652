"""`beekeectl sync`: start a sync, and wait for its end where asked."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from beekeed.client import Client, Refused
from beekeed.ctl import preview
from beekeed.ctl.exits import Exit, exit_of_run
from beekeed.ctl.language import _
from beekeed.ctl.parsing import whole_number
from beekeed.ctl.progress import LiveLine, is_under_way, said
from beekeed.ctl.show import print_run
from beekeed.ctl.terminal import Terminal

SUMMARY = "start a sync now, of all that waits or of some days"

_ASKED = ("day", "month", "from", "to", "force")
_WAIT_SECONDS = 30  # one long question at a time; the daemon answers as soon as it is over


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl sync` takes."""
    days = parser.add_mutually_exclusive_group()
    day, month = _("YYYY-MM-DD"), _("YYYY-MM")
    days.add_argument("--day", metavar=day, help=_("send a day again (in UTC)"))
    days.add_argument("--month", metavar=month, help=_("send a month again, up to today"))
    days.add_argument("--from", metavar=day, help=_("send days again, from this one"))
    parser.add_argument("--to", metavar=day, help=_("to this one"))
    parser.add_argument(
        "--force",
        action="store_true",
        help=_("also courses with another modification date, and what is late; this time only"),
    )
    parser.add_argument(
        "--dry-run", action="store_true", help=_("send nothing: tell what would go and cost")
    )
    parser.add_argument(
        "--limit",
        type=whole_number,
        metavar=_("BYTES"),
        help=_("with --dry-run: what would fit into so many"),
    )
    parser.add_argument(
        "--wait-for-link", action="store_true", help=_("start as soon as the box has a link")
    )
    parser.add_argument(
        "--wait", action="store_true", help=_("wait for its end and show what it did")
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Start a sync, or join the one that runs; or only tell what it would do."""
    asked = {name: getattr(arguments, name) for name in _ASKED if getattr(arguments, name)}
    if arguments.dry_run:
        return preview.run(client, terminal, asked, arguments.limit)
    if arguments.limit is not None:
        return terminal.usage(_("--limit goes with --dry-run"))
    if arguments.wait_for_link:
        _await_link(client)
    started = client.post("sync", body=asked or None)
    if arguments.wait:
        return show_end(client, terminal, started["event_id"])
    if terminal.as_json:
        terminal.json(started)
    else:
        _print_started(terminal, started, has_more=bool(asked))
    return Exit.OK


def started_or_joined(started: Mapping[str, Any]) -> str:
    """Say of an answer to `POST /v1/sync` that the sync started, or that it runs already."""
    if started["joined"]:
        return _("Sync {event_id} runs already.", event_id=started["event_id"])
    return _("Sync {event_id} started.", event_id=started["event_id"])


def _print_started(terminal: Terminal, started: dict[str, Any], *, has_more: bool) -> None:
    """Say that it started, or runs already; `has_more`: more was asked for than a sync."""
    terminal.line(started_or_joined(started))
    if started["joined"] and has_more:
        terminal.line(_("It was not asked for that: ask again when it is over."))


def _await_link(client: Client) -> None:
    """Wait until the box has a link; nothing goes out for that. Ctrl-C ends the waiting."""
    answer = client.get("link")
    if not answer["link"] and sys.stderr.isatty():
        print(_("Waiting until the box has a link ..."), file=sys.stderr)
    while not answer["link"]:
        answer = client.get("link", wait=_WAIT_SECONDS)


def show_end(client: Client, terminal: Terminal, event_id: str) -> Exit:
    """Wait for a run's end and show what it did. Ctrl-C ends the waiting; the run goes on."""
    details = await_end(client, terminal, event_id)
    if terminal.as_json:
        terminal.json(details)
    else:
        print_run(terminal, details)
    reason = details["reason"]
    return exit_of_run(details["status"], reason["code"] if reason else None)


def await_end(
    client: Client, terminal: Terminal, event_id: str, *, is_stopping: bool = False
) -> dict[str, Any]:
    """Wait for a run's end and give what it did. Ctrl-C ends the waiting, and not the run.

    On a terminal it shows how far the run is.
    """
    line = LiveLine(sys.stderr)
    try:
        if line.is_live:
            print(_begun(event_id, is_stopping=is_stopping), file=sys.stderr)
            _draw(client, terminal, line, event_id)
        while True:
            details = client.get("runs", event_id, wait=_WAIT_SECONDS)
            if details["ended_at"] is not None:
                return details
    except KeyboardInterrupt:
        line.clear()
        print(_left(event_id, is_stopping=is_stopping), file=sys.stderr)
        raise


def _begun(event_id: str, *, is_stopping: bool) -> str:
    if is_stopping:
        return _("Sync {event_id} is stopping ...", event_id=event_id)
    return _("Sync {event_id} is running ...", event_id=event_id)


def _left(event_id: str, *, is_stopping: bool) -> str:
    if is_stopping:
        return _(
            "Sync {event_id} stops as soon as what is under way has an answer; beekeectl status"
            " tells how it stands.",
            event_id=event_id,
        )
    return _("Sync {event_id} goes on; beekeectl status tells how it stands.", event_id=event_id)


def _draw(client: Client, terminal: Terminal, line: LiveLine, event_id: str) -> None:
    """Draw how far a run is until it ends, or somebody else must tell how it stands."""
    try:
        for view in client.events():
            run = view["run"]
            if not is_under_way(run) or run["event_id"] != event_id:
                break
            line.draw(said(terminal, view))
    except Refused:  # whoever asks next is told why
        pass
    line.clear()
