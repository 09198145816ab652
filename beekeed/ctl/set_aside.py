"""`beekeectl set-aside`: what could not be sent, why, and what to do."""

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.terminal import Terminal
from beekeed.say import clean


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """List it, or have it tried again."""
    if arguments.action == "retry":
        answer = client.post("set-aside", "retry")
        if terminal.as_json:
            terminal.json(answer)
        else:
            what = terminal.counted(answer["retried"], "change")
            terminal.line(f"{what} will be tried again at the next sync.")
        return Exit.OK
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
        terminal.line("Nothing is set aside.")
    for _, rows in _grouped(changes, lambda each: json.dumps(each["reason"], sort_keys=True)):
        terminal.reason(rows[0]["reason"])
        for username, theirs in _grouped(rows, lambda each: str(each["username"])):
            name = clean(f"{theirs[0]['first_name']} {theirs[0]['last_name']} ({username})")
            text = f"{name}: {', '.join(_what(terminal, row) for row in theirs)}"
            holds = sum(row["holds"] for row in theirs)
            if holds:
                text += f"; {terminal.counted(holds, 'change')} more wait for this"
            terminal.line(text, indent=2)
        terminal.line()
    if changes:
        terminal.line("When something was mended: beekeectl set-aside retry, then beekeectl sync.")


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
        terminal.line("No longer on the box, and kept as they are online:")
        for row in gone:
            what = terminal.counted(row["count"], row["kind"])
            where = f" in {clean(row['course'])}" if row["course"] else ""
            terminal.line(f"{what}{where}", indent=2)


def _what(terminal: Terminal, row: dict[str, Any]) -> str:
    what, course = terminal.word(row["kind"]), clean(row["course"] or "")
    if row["kind"] == "profile":
        return f"{what} {clean(row['part'])}"
    where = [each for each in (clean(row["part"] or ""), course) if each]
    return " in ".join([what, *where])
