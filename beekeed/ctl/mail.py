"""`beekeectl mail`: what waits to be mailed, and a test message."""

import argparse
from collections.abc import Mapping
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import size
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
        help="show what waits and what was sent (default), or send a test message now",
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print how the mails stand, or what the mail server said to a test message."""
    is_test = arguments.action == "test"
    answer = client.post("mail", "test") if is_test else client.get("mail")
    if terminal.as_json:
        terminal.json(answer)
    elif is_test:
        spent = size(answer["sent_bytes"] + answer["received_bytes"])
        terminal.line(f"A test message to {clean(answer['to'])} was taken ({spent}).")
        terminal.line(f"The mail server said: {clean(answer['answer'])}")
    else:
        _print(terminal, answer)
    return Exit.OK


def _print(terminal: Terminal, answer: Mapping[str, Any]) -> None:
    whom = clean(f"{answer['to']}, by {answer['server']}") if answer["server"] else "nobody"
    rows = [
        ("Mailed", _MAILED[answer["notify"]]),
        ("To", whom),
        ("Waiting", str(answer["waiting"])),
    ]
    if answer["folded"]:
        rows.append(("Not over", f"{answer['folded']}, since {moment(answer['folded_since'])}"))
    terminal.fields(rows)
    for each in answer["recent"]:
        state = terminal.word(f"mail_state_{each['state']}")
        when = f" {moment(each['at'])}" if each["at"] else ""
        terminal.line(f"{each['event_id']}: {state}{when}")
    for title, reason in (("Settings", answer["warning"]), ("Trouble", answer["trouble"])):
        if reason:
            when = f", {moment(answer['trouble_at'])}" if title == "Trouble" else ""
            terminal.line()
            terminal.line(f"{title}{when}:")
            terminal.reason(reason, indent=2)


_MAILED = {
    "off": "nothing",
    "all": "each sync",
    "failures": "failed syncs, and when they work again",
}
