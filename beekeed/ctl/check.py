"""`beekeectl check`: the whole way tried, step by step."""

import argparse
import sys
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit, exit_of_code
from beekeed.ctl.language import size
from beekeed.ctl.terminal import Terminal
from beekeed.say import clean

SUMMARY = "try the whole way, step by step, without changing anything"

_MARKS = {"ok": "✓", "warning": "!", "failed": "✗", "not_tried": "-"}


def describe(_: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl check` takes: nothing."""


def run(client: Client, terminal: Terminal, _: argparse.Namespace) -> Exit:
    """Print each step, and what to do about the first that failed."""
    if sys.stderr.isatty():
        print("Trying the whole way; on a slow line this takes a minute ...", file=sys.stderr)
    answer = client.post("check")
    if terminal.as_json:
        terminal.json(answer)
    else:
        for step in answer["steps"]:
            _print_step(terminal, step)
        cost = f"{size(answer['sent_bytes'])} sent, {size(answer['received_bytes'])} received"
        terminal.line(f"This check cost {cost}; beekeectl usage counts it as a check.")
    failed = [step["reason"]["code"] for step in answer["steps"] if step["state"] == "failed"]
    return exit_of_code(failed[0]) if failed else Exit.OK


def _print_step(terminal: Terminal, step: dict[str, Any]) -> None:
    facts = ", ".join(f"{name} {clean(str(value))}" for name, value in step["facts"].items())
    state = terminal.word(step["state"])
    terminal.line(f"{_MARKS[step['state']]} {terminal.word(step['step'])}: {facts or state}")
    if step["reason"]:
        terminal.reason(step["reason"], indent=4)
