"""`beekeectl calendar`: which days are safe online."""

import argparse
from datetime import date
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language, listed
from beekeed.ctl.terminal import Terminal, columns, padded

SUMMARY = "which days are safe online"

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MARKS = {"green": "✓", "amber": "!", "grey": "-"}
_WIDEST = 11  # of a cell: seven of them stand in a line
_TODAY = "*"
_TROUBLES = ("late", "set_aside", "missing")


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl calendar` takes."""
    parser.add_argument("month", nargs="?", metavar=_("YYYY-MM"), help=_("a month (this one)"))


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Print a month week by week, its synchronized days, and those that need a look."""
    query = {"month": arguments.month} if arguments.month else {}
    month = client.get("calendar", **query)
    if terminal.as_json:
        terminal.json(month)
        return Exit.OK
    days = month["days"]
    terminal.line(
        _(
            "{month}: days synchronized: {done} of {all}",
            month=month["month"],
            done=month["synchronized"],
            all=len(days),
        )
    )
    terminal.line()
    _print_weeks(terminal, days)
    for day in days:
        if day["state"] == "green":
            saved = _("Saved: {count}", count=language().number(day["saved"]))
            terminal.line(f"✓ {day['date']}  {saved}")
    for day in days:
        if day["state"] == "amber":
            terminal.line(f"! {day['date']}  {_troubles(terminal, day)}")
    _print_advice(terminal, days)
    return Exit.OK


def _print_weeks(terminal: Terminal, days: list[dict[str, Any]]) -> None:
    """Print a line for each week; where the language's words are too long, what marks mean."""
    width = max(columns(_cell(terminal, day)) for day in days) + 1
    is_short = width > _WIDEST
    cells = [""] * date.fromisoformat(days[0]["date"]).weekday()
    cells += [_mark(day) if is_short else _cell(terminal, day) for day in days]
    weeks = [cells[start : start + 7] for start in range(0, len(cells), 7)]
    for week in [[f"  {terminal.word(name)}" for name in _WEEK], *weeks]:
        print("".join(padded(cell, _WIDEST) for cell in week).rstrip())
    if is_short:
        terminal.line()
        marks = {**_MARKS, "today": _TODAY}
        terminal.line(listed(f"{mark} {terminal.word(name)}" for name, mark in marks.items()))
    print()


def _mark(day: dict[str, Any]) -> str:
    """Show a day with a mark."""
    number = f"{date.fromisoformat(day['date']).day:>2}"
    if day["is_to_come"]:
        return f"  {number}"
    return f"{_TODAY if day['is_today'] else _MARKS[day['state']]} {number}"


def _cell(terminal: Terminal, day: dict[str, Any]) -> str:
    """Show a day with a mark and a word, so that nobody needs to see colours."""
    number = f"{date.fromisoformat(day['date']).day:>2}"
    if day["is_to_come"]:
        return f"  {number}"
    word = terminal.word("today" if day["is_today"] else day["state"])
    return f"{_MARKS[day['state']]} {number} {word}"


def _troubles(terminal: Terminal, day: dict[str, Any]) -> str:
    return listed(terminal.became(day[what], "change", what) for what in _TROUBLES if day[what])


def _print_advice(terminal: Terminal, days: list[dict[str, Any]]) -> None:
    """Say what to do about the first day of each trouble."""
    late = [day["date"] for day in days if day["late"]]
    missing = [day["date"] for day in days if day["missing"]]
    if late:
        terminal.line(
            _(
                "Late: first seen after a sync had closed the day; it waits until somebody asks"
                " for it: {command}",
                command=f"beekeectl sync --day {late[0]}",
            )
        )
    if any(day["set_aside"] for day in days):
        terminal.line(_("Set aside: beekeectl set-aside says why, and what to do."))
    if missing:
        terminal.line(_("Missing online: the next sync sends it again: beekeectl sync"))
