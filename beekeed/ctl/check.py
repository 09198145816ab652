"""`beekeectl check`: the whole way tried, step by step."""

import argparse
import sys
from collections.abc import Mapping, Sequence
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
    answer = tried(client)
    if terminal.as_json:
        terminal.json(answer)
    else:
        print_steps(terminal, answer["steps"])
        print_cost(terminal, answer)
    return ending(answer)


def tried(client: Client) -> dict[str, Any]:
    """Have the daemon try the whole way. Raises Refused."""
    if sys.stderr.isatty():
        waits = _("Trying the whole way; on a slow line this takes a minute ...")
        print(waits, file=sys.stderr)
    return client.post("check")


def ending(answer: Mapping[str, Any]) -> Exit:
    """Give the exit code for what a check found."""
    failed = [step["reason"]["code"] for step in answer["steps"] if step["state"] == "failed"]
    return exit_of_code(failed[0]) if failed else Exit.OK


def print_steps(terminal: Terminal, steps: Sequence[Mapping[str, Any]]) -> None:
    """Print steps, and what to do where one is not well."""
    for step in steps:
        _print_step(terminal, step)


def print_cost(terminal: Terminal, answer: Mapping[str, Any]) -> None:
    """Say what a check cost."""
    terminal.line(
        _(
            "This check cost {sent} sent and {received} received; beekeectl usage counts it"
            " as a check.",
            sent=size(answer["sent_bytes"]),
            received=size(answer["received_bytes"]),
        )
    )


def _print_step(terminal: Terminal, step: Mapping[str, Any]) -> None:
    facts = listed(_fact(terminal, name, value) for name, value in step["facts"].items())
    said = terminal.pair(terminal.word(step["step"]), facts or terminal.word(step["state"]))
    terminal.line(f"{_MARKS[step['state']]} {said}")
    if step["reason"]:
        terminal.reason(step["reason"], indent=4)


def _fact(terminal: Terminal, name: str, value: str | int) -> str:
    """Say what was found: "courses 3"."""
    found = fact(name, value, language())
    return _("{name} {value}", name=terminal.word(name), value=found)
