"""Step 5: the whole way tried; what is missing is said with what to click, and tried again."""

from collections.abc import Mapping, Sequence
from typing import Any

from beekeed.client import Client, Refused
from beekeed.ctl import check
from beekeed.ctl.exits import Exit, exit_of_code
from beekeed.ctl.language import _
from beekeed.ctl.setup.asking import Answers
from beekeed.ctl.setup.record import Record
from beekeed.ctl.terminal import Terminal

AGAIN, ONLINE, GO_ON = "again", "online", "go on"
_OF_ONLINE = frozenset({"target", "token"})


def settle(
    answers: Answers, record: Record, client: Client, terminal: Terminal
) -> tuple[str, Exit]:
    """Try the whole way until it is well, or somebody leaves it for later.

    Gives ONLINE where the address and the token are to be given anew, else GO_ON, and the exit
    code of what is left.
    """
    is_first = True
    while True:
        failed, ending = _tried(record, client, terminal, in_full=is_first)
        is_first = False
        if not failed:
            return GO_ON, Exit.OK
        chosen = _chosen(answers, failed)
        if chosen != AGAIN:
            return chosen, ending


def _tried(
    record: Record, client: Client, terminal: Terminal, *, in_full: bool
) -> tuple[Sequence[str], Exit]:
    """Try once, and tell; gives the steps that failed, and the exit code."""
    try:
        answer = check.tried(client)
    except Refused as refused:  # a sync is running, for example
        record.reason(refused.code, refused.params)
        _note(record, [refused.code])
        return ["check"], exit_of_code(refused.code)
    steps = answer["steps"]
    failed = [step for step in steps if step["state"] == "failed"]
    if not terminal.as_json:
        check.print_steps(terminal, steps if in_full else _not_well(steps))
        check.print_cost(terminal, answer)
    _note(record, [step["reason"]["code"] for step in failed])
    return [step["step"] for step in failed], check.ending(answer)


def _not_well(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave out what was well, and what nobody can do anything about."""
    bad = [step for step in steps if step["state"] == "failed"]
    return bad or [step for step in steps if step["state"] != "not_tried"]


def _note(record: Record, codes: Sequence[str]) -> None:
    record.done("check", ok=not codes, codes=list(codes))
    if codes:
        text = _("Mend what failed above, and use this command again, or beekeectl check.")
        record.later("check", text, codes)
    else:
        record.settled("check")


def _chosen(answers: Answers, failed: Sequence[str]) -> str:
    if not answers.is_typed:
        return GO_ON
    options = {AGAIN: _("try again: what failed is mended now")}
    if _OF_ONLINE & {*failed}:
        options[ONLINE] = _("give another address or token")
    options[GO_ON] = _("leave that for later, and go on")
    return answers.choose("", options, AGAIN)
