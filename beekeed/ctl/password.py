"""`beekeectl password`: with which the administrator signs in at the status page."""

import argparse
import sys
from typing import Any

from beekeed.client import Client, Refused
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _
from beekeed.ctl.terminal import Terminal

SUMMARY = "the password of the status page: set, off, unlock"

_LONGEST_BYTES = 10_000  # of what is read; beekeed says how long a password may be


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl password` takes."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["show", "set", "off", "unlock"],
        default="show",
        help=_(
            "show whether there is one (default); set it, asked for twice or read from standard"
            " input; off: nobody can sign in; unlock: let everybody try again who waits after wrong"
            " passwords"
        ),
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Change it, and show how it stands."""
    match arguments.action:
        case "show":
            answer = client.get("password")
        case "unlock":
            answer = client.post("password", "unlock")
        case "off":
            answer = client.post("password", body={"password": None})
        case _:
            client.get("password")  # whoever may not set it is told before typing one
            answer = client.post("password", body={"password": _asked()})
    if terminal.as_json:
        terminal.json(answer)
    else:
        terminal.line(_said(arguments.action, answer))
    return Exit.OK


def _asked() -> str:
    """Ask for a password twice without showing it, or read it where nobody types."""
    if not sys.stdin.isatty():
        return sys.stdin.buffer.readline(_LONGEST_BYTES).decode(errors="replace").rstrip("\r\n")
    from getpass import getpass  # needed here only

    first = getpass(_("New password: "))
    if getpass(_("The same again: ")) != first:
        raise Refused("passwords_differ", {})
    return first


def _said(action: str, answer: dict[str, Any]) -> str:
    if action == "unlock":
        return _("Everybody may try to sign in again.")
    if not answer["is_set"]:
        return _("No password is set: nobody can sign in at the status page, which only shows.")
    if action == "set":
        return _("The password is set. Whoever was signed in must sign in again with it.")
    return _("A password is set. Signed in now: {count}.", count=answer["sessions"])
