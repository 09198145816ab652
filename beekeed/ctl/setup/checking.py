"""Step 5: the whole way tried; what is missing is said with what to click, and tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beekeed.client import Client, Refused
from beekeed.ctl import check
from beekeed.ctl.exits import Exit, exit_of_code
from beekeed.ctl.language import _, listed
from beekeed.ctl.setup.asking import Answers
from beekeed.ctl.setup.record import Record
from beekeed.ctl.terminal import Terminal

AGAIN, ONLINE, GO_ON = "again", "online", "go_on"
_OF_ONLINE = frozenset({"target", "token"})
_TO_CLICK = frozenset({"function_missing", "capability_missing"})

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What one try found. `failed`: nothing is synchronized before that is mended.

    `lacking`: something is missing online, without which some work stays on the box.
    """

    failed: Sequence[Step]
    lacking: Sequence[Step]
    ending: Exit

    @property
    def names(self) -> set[str]:
        """The steps that are not well."""
        return {step["step"] for step in (*self.failed, *self.lacking)}

    @property
    def codes(self) -> list[str]:
        """Why they are not, each once."""
        steps = (*self.failed, *self.lacking)
        return list(dict.fromkeys(step["reason"]["code"] for step in steps))


def settle(
    answers: Answers, record: Record, client: Client, terminal: Terminal
) -> tuple[str, Exit]:
    """Try the whole way until it is well, or somebody leaves it for later.

    Gives ONLINE where the address and the token are to be given anew, else GO_ON, and the exit
    code of what failed.
    """
    found = _tried(record, client, terminal, in_full=True)
    while found.names:
        chosen = _chosen(answers, record, terminal, found)
        if chosen != AGAIN:
            return chosen, found.ending
        found = _tried(record, client, terminal, in_full=False)
    return GO_ON, Exit.OK


def _tried(record: Record, client: Client, terminal: Terminal, *, in_full: bool) -> Found:
    """Try once, and tell: all of it, or only what somebody asked about again."""
    try:
        answer = check.tried(client)
    except Refused as refused:  # a sync is running, for example
        record.reason(refused.code, refused.params)
        found = Found([{"step": "settings", "reason": refused.reason}], [],
                      exit_of_code(refused.code))  # fmt: skip
    else:
        steps = answer["steps"]
        failed = [step for step in steps if step["state"] == "failed"]
        found = Found(failed, [step for step in steps if _is_lacking(step)], check.ending(answer))
        if not terminal.as_json:
            shown = [step for step in steps if in_full or step["step"] in found.names]
            check.print_steps(terminal, shown)
            check.print_cost(terminal, answer)
    _note(record, found)
    return found


def _is_lacking(step: Step) -> bool:
    """Tell what somebody can put right in the online Moodle, and should."""
    if step["state"] != "warning":
        return False
    return step["step"] == "courses" or step["reason"]["code"] in _TO_CLICK


def _note(record: Record, found: Found) -> None:
    record.done("check", ok=not found.failed, codes=found.codes)
    if found.codes:
        text = _("Mend what the check named, and use this command again, or beekeectl check.")
        record.later("check", text, found.codes)
    else:
        record.settled("check")


def _chosen(answers: Answers, record: Record, terminal: Terminal, found: Found) -> str:
    if not answers.is_typed:
        return GO_ON
    names = listed(terminal.word(name) for name in sorted(found.names))
    record.say(_("Not well yet: {steps}. What is to be done about it stands above.", steps=names))
    options = {AGAIN: _("try again: it is mended now")}
    if _OF_ONLINE & found.names:
        options[ONLINE] = _("give another address or token")
    options[GO_ON] = _("leave that for later, and go on")
    is_only_courses = not found.failed and found.names == {"courses"}
    return answers.choose("", options, GO_ON if is_only_courses else AGAIN)
