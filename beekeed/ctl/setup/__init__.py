"""`beekeectl setup`: from a box with a Moodle to one that synchronizes, in a few questions.

`order.py` is the order of the steps, which have a file each. What is asked comes from whoever
types (`asking.py`) or from a file (`answers.py`). Nothing here is loaded for other commands.
"""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _
from beekeed.ctl.parsing import add_settings
from beekeed.ctl.terminal import Terminal

SUMMARY = "set this box up, or look through what is set, in a few questions (as root)"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl setup` takes."""
    parser.add_argument(
        "--answers",
        metavar=_("FILE"),
        help=_("ask nothing: a TOML file has the answers, for many boxes"),
    )
    add_settings(parser)


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Set the box up; what is set already is offered as the answer."""
    if terminal.as_json and not arguments.answers:
        return terminal.usage(_("--json goes with --answers"))
    from beekeed.ctl.setup import order  # loads more than beekeectl may for all else

    return order.run(client, terminal, answers=arguments.answers, settings=arguments.config)
