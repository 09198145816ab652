"""`beekeectl guard`: what is asked before much is lowered online, and the answer."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.terminal import Terminal, moment
from beekeed.say import clean

SUMMARY = "what is asked before much is lowered online"

KINDS = ("completion", "grade", "enrolment")


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl guard` takes."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "accept"],
        default="list",
        help="list it (default), or accept what fell on the box, so that the next sync lowers it",
    )
    parser.add_argument(
        "which", nargs="?", metavar="COURSE|NUMBER", help="the course's short name, or a number"
    )
    parser.add_argument("--kind", choices=KINDS, help="accept only this kind")


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """List what is asked, or accept it."""
    if arguments.action == "accept":
        return _accept(client, terminal, arguments)
    answer = client.get("guard")
    if terminal.as_json:
        terminal.json(answer)
    else:
        _print_list(terminal, answer)
    return Exit.OK


def _accept(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    if not arguments.which:
        return terminal.usage("say what to accept: beekeectl guard accept COURSE|NUMBER")
    kind = {"kind": arguments.kind} if arguments.kind else {}
    answer = client.post("guard", "accept", which=arguments.which, **kind)
    if terminal.as_json:
        terminal.json(answer)
        return Exit.OK
    for each in answer["accepted"]:
        terminal.line(f"Accepted: {_what(terminal, each)}. The next sync may lower them online.")
    return Exit.OK


def _print_list(terminal: Terminal, answer: dict[str, Any]) -> None:
    if not answer["guards"]:
        terminal.line("Nothing is asked: no course lost many results or enrolments at once.")
    for each in answer["guards"]:
        terminal.line(f"{each['number']}  {_what(terminal, each)}, since {moment(each['since'])}")
        terminal.reason(each["reason"], indent=3)
        if each["held"]:
            terminal.line(f"{terminal.counted(each['held'], 'change')} wait for that.", indent=3)
    if answer["history"]:
        terminal.line()
        terminal.line("Before:" if answer["guards"] else "Lately:")
    for event in answer["history"]:
        by = f" by {clean(event['by'])}" if event["by"] else ""
        what = f"{terminal.word(event['what'])}{by}: {_what(terminal, event)}"
        terminal.line(f"{moment(event['at'])}  {what}", indent=2)


def _what(terminal: Terminal, shown: dict[str, Any]) -> str:
    """Say how much fell: "34 of 120 activity completions in MATHS"."""
    known = terminal.counted(shown["known"], shown["kind"])
    return f"{shown['lost']} of {known} in {clean(shown['course'])}"
