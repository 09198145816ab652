"""`beekeectl link`: where the way to the online Moodle ends, node by node."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit, exit_of_code
from beekeed.ctl.language import _, listed, size
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
        help=_("try the whole way, for some kilobytes; else nothing goes out"),
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
    terminal.line(_("The way to {address}:", address=answer["address"]))
    for each in answer["nodes"]:
        facts = listed(clean(str(value)) for value in each["facts"].values())
        state = terminal.word(each["state"])
        found = f"{state} ({facts})" if facts else state
        said = terminal.pair(terminal.word(each["node"]), found)
        terminal.line(f"{_MARKS[each['state']]} {said}")
    if answer["reason"]:
        terminal.reason(answer["reason"])
    rows = [(_("Last contact"), _contact(terminal, answer))]
    rows += [
        (_("Interface {name}", name=clean(each["name"])), _interface(each))
        for each in answer["interfaces"]
        if not each["loopback"]
    ]
    if managed := answer["network_manager"]:
        rows.append(("NetworkManager", _managed(terminal, managed)))
    terminal.fields(rows)


def _contact(terminal: Terminal, answer: dict[str, Any]) -> str:
    contact = answer["contact"]
    if contact is None:
        return _("none known; beekeectl link --try makes one")
    text = listed([moment(contact["at"]), terminal.word(contact["source"])])
    if contact["sent_bytes"] is not None:
        text += f" ({size(contact['sent_bytes'] + contact['received_bytes'])})"
    if answer["tried"]:
        return text
    node = terminal.word("name")
    return _("{contact}: from “{node}” on it is as it was then", contact=text, node=node)


def _interface(interface: dict[str, Any]) -> str:
    state = _("connected") if interface["carrier"] else _("not connected")
    if not interface["up"]:
        state = _("switched off")
    return listed([state, *map(clean, interface["addresses"])])


def _managed(terminal: Terminal, managed: dict[str, str]) -> str:
    connectivity = terminal.word(f"connectivity_{managed['connectivity']}")
    return listed([connectivity, terminal.word(f"metered_{managed['metered']}")])
