"""`beekeectl link`: where the way to the online Moodle ends, node by node."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit, exit_of_code
from beekeed.ctl.language import size
from beekeed.ctl.terminal import Terminal, moment
from beekeed.say import clean

SUMMARY = "where the way to the online Moodle ends"

_MARKS = {"ok": "✓", "failed": "✗", "not_tried": "–", "not_needed": "–"}


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl link` takes."""
    parser.add_argument(
        "--try",
        dest="try_it",
        action="store_true",
        help="try the whole way, for some kilobytes; else nothing goes out",
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print the tree, and what to do about the first node that failed."""
    answer = client.post("link") if arguments.try_it else client.get("link")
    if terminal.as_json:
        terminal.json(answer)
    else:
        _print(terminal, answer)
    return exit_of_code(answer["reason"]["code"]) if answer["reason"] else Exit.OK


def _print(terminal: Terminal, answer: dict[str, Any]) -> None:
    terminal.line(f"The way to {answer['address']}:")
    for each in answer["nodes"]:
        facts = ", ".join(clean(str(value)) for value in each["facts"].values())
        state = terminal.word(each["state"])
        said = f"{terminal.word(each['node'])}: {f'{state} ({facts})' if facts else state}"
        terminal.line(f"{_MARKS[each['state']]} {said}")
    if answer["reason"]:
        terminal.reason(answer["reason"])
    rows = [("Last contact", _contact(terminal, answer))]
    rows += [
        (f"Interface {clean(each['name'])}", _interface(each))
        for each in answer["interfaces"]
        if not each["loopback"]
    ]
    if managed := answer["network_manager"]:
        rows.append(("NetworkManager", _managed(terminal, managed)))
    terminal.fields(rows)


def _contact(terminal: Terminal, answer: dict[str, Any]) -> str:
    contact = answer["contact"]
    if contact is None:
        return "none known; beekeectl link --try makes one"
    text = f"{moment(contact['at'])}, by a {terminal.word(contact['source'])}"
    if contact["sent_bytes"] is not None:
        text += f" ({size(contact['sent_bytes'] + contact['received_bytes'])})"
    if answer["tried"]:
        return text
    return f"{text}: from {terminal.word('name')} on it is as it was then"


def _interface(interface: dict[str, Any]) -> str:
    state = "connected" if interface["carrier"] else "not connected"
    if not interface["up"]:
        state = "switched off"
    return ", ".join([state, *map(clean, interface["addresses"])])


def _managed(terminal: Terminal, managed: dict[str, str]) -> str:
    connectivity = terminal.word(f"connectivity_{managed['connectivity']}")
    return f"{connectivity}, {terminal.word('metered_' + managed['metered'])}"
