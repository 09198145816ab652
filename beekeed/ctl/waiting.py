"""`beekeectl waiting`: who is not safe yet."""

import argparse
from collections.abc import Mapping
from typing import Any

from beekeed.client import Client
from beekeed.ctl.actions import placed
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language, listed
from beekeed.ctl.terminal import Terminal, moment
from beekeed.say import clean

SUMMARY = "who is not safe yet: the learners of whom something is not online"

_AT_ONCE = 1000  # learners in an answer, the most that the daemon gives


def describe(_parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl waiting` takes: nothing."""


def run(client: Client, terminal: Terminal, _arguments: argparse.Namespace) -> Exit:
    """Print them all by name, each with what is not online, of which courses and since when."""
    answer = _all(client)
    if terminal.as_json:
        terminal.json(answer)
    elif answer["total"] is None:
        terminal.reason({"code": "safety_unknown", "params": {}})
    else:
        _print(terminal, answer)
    return Exit.OK


def _all(client: Client) -> dict[str, Any]:
    """Ask for page after page; gives one answer for all."""
    answer = client.get("waiting", limit=_AT_ONCE)
    learners = answer["learners"]
    while answer["next"] is not None:
        answer = client.get("waiting", limit=_AT_ONCE, after=answer["next"])
        learners += answer["learners"]
    return {**answer, "learners": learners}


def _print(terminal: Terminal, answer: Mapping[str, Any]) -> None:
    learners, read_at = answer["learners"], moment(answer["read_at"])
    if not learners:
        terminal.line(_("Of every learner everything is online (as read {at}).", at=read_at))
        return
    who = terminal.counted(len(learners), "learner")
    terminal.line(_("Not everything is online of {who} (as read {at}):", who=who, at=read_at))
    for each in learners:
        terminal.line(_said(terminal, each), indent=2)


def _said(terminal: Terminal, each: Mapping[str, Any]) -> str:
    """Say how much of a learner is not online, where, and since when."""
    name = clean(f"{each['last_name']}, {each['first_name']} ({each['username']})")
    counts = [terminal.counted(each["waiting"], "change")]
    for why in ("set_aside", "late"):
        if each[why]:
            count = language().number(each[why])
            counts.append(_("{changes} {verdict}", changes=count, verdict=terminal.word(why)))
    what = placed(listed(counts), listed(map(clean, each["courses"])))
    since = _("{what}, since {at}", what=what, at=moment(each["since"]))
    return terminal.pair(name, since)
