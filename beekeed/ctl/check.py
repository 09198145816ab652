"""`beekeectl check`: the whole way tried, step by step."""

import argparse
import sys
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit, exit_of_code
from beekeed.ctl.language import _, language, listed, size
from beekeed.ctl.terminal import Terminal
from beekeed.say.values import fact

SUMMARY = "try the whole way, step by step, without changing anything"

_MARKS = {"ok": "✓", "warning": "!", "failed": "✗", "not_tried": "-"}


def describe(_parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl check` takes: nothing."""


def run(client: Client, terminal: Terminal, _arguments: argparse.Namespace) -> Exit:
    """Print each step, and what to do about the first that failed."""
    if sys.stderr.isatty():
        waits = _("Trying the whole way; on a slow line this takes a minute ...")
        print(waits, file=sys.stderr)
    answer = client.post("check")
    if terminal.as_json:
        terminal.json(answer)
    else:
        for step in answer["steps"]:
            _print_step(terminal, step)
        terminal.line(
            _(
                "This check cost {sent} sent and {received} received; beekeectl usage counts it"
                " as a check.",
                sent=size(answer["sent_bytes"]),
                received=size(answer["received_bytes"]),
            )
        )
    failed = [step["reason"]["code"] for step in answer["steps"] if step["state"] == "failed"]
    return exit_of_code(failed[0]) if failed else Exit.OK


def _print_step(terminal: Terminal, step: dict[str, Any]) -> None:
    facts = listed(_fact(terminal, name, value) for name, value in step["facts"].items())
    said = terminal.pair(terminal.word(step["step"]), facts or terminal.word(step["state"]))
    terminal.line(f"{_MARKS[step['state']]} {said}")
    if step["reason"]:
        terminal.reason(step["reason"], indent=4)


def _fact(terminal: Terminal, name: str, value: str | int) -> str:
    """Say what was found: "courses 3"."""
    found = fact(name, value, language())
    return _("{name} {value}", name=terminal.word(name), value=found)
