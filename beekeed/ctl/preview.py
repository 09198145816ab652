"""`beekeectl sync --dry-run`: what a sync would do now and cost; nothing is sent."""

from collections.abc import Mapping
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import size
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
    terminal.fields(_rows(terminal, answer))
    if asked.keys() - {"force"}:
        terminal.line("What was acknowledged of these days is read, and sent only if missing.")
    for share in answer["changes"]:
        if share["goes"] or share["left"]:
            text = f"{terminal.counted(share['goes'], share['kind'])}{_where(share)}"
            left = f", {share['left']} more would be left" if share["left"] else ""
            terminal.line(f"{text}{left}", indent=2)
    for share in answer["changes"]:
        for waits in share["waits"]:
            _print_waiting(terminal, share, waits)
    return Exit.OK


def _rows(terminal: Terminal, answer: dict[str, Any]) -> list[tuple[str, str]]:
    met = "" if answer["met"] else " (the online Moodle was not asked yet: some may be there)"
    rows = [
        ("Nothing is sent now", "this is what a sync would do"),
        ("Would go", f"{terminal.counted(answer['goes'], 'change')}{met}"),
        ("Data", f"about {_bytes(answer, '')}"),
    ]
    if answer["left_of_limit_bytes"] is not None:
        rows.append(("Left of the limit", size(answer["left_of_limit_bytes"])))
    if answer["limit_bytes"] is not None:
        left = terminal.counted(answer["left"], "change")
        rows.append(("Would be left", f"{left}, about {_bytes(answer, 'left_')}"))
    if answer["waits"]:
        rows.append(("Would wait", terminal.counted(answer["waits"], "change")))
    return rows


def _bytes(answer: dict[str, Any], of: str) -> str:
    sent, received = answer[f"{of}sent_bytes"], answer[f"{of}received_bytes"]
    return f"{size(sent)} sent, {size(received)} received"


def _where(share: dict[str, Any]) -> str:
    return f" in {clean(share['course'])}" if share["course"] else ""


def _print_waiting(terminal: Terminal, share: dict[str, Any], waits: dict[str, Any]) -> None:
    terminal.line()
    what = terminal.counted(waits["count"], share["kind"])
    terminal.line(f"{what}{_where(share)} would wait:")
    if waits["reason"]:
        terminal.reason(waits["reason"], indent=2)
    else:
        terminal.line("For something else that does not go, or that needs them.", indent=2)
