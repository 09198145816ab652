"""`beekeectl limit`: the data limit of a month."""

import argparse
import re
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _
from beekeed.ctl.parsing import whole_number
from beekeed.ctl.terminal import Terminal
from beekeed.ctl.usage import bar, limit_rows

SUMMARY = "the data limit: show, set, switch off, top up"

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_SIZE = re.compile(r"(\d+)(?:[.,](\d{1,9}))?\s*([a-z]*)", re.ASCII)


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl limit` takes."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["show", "set", "off", "top-up"],
        default="show",
        help=_("show it (default), set it, switch it off, or allow more in this month only"),
    )
    parser.add_argument(
        "size",
        nargs="?",
        type=size_asked,
        metavar=_("SIZE"),
        help=_("like 500MB, 1.5GB or 200kB"),
    )
    parser.add_argument(
        "--billing-day",
        type=whole_number,
        metavar=_("DAY"),
        help=_("set: the day on which the plan renews (1-28)"),
    )
    parser.add_argument(
        "--pacing",
        choices=["on", "off"],
        help=_("set: spread what is left over the days left"),
    )
    parser.add_argument(
        "--reserve",
        type=_percent,
        metavar=_("PERCENT"),
        help=_("set: the last part, kept for grades, completions and new learners (10%%)"),
    )


def size_asked(text: str) -> int:
    """Read a number of bytes: 500MB, 1.5 GB, 200kB or 1000."""
    found = _SIZE.fullmatch(text.strip().lower())
    if found is None or found[3] not in _UNITS:
        raise argparse.ArgumentTypeError(
            _(
                "“{text}” is not a size; write it like 500MB, 1.5GB, 200kB, or as a number of"
                " bytes",
                text=text,
            )
        )
    unit = _UNITS[found[3]]
    part = f"{found[2] or '':0<9}"  # billionths of the unit
    return int(found[1]) * unit + int(part) * unit // 10**9


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Show the limit, or change it and show it."""
    wrong = _wrong(arguments)
    if wrong:
        return terminal.usage(wrong)
    match arguments.action:
        case "show":
            answer = client.get("limit")
        case "off":
            answer = client.post("limit", body={"enabled": False})
        case "top-up":
            answer = client.post("limit", "top-up", body={"bytes": arguments.size})
        case _:
            answer = client.post("limit", body=_asked(arguments))
    if terminal.as_json:
        terminal.json(answer)
    else:
        _print(terminal, answer)
    return Exit.OK


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """Give what is to be changed: a size switches the limit on."""
    asked: dict[str, Any] = {}
    if arguments.size is not None:
        asked |= {"enabled": True, "bytes": arguments.size}
    if arguments.billing_day is not None:
        asked["billing_day"] = arguments.billing_day
    if arguments.pacing is not None:
        asked["pacing"] = arguments.pacing == "on"
    if arguments.reserve is not None:
        asked["reserve_percent"] = arguments.reserve
    return asked


def _wrong(arguments: argparse.Namespace) -> str:
    """Say what does not go together, or nothing."""
    has_more = _asked(argparse.Namespace(**{**vars(arguments), "size": None}))
    match arguments.action:
        case "set" if not _asked(arguments):
            return _("say what to set, for example: beekeectl limit set 500MB")
        case "top-up" if not arguments.size:
            return _("say how much more, for example: beekeectl limit top-up 50MB")
        case "show" | "off" if arguments.size is not None:
            meant = f"beekeectl limit set {arguments.size}"
            return _("no size goes with that; did you mean: {command}", command=meant)
        case "show" | "off" | "top-up" if has_more:
            return _("--billing-day, --pacing and --reserve go with: beekeectl limit set")
        case _:
            return ""


def _percent(text: str) -> int:
    number = text.strip().removesuffix("%").strip()
    if not (number.isascii() and number.isdigit()):
        raise argparse.ArgumentTypeError(
            _("“{text}” is not a percentage; write it like 10%", text=text)
        )
    return int(number)


def _print(terminal: Terminal, limit: dict[str, Any]) -> None:
    if limit["enabled"]:
        terminal.line(bar(limit))
    terminal.fields(limit_rows(limit))
    if limit["enabled"]:
        terminal.line(
            _("What is left is spread over the days left (--pacing).")
            if limit["pacing"]
            else _("What is left is not spread over the days left (--pacing).")
        )
    for name, file in limit["fixed"].items():
        terminal.line(_("{key} is fixed by {file}.", key=f"limit.{name}", file=file))
