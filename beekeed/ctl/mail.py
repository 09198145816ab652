"""`beekeectl mail`: what waits to be mailed, and a test message."""

import argparse
from collections.abc import Mapping
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language, size
from beekeed.ctl.terminal import Terminal, moment
from beekeed.say import clean

SUMMARY = "the mails that tell how syncs went: what waits, and a test message"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl mail` takes."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["show", "test"],
        default="show",
        help=_("show what waits and what was sent (default), or send a test message now"),
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print how the mails stand, or what the mail server said to a test message."""
    is_test = arguments.action == "test"
    answer = client.post("mail", "test") if is_test else client.get("mail")
    if terminal.as_json:
        terminal.json(answer)
    elif is_test:
        spent = size(answer["sent_bytes"] + answer["received_bytes"])
        terminal.line(
            _(
                "A test message to {address} was taken ({size}).",
                address=clean(answer["to"]),
                size=spent,
            )
        )
        terminal.line(_("The mail server said: {answer}", answer=clean(answer["answer"])))
    else:
        _print(terminal, answer)
    return Exit.OK


def _print(terminal: Terminal, answer: Mapping[str, Any]) -> None:
    rows = [
        (_("Mailed"), _mailed(answer["notify"])),
        (_("To"), _whom(answer)),
        (_("Waiting"), language().number(answer["waiting"])),
    ]
    if answer["folded"]:
        since = moment(answer["folded_since"])
        rows.append((_("Not over"), _("{count}, since {at}", count=answer["folded"], at=since)))
    terminal.fields(rows)
    for each in answer["recent"]:
        state = terminal.word(f"mail_state_{each['state']}")
        when = f" {moment(each['at'])}" if each["at"] else ""
        terminal.line(terminal.pair(each["event_id"], f"{state}{when}"))
    if answer["warning"]:
        terminal.line()
        terminal.line(_("Settings:"))
        terminal.reason(answer["warning"], indent=2)
    if answer["trouble"]:
        terminal.line()
        terminal.line(_("Trouble, {at}:", at=moment(answer["trouble_at"])))
        terminal.reason(answer["trouble"], indent=2)


def _whom(answer: Mapping[str, Any]) -> str:
    if not answer["server"]:
        return _("nobody")
    address, server = clean(answer["to"]), clean(answer["server"])
    return _("{address}, by {server}", address=address, server=server)


def _mailed(notify: str) -> str:
    match notify:
        case "off":
            return _("nothing")
        case "all":
            return _("each sync")
        case _:
            return _("failed syncs, and when they work again")
