"""`beekeectl settings`: what may be changed while beekeed runs, and who changed it."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language, listed
from beekeed.ctl.parsing import whole_number
from beekeed.ctl.terminal import Terminal, folded, moment
from beekeed.say import clean

SUMMARY = "the settings: show or change them, and who changed them"

_SWITCH = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
_MARGIN = " " * 4


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl settings` takes."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["show", "set", "reset", "history"],
        default="show",
        help=_(
            "show all (default) or some, set some, have some go back to their defaults, or list"
            " who changed what"
        ),
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar=_("KEY[=VALUE]"),
        help=_(
            "show and reset: sync.enabled; set: sync.enabled=off, limit.bytes=500000000,"
            " accounts.never_touch=anna,boris"
        ),
    )
    parser.add_argument(
        "--limit",
        type=whole_number,
        default=10,
        metavar=_("N"),
        help=_("history: how many (10; up to 50)"),
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Show settings or change them."""
    if arguments.action == "history":
        return _history(client, terminal, arguments.limit)
    answer = client.get("settings")
    if arguments.action != "show":
        if not arguments.words:
            return terminal.usage(_how(arguments.action))
        try:
            values = _values(arguments.action, arguments.words, answer["settings"])
        except ValueError as error:
            return terminal.usage(str(error))
        answer = client.post("settings", body={"values": values})
    shown = {word.partition("=")[0] for word in arguments.words}
    unknown = sorted(shown - {each["key"] for each in answer["settings"]})
    if unknown:
        return terminal.usage(
            _("there is no setting {key}; beekeectl settings lists them", key=unknown[0])
        )
    if terminal.as_json:
        terminal.json(answer)
    else:
        _print([each for each in answer["settings"] if not shown or each["key"] in shown])
    return Exit.OK


def _how(action: str) -> str:
    """Say how to set something, or put it back."""
    if action == "set":
        return _("say what to set, for example: beekeectl settings set sync.late_changes=send")
    return _("say what goes back to its default: beekeectl settings reset limit.bytes")


def _values(
    action: str, words: Sequence[str], settings: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Read what is to be changed, each value as its setting's kind. ValueError: what is wrong."""
    if action == "reset":
        return dict.fromkeys(words)
    kinds = {each["key"]: each["default"] for each in settings}
    values = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise ValueError(_("write {key}=VALUE", key=key))
        values[key] = _value(key, text, kinds.get(key, ""))
    return values


def _value(key: str, text: str, like: Any) -> Any:
    """Read a value as what it is like: a switch, a number, a list, or text."""
    if isinstance(like, bool):
        if text.lower() not in _SWITCH:
            raise ValueError(_("{key} is on or off", key=key))
        return _SWITCH[text.lower()]
    if isinstance(like, int):
        if not text.strip().removeprefix("-").isdigit():
            raise ValueError(_("{key} is a whole number", key=key))
        return int(text)
    if isinstance(like, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _print(settings: Sequence[Mapping[str, Any]]) -> None:
    """Print them as they can be set again, and what fixes them below."""
    for each in settings:
        line = f"{each['key']} = {_text(each['value'])}"
        if each["value"] != each["default"]:
            line += "  " + _("(default {value})", value=_text(each["default"]))
        print(folded(line, subsequent_indent=_MARGIN))
        if each["fixed"]:
            print(_MARGIN + _("fixed by {file}", file=each["fixed"]))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"  # as it is typed
    if isinstance(value, list):
        return listed(clean(str(each)) for each in value) or _("none")
    return clean(str(value)) or _("not set")


def _history(client: Client, terminal: Terminal, limit: int) -> Exit:
    answer = client.get("settings", "history", limit=limit)
    if terminal.as_json:
        terminal.json(answer)
        return Exit.OK
    for each in answer["changes"]:
        after = _("its default") if each["after"] is None else _text(each["after"])
        changed = terminal.pair(each["key"], f"{_text(each['before'])} → {after}")
        terminal.line(f"{moment(each['at'])}  {changed}")
        terminal.line(_("by {who}", who=language().detail(clean(each["by"]))), indent=len(_MARGIN))
    if not answer["changes"]:
        terminal.line(_("Nobody changed a setting yet."))
    return Exit.OK
