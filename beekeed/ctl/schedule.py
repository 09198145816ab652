"""`beekeectl schedule`: when syncs begin by themselves."""

import argparse
import re
from collections.abc import Iterator, Mapping
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, listed, span
from beekeed.ctl.parsing import whole_number
from beekeed.ctl.terminal import Terminal, moment, padded

SUMMARY = "when syncs begin by themselves: a daily time, and hours of the week"

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = range(24)
_DAY_COLUMNS = 8  # before the grid, which takes 71
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?((?:\s+\d\d?(?:-\d\d?)?)+)", re.ASCII)
_EXAMPLE = '--hours "mon-fri 08-11, sat 20"'


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl schedule` takes."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["show", "set", "reset", "activate", "deactivate"],
        default="show",
        help=_(
            "show it (default), set it, clear the grid of hours, or switch the grid on or off,"
            " which keeps it"
        ),
    )
    parser.add_argument(
        "--daily",
        type=_daily,
        metavar=_("HH:MM"),
        help=_("set: a sync every day at this time in UTC, where the box is online then; or off"),
    )
    parser.add_argument(
        "--hours",
        type=hours_asked,
        metavar=_("HOURS"),
        help=_(
            'set: these hours of the week in UTC and no others, as in "mon-fri 08-11, sat 20",'
            " where 08-11 are four hours; a sync in each, as soon as the box is online; it switches"
            " the grid on"
        ),
    )
    parser.add_argument(
        "--jitter",
        type=whole_number,
        metavar=_("MINUTES"),
        help=_(
            "set: how late the box may begin at the most (0 to 45), so that many do not arrive"
            " together"
        ),
    )


def hours_asked(text: str) -> list[str]:
    """Read hours of the week: "mon-fri 08-11, sat 20" gives mon-08 to fri-11, and sat-20."""
    chosen = {each for part in text.lower().split(",") for each in _hours_of(part.strip())}
    return [f"{day}-{hour:02}" for day in DAYS for hour in _HOURS if (day, hour) in chosen]


def _hours_of(part: str) -> Iterator[tuple[str, int]]:
    found = _SPAN.fullmatch(part)
    if found is None or found[1] not in DAYS or (found[2] or found[1]) not in DAYS:
        raise argparse.ArgumentTypeError(
            _("“{text}” is not understood; write it like {example}", text=part, example=_EXAMPLE)
        )
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    days = [DAYS[(first + number) % 7] for number in range((last - first) % 7 + 1)]
    for word in found[3].split():
        begin, _dash, end = word.partition("-")
        hours = range(int(begin), int(end or begin) + 1)
        if not hours or hours[-1] not in _HOURS:
            raise argparse.ArgumentTypeError(
                _(
                    "“{text}” are no hours of a day; write the first and the last, from 00 to 23",
                    text=word,
                )
            )
        yield from ((day, hour) for day in days for hour in hours)


def _daily(text: str) -> str:
    if text == "off" or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text, re.ASCII):
        return text
    raise argparse.ArgumentTypeError(
        _("“{text}” is not a time; write it like 02:00, or off", text=text)
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Show the schedule, or change it and show it."""
    asked = _asked(arguments)
    if arguments.action == "set" and not asked:
        command = f"beekeectl schedule set {_EXAMPLE}"
        return terminal.usage(_("say what to set, for example: {command}", command=command))
    if arguments.action != "set" and asked:
        return terminal.usage(_("--daily, --hours and --jitter go with: beekeectl schedule set"))
    changed = {
        "show": {},
        "set": asked,
        "reset": {"hours": []},
        "activate": {"grid_active": True},
        "deactivate": {"grid_active": False},
    }[arguments.action]
    answer = client.post("schedule", body=changed) if changed else client.get("schedule")
    if terminal.as_json:
        terminal.json(answer)
    else:
        _print(terminal, answer)
    return Exit.OK


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """Give what is to be changed: a time or hours switch on what they are for."""
    asked: dict[str, Any] = {}
    if arguments.daily == "off":
        asked["enabled"] = False
    elif arguments.daily is not None:
        asked |= {"enabled": True, "daily_at": arguments.daily}
    if arguments.hours is not None:
        asked |= {"grid_active": True, "hours": arguments.hours}
    if arguments.jitter is not None:
        asked["jitter_minutes"] = arguments.jitter
    return asked


def _print(terminal: Terminal, schedule: dict[str, Any]) -> None:
    next_one = next_sync(terminal, {**schedule, "enabled": schedule["sync_enabled"]})
    late = span(schedule["jitter_seconds"])
    terminal.fields(
        [
            (_("Next sync"), next_one),
            (_("Daily"), _daily_time(schedule) if schedule["enabled"] else _("off")),
            (_("Hours"), _grid(terminal, schedule)),
            (_("This box starts"), _("{span} after each time (--jitter)", span=late)),
        ]
    )
    terminal.line()
    _print_grid(terminal, schedule)
    for name, file in schedule["fixed"].items():
        key = "sync.enabled" if name == "sync_enabled" else f"schedule.{name}"
        terminal.line(_("{key} is fixed by {file}.", key=key, file=file))


def _grid(terminal: Terminal, schedule: dict[str, Any]) -> str:
    hours = terminal.counted(len(schedule["hours"]), "hour_of_week")
    if schedule["grid_active"]:
        return _("{hours} of the week, active", hours=hours)
    return _("{hours} of the week, not active", hours=hours)


def next_sync(terminal: Terminal, due: dict[str, Any]) -> str:
    """Say when the next sync is, of an answer that tells what is due."""
    if not due["enabled"]:
        return _("none: sync is switched off (beekeectl enable)")
    if due["awaiting_link_until"]:
        until = moment(due["awaiting_link_until"])
        return _("as soon as there is a link, until {at}", at=until)
    if not due["next_due_at"]:
        return _("none by itself: nothing is scheduled (beekeectl schedule set)")
    return listed([moment(due["next_due_at"]), terminal.word(due["next_due_kind"])])


def _daily_time(schedule: dict[str, Any]) -> str:
    """Say the daily time, also as the clocks around the box show it now."""
    return _(
        "at {time} UTC, {local} in {zone} now",
        time=schedule["daily_at"],
        local=clock_around(schedule["daily_at"], schedule["zone"]),
        zone=schedule["zone"]["name"],
    )


def clock_around(time: str, zone: Mapping[str, Any]) -> str:
    """Say a time of the day in UTC as the clocks around the box show it now."""
    hours, minutes = time.split(":")
    shown = int(hours) * 60 + int(minutes) + zone["offset_seconds"] // 60
    return f"{shown // 60 % 24:02}:{shown % 60:02}"


def _print_grid(terminal: Terminal, schedule: dict[str, Any]) -> None:
    """Draw the week, a column an hour: in UTC, with the hour around the box below."""
    chosen = set(schedule["hours"])
    offset = schedule["zone"]["offset_seconds"] // 60
    local = [(60 * hour + offset) // 60 % 24 for hour in _HOURS]
    rows = [
        ("UTC", [f"{hour:02}" for hour in _HOURS]),
        (_("local"), [f"{hour:02}" for hour in local]),
    ]
    for day, word in zip(DAYS, _WORDS, strict=True):
        cells = ["##" if f"{day}-{hour:02}" in chosen else " ." for hour in _HOURS]
        rows.append((terminal.word(word), cells))
    for name, cells in rows:
        print(f"{padded(name, _DAY_COLUMNS)}{' '.join(cells)}")
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    terminal.line(
        _(
            "## is a selected hour. Days and hours are in UTC; local time here is {zone}, now"
            " UTC{offset}.",
            zone=schedule["zone"]["name"],
            offset=f"{sign}{hours:02}:{minutes:02}",
        )
    )
