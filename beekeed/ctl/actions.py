"""`beekeectl show ID --actions`: each thing that a sync changed online, to undo it by hand."""

from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language
from beekeed.ctl.terminal import Terminal
from beekeed.say import clean
from beekeed.say.values import value


def run(client: Client, terminal: Terminal, event_id: str) -> Exit:
    """Print them by learner: what online held before, and what it holds since."""
    answer = client.get("runs", event_id, "actions")
    if terminal.as_json:
        terminal.json(answer)
        return Exit.OK
    if not answer["actions"]:
        terminal.line(_("This sync changed nothing online, or longer ago than is kept."))
    username = None
    for each in answer["actions"]:
        if each["username"] != username:
            username = each["username"]
            terminal.line(clean(f"{each['first_name']} {each['last_name']} ({username})"))
        terminal.line(_said(terminal, each), indent=2)
    return Exit.OK


def _said(terminal: Terminal, each: dict[str, Any]) -> str:
    before, after = (value(each["kind"], each[side], language())
                     for side in ("before", "after"))  # fmt: skip
    return _("{what}: {before} → {after}", what=place(terminal, each), before=before, after=after)


def place(terminal: Terminal, row: dict[str, Any]) -> str:
    """Say what a change is about: its kind, the activity, group or field, and the course."""
    what, course = terminal.word(row["kind"]), clean(row["course"] or "")
    if row["kind"] == "profile":
        return f"{what} {clean(row['part'])}"
    part = clean(row["part"] or "")
    if part and course:
        return _("{what} in {part} in {course}", what=what, part=part, course=course)
    return placed(what, part or course)


def placed(what: str, where: str) -> str:
    """Say where something is: in a course, an activity or a group; empty where it is nowhere."""
    return _("{what} in {where}", what=what, where=where) if where else what
