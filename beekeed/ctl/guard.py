"""`beekeectl guard`: what is asked before much is lowered online, and the answer."""

import argparse
from typing import Any

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language
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
        help=_(
            "list it (default), or accept what fell on the box, so that the next sync lowers it"
        ),
    )
    parser.add_argument(
        "which",
        nargs="?",
        metavar=_("COURSE|NUMBER"),
        help=_("the course's short name, or a number"),
    )
    parser.add_argument("--kind", choices=KINDS, help=_("accept only this kind"))


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
        return terminal.usage(_("say what to accept: beekeectl guard accept COURSE|NUMBER"))
    kind = {"kind": arguments.kind} if arguments.kind else {}
    answer = client.post("guard", "accept", which=arguments.which, **kind)
    if terminal.as_json:
        terminal.json(answer)
        return Exit.OK
    for each in answer["accepted"]:
        terminal.line(
            _(
                "Accepted: {what}. The next sync may lower them online.",
                what=_what(terminal, each),
            )
        )
    return Exit.OK


def _print_list(terminal: Terminal, answer: dict[str, Any]) -> None:
    if not answer["guards"]:
        terminal.line(_("Nothing is asked: no course lost many results or enrolments at once."))
    for each in answer["guards"]:
        said = _("{what}, since {at}", what=_what(terminal, each), at=moment(each["since"]))
        terminal.line(f"{each['number']}  {said}")
        terminal.reason(each["reason"], indent=3)
        if each["held"]:
            held = terminal.counted(each["held"], "change")
            terminal.line(_("What waits for that: {changes}.", changes=held), indent=3)
    if answer["history"]:
        terminal.line()
        terminal.line(_("Before:") if answer["guards"] else _("Lately:"))
    for event in answer["history"]:
        terminal.line(f"{moment(event['at'])}  {_event(terminal, event)}", indent=2)


def _event(terminal: Terminal, event: dict[str, Any]) -> str:
    """Say what became of a question, and who answered it."""
    became, what = terminal.word(event["what"]), _what(terminal, event)
    if not event["by"]:
        return terminal.pair(became, what)
    return _(
        "{became} by {who}: {what}",
        became=became,
        who=language().detail(clean(event["by"])),
        what=what,
    )


def _what(terminal: Terminal, shown: dict[str, Any]) -> str:
    """Say how much fell: "34 of 120 activity completions in MATHS"."""
    known = terminal.counted(shown["known"], shown["kind"])
    course = clean(shown["course"])
    return _("{lost} of {known} in {course}", lost=shown["lost"], known=known, course=course)
