"""`beekeectl token set`: gives beekeed the token of its account on the online Moodle."""

import argparse

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _
from beekeed.ctl.terminal import Terminal

SUMMARY = "give beekeed the token of its account on the online Moodle (as root)"

_SETTINGS = "/etc/beekeed/beekeed.toml"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl token` takes."""
    parser.add_argument(
        "action",
        choices=["set"],
        help=_("read the token from standard input, keep it, and start beekeed again"),
    )
    parser.add_argument(
        "--file",
        metavar=_("FILE"),
        help=_("where to keep it (where the unit or the settings say, else /etc/beekeed/token)"),
    )
    parser.add_argument(
        "--config",
        metavar=_("FILE"),
        default=_SETTINGS,
        help=_("the settings ({file})", file=_SETTINGS),
    )


def run(_client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Keep it; the daemon is not asked, because without a token it does not run."""
    from beekeed.ctl import setup  # loads more than beekeectl may for all else

    return setup.set_token(terminal, file=arguments.file, settings=arguments.config)
