"""`beekeectl sync --dry-run`: what a sync would do now and cost; nothing is sent."""

from collections.abc import Mapping
from typing import Any

from beekeed.client import Client
from beekeed.ctl.actions import placed
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language, listed, size
from beekeed.ctl.terminal import Terminal
from beekeed.say import clean


def run(client: Client, terminal: Terminal, asked: Mapping[str, Any], limit: int | None) -> Exit:
    """Print it, by course and kind; `asked`: what the sync would be asked for."""
    query = {name: "true" if value is True else value for name, value in asked.items()}
    if limit is not None:
        query["limit"] = limit
    answer = client.get("preview", **query)
    if terminal.as_json:
        terminal.json(answer)
        return Exit.OK
    print_preview(terminal, answer, has_days=bool(asked.keys() - {"force"}))
    return Exit.OK


def print_preview(terminal: Terminal, answer: dict[str, Any], *, has_days: bool = False) -> None:
    """Print what a sync would do; `has_days`: it would be of some days only."""
    terminal.fields(_rows(terminal, answer))
    if has_days:
        terminal.line(_("What was acknowledged of these days is read, and sent only if missing."))
    for share in answer["changes"]:
        if share["goes"] or share["left"]:
            terminal.line(_goes(terminal, share), indent=2)
    for share in answer["changes"]:
        for waits in share["waits"]:
            _print_waiting(terminal, share, waits)


def _rows(terminal: Terminal, answer: dict[str, Any]) -> list[tuple[str, str]]:
    goes = terminal.counted(answer["goes"], "change")
    if not answer["met"]:
        goes = _("{changes} (the online Moodle was not asked yet: some may be there)", changes=goes)
    rows = [
        (_("Nothing is sent now"), _("this is what a sync would do")),
        (_("Would go"), goes),
        (_("Data"), _bytes(answer, "")),
    ]
    if answer["left_of_limit_bytes"] is not None:
        rows.append((_("Left of the limit"), size(answer["left_of_limit_bytes"])))
    if answer["limit_bytes"] is not None:
        left = terminal.counted(answer["left"], "change")
        rows.append((_("Would be left"), listed([left, _bytes(answer, "left_")])))
    if answer["waits"]:
        rows.append((_("Would wait"), terminal.counted(answer["waits"], "change")))
    return rows


def _goes(terminal: Terminal, share: dict[str, Any]) -> str:
    """Say what would go of a kind and a course, and how much would not fit."""
    said = placed(terminal.counted(share["goes"], share["kind"]), clean(share["course"] or ""))
    if not share["left"]:
        return said
    left = language().number(share["left"])
    return _("{changes}; more that would be left: {count}", changes=said, count=left)


def _bytes(answer: dict[str, Any], of: str) -> str:
    sent, received = answer[f"{of}sent_bytes"], answer[f"{of}received_bytes"]
    return _("about {sent} sent, {received} received", sent=size(sent), received=size(received))


def _print_waiting(terminal: Terminal, share: dict[str, Any], waits: dict[str, Any]) -> None:
    terminal.line()
    what = placed(terminal.counted(waits["count"], share["kind"]), clean(share["course"] or ""))
    terminal.line(_("Would wait: {changes}", changes=what))
    if waits["reason"]:
        terminal.reason(waits["reason"], indent=2)
    else:
        terminal.line(_("For something else that does not go, or that needs them."), indent=2)
