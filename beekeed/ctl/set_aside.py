"""`beekeectl set-aside`: what could not be sent, why, and what to do."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from beekeed import usernames
from beekeed.client import Client, Refused
from beekeed.ctl.actions import place, placed
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language, listed
from beekeed.ctl.terminal import Terminal
from beekeed.say import clean
from beekeed.say.values import value

SUMMARY = "what could not be sent, and why"

_AT_ONCE = 100  # usernames in a request: at 100 characters each, what the daemon reads


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl set-aside` takes."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "retry", "confirm"],
        default="list",
        help=_(
            "list it (default), have it tried again at the next sync, or confirm that learners"
            " are who has their username online"
        ),
    )
    parser.add_argument("usernames", nargs="*", metavar=_("USERNAME"), help=_("whom to confirm"))
    parser.add_argument(
        "--file",
        metavar=_("FILE"),
        help=_("confirm those listed there, one a line; - for standard input"),
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """List it, have it tried again, or confirm who somebody is."""
    if arguments.action == "retry":
        answer = client.post("set-aside", "retry")
        if terminal.as_json:
            terminal.json(answer)
        else:
            what = terminal.counted(answer["retried"], "change")
            terminal.line(_("Tried again at the next sync: {changes}.", changes=what))
        return Exit.OK
    if arguments.action == "confirm":
        return _confirm(client, terminal, arguments)
    answer = client.get("set-aside")
    if terminal.as_json:
        terminal.json(answer)
    else:
        _print_list(terminal, answer["changes"])
        _print_gone(terminal, answer["gone"])
    return Exit.OK


def _print_list(terminal: Terminal, changes: list[dict[str, Any]]) -> None:
    """Each reason once, with everybody whom it concerns."""
    if not changes:
        terminal.line(_("Nothing is set aside."))
    for _reason, rows in _grouped(changes, lambda each: json.dumps(each["reason"], sort_keys=True)):
        terminal.reason(rows[0]["reason"])
        for username, theirs in _grouped(rows, lambda each: str(each["username"])):
            terminal.line(_learner(terminal, username, theirs), indent=2)
        terminal.line()
    if changes:
        terminal.line(
            _("When something was mended: beekeectl set-aside retry, then beekeectl sync.")
        )


def _learner(terminal: Terminal, username: str, rows: list[dict[str, Any]]) -> str:
    """Say what of a learner is set aside, and how much waits for that."""
    name = clean(f"{rows[0]['first_name']} {rows[0]['last_name']} ({username})")
    text = terminal.pair(name, listed(_what(terminal, row) for row in rows))
    holds = sum(row["holds"] for row in rows)
    if not holds:
        return text
    held = terminal.counted(holds, "change")
    return _("{text}; what waits for this: {changes}", text=text, changes=held)


def _grouped(
    rows: list[dict[str, Any]], key: Callable[[dict[str, Any]], str]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Put rows with the same key together, in the order of their first."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    yield from groups.items()


def _print_gone(terminal: Terminal, gone: list[dict[str, Any]]) -> None:
    if gone:
        terminal.line()
        terminal.line(_("No longer on the box, and kept as they are online:"))
        for row in gone:
            what = terminal.counted(row["count"], row["kind"])
            terminal.line(placed(what, clean(row["course"] or "")), indent=2)


def _what(terminal: Terminal, row: dict[str, Any]) -> str:
    """Say what it is, and what each side holds where online holds something else."""
    said = place(terminal, row)
    if row["online_value"] is None:
        return said
    if row["kind"] == "account":
        who = value("account", row["online_value"], language())
        return _("online {value}", value=who)
    here, online = (value(row["kind"], row[side], language())
                    for side in ("value", "online_value"))  # fmt: skip
    return _("{what} (box: {here}; online: {online})", what=said, here=here, online=online)


def _confirm(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Confirm learners by name, or those that a file lists."""
    usernames = [*arguments.usernames, *_listed(arguments.file)]
    if not usernames:
        return terminal.usage(_("name the learners to confirm, as beekeectl set-aside lists them"))
    answer = _confirmed(client, usernames)
    if terminal.as_json:
        terminal.json(answer)
    else:
        if answer["confirmed"]:
            names = listed(map(clean, answer["confirmed"]))
            terminal.line(_("Confirmed: {names}. Their work goes at the next sync.", names=names))
        if answer["unknown"]:
            names = listed(map(clean, answer["unknown"]))
            terminal.line(_("Nothing to confirm for: {names}.", names=names))
    return Exit.OK if answer["confirmed"] else Exit.FAILURE


def _confirmed(client: Client, usernames: list[str]) -> dict[str, Any]:
    """Confirm a list of any length, some at a time; gives one answer for all."""
    answer: dict[str, Any] = {}
    for start in range(0, len(usernames), _AT_ONCE):
        some = usernames[start : start + _AT_ONCE]
        said = client.post("set-aside", "confirm", body={"usernames": some})
        for name in ("confirmed", "unknown"):
            said[name] = [*answer.get(name, []), *said[name]]
        answer = said
    return answer


def _listed(file: str | None) -> list[str]:
    """Read the usernames of a file; `-`: of standard input."""
    if file is None:
        return []
    try:
        given = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = given.decode()
    except (OSError, ValueError) as error:
        detail = str(getattr(error, "strerror", None) or "it is not text")
        raise Refused("bad_request", {"detail": f"{file}: {detail}"}) from error
    return usernames.listed(text)
