"""beekeectl: the daemon from a terminal. Standard library only; one file a command."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence

import beekeed
from beekeed.client import Client, Refused
from beekeed.ctl import (
    calendar,
    check,
    guard,
    history,
    limit,
    link,
    set_aside,
    show,
    status,
    stop,
    sync,
    usage,
    verify,
)
from beekeed.ctl.exits import EXITS, Exit, exit_of_code
from beekeed.ctl.terminal import Terminal

Command = Callable[[Client, Terminal, argparse.Namespace], Exit]

DEFAULT_SOCKET = "/run/beekeed/control.sock"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter shows another
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    arguments = parser().parse_args(argv)
    terminal = Terminal(as_json=arguments.json, language=_language())
    command: Command = arguments.command
    try:
        return int(command(Client(arguments.socket), terminal, arguments))
    except Refused as refused:
        terminal.trouble(refused.code, refused.params)
        return int(exit_of_code(refused.code))
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.FAILURE)


def _common(*, suppressed: bool) -> argparse.ArgumentParser:
    """Describe what every command takes, before or after the command's name."""
    common = argparse.ArgumentParser(add_help=False)
    socket = os.environ.get("BEEKEED_SOCKET", DEFAULT_SOCKET)
    common.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS if suppressed else False,
        help="print JSON for other programs",
    )
    common.add_argument(
        "--socket",
        metavar="PATH",
        default=argparse.SUPPRESS if suppressed else socket,
        help="the daemon's control socket (also: BEEKEED_SOCKET)",
    )
    return common


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(
        prog="beekeectl",
        description="Operate beekeed, which brings a Beekee box's work to its online Moodle.",
        epilog="Exit codes: " + ", ".join(f"{code.value} {text}" for code, text in EXITS.items()),
        parents=[_common(suppressed=False)],
    )
    top.add_argument("--version", action="version", version=beekeed.__version__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    common = _common(suppressed=True)

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[common], help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    add("status", status.run, "how it stands: what waits, what runs, the latest sync")
    sync.describe(add("sync", sync.run, "start a sync now, of all that waits or of some days"))
    add("stop", stop.run, "stop the sync under way; what arrived is kept").add_argument(
        "--wait", action="store_true", help="wait until it has stopped"
    )
    add("calendar", calendar.run, "which days are safe online").add_argument(
        "month", nargs="?", metavar="YYYY-MM", help="a month (this one)"
    )
    add("history", history.run, "the latest syncs").add_argument(
        "--limit", type=int, default=5, metavar="N", help="how many (5; up to 50)"
    )
    shown = add("show", show.run, "what one sync did")
    shown.add_argument(
        "event_id", metavar="ID", help="its Sync Event ID, as `beekeectl history` lists it"
    )
    shown.add_argument(
        "--actions",
        action="store_true",
        help="list each thing it changed online, with what was there before",
    )
    add("usage", usage.run, "the data used: this month and last month").add_argument(
        "--month", metavar="YYYY-MM", help="day by day, the month that begins in this one"
    )
    limit.describe(add("limit", limit.run, "the data limit: show, set, switch off, top up"))
    aside = add("set-aside", set_aside.run, "what could not be sent, and why")
    aside.add_argument(
        "action",
        nargs="?",
        choices=["list", "retry", "confirm"],
        default="list",
        help="list it (default), have it tried again at the next sync, or confirm that learners"
        " are who has their username online",
    )
    aside.add_argument("usernames", nargs="*", metavar="USERNAME", help="whom to confirm")
    aside.add_argument("--file", metavar="FILE", help="confirm those listed there, one a line")
    asked = add("guard", guard.run, "what is asked before much is lowered online")
    asked.add_argument(
        "action",
        nargs="?",
        choices=["list", "accept"],
        default="list",
        help="list it (default), or accept what fell on the box, so that the next sync lowers it",
    )
    asked.add_argument(
        "which", nargs="?", metavar="COURSE|NUMBER", help="the course's short name, or a number"
    )
    asked.add_argument("--kind", choices=guard.KINDS, help="accept only this kind")
    add(
        "verify", verify.run, "read back what had arrived; what is missing is sent again"
    ).add_argument("--wait", action="store_true", help="wait for its end and show what it found")
    add("link", link.run, "where the way to the online Moodle ends").add_argument(
        "--try",
        dest="try_it",
        action="store_true",
        help="try the whole way, for some kilobytes; else nothing goes out",
    )
    add("check", check.run, "try the whole way, step by step, without changing anything")
    return top


def _language() -> str:
    """The reader's language, as the terminal's environment names it."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    first = next((name for name in names if name), "en")
    return first.partition(".")[0].partition("_")[0]
