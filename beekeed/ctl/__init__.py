"""beekeectl: the daemon from a terminal. Standard library only; one file a command."""

import argparse
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

import beekeed
from beekeed.client import Client, Refused
from beekeed.ctl import (
    calendar,
    check,
    disable,
    enable,
    exits,
    guard,
    history,
    limit,
    link,
    mail,
    password,
    report,
    schedule,
    set_aside,
    settings,
    setup,
    show,
    status,
    stop,
    sync,
    token,
    usage,
    verify,
    waiting,
    watch,
)
from beekeed.ctl.exits import Exit, exit_of_code
from beekeed.ctl.language import _, language
from beekeed.ctl.parsing import speaking
from beekeed.ctl.terminal import Terminal


class Command(Protocol):
    """What each file of this package that is a command has."""

    SUMMARY: str
    """What it is for, in a line of `beekeectl --help`: in English, as its translators find it."""

    def describe(self, parser: argparse.ArgumentParser, /) -> None:
        """Describe what it takes."""
        ...

    def run(self, client: Client, terminal: Terminal, arguments: argparse.Namespace, /) -> Exit:
        """Do it. Raises Refused."""
        ...


COMMANDS: Mapping[str, Command] = {
    "status": status,
    "enable": enable,
    "disable": disable,
    "sync": sync,
    "stop": stop,
    "watch": watch,
    "schedule": schedule,
    "calendar": calendar,
    "history": history,
    "show": show,
    "usage": usage,
    "limit": limit,
    "waiting": waiting,
    "set-aside": set_aside,
    "guard": guard,
    "verify": verify,
    "settings": settings,
    "link": link,
    "mail": mail,
    "check": check,
    "report": report,
    "password": password,
    "token": token,
    "setup": setup,
}
"""Every command, in the order in which help lists them."""

DEFAULT_SOCKET = "/run/beekeed/control.sock"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter shows another
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    with speaking(language()):
        arguments = parser().parse_args(argv)
    terminal = Terminal(as_json=arguments.json)
    command: Command = arguments.command
    try:
        return int(command.run(Client(arguments.socket), terminal, arguments))
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
        help=_("print JSON for other programs"),
    )
    common.add_argument(
        "--socket",
        metavar=_("PATH"),
        default=argparse.SUPPRESS if suppressed else socket,
        help=_("the daemon's control socket (also: BEEKEED_SOCKET)"),
    )
    return common


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(
        prog="beekeectl",
        description=_("Operate beekeed, which brings a Beekee box's work to its online Moodle."),
        epilog=_("exit codes:") + "\n" + exits.table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_common(suppressed=False)],
    )
    top.add_argument(
        "--version",
        action="version",
        version=beekeed.__version__,
        help=_("show the version of beekeed and exit"),
    )
    commands = top.add_subparsers(required=True, metavar=_("COMMAND"))
    common = _common(suppressed=True)
    for name, command in COMMANDS.items():
        text = _(command.SUMMARY)
        sub = commands.add_parser(name, parents=[common], help=text, description=text)
        command.describe(sub)
        sub.set_defaults(command=command)
    return top
