"""What argparse says itself, in the reader's language, and a number as a word of a command.

argparse takes its words from gettext's global functions, which know neither our languages
nor how one of them is chosen: while it is at work here, it takes them from us.
"""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from beekeed.ctl.language import _
from beekeed.say import Language

_SETTINGS = "/etc/beekeed/beekeed.toml"
WORDS: Mapping[str, str] = {
    "usage: ": "",
    "options": "",
    "positional arguments": "",
    "%(heading)s:": "",  # since Python 3.13
    "show this help message and exit": "",
    "%(prog)s: error: %(message)s\n": "",
    "argument %(argument_name)s: %(message)s": "",
    "ambiguous option: %(option)s could match %(matches)s": "",
    "expected one argument": "",
    "expected at least one argument": "",
    "expected at most one argument": "",
    "expected %s argument": "expected %s arguments",
    "ignored explicit argument %r": "",
    "invalid choice: %(value)r (choose from %(choices)s)": "",
    "not allowed with argument %s": "",
    "the following arguments are required: %s": "",
    "unrecognized arguments: %s": "",
}
"""Each text of argparse (Python 3.11 to 3.13) that beekeectl can make it say, and its plural."""


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Have argparse speak a language as long as the body runs."""
    before = argparse._, argparse.ngettext  # type: ignore[attr-defined]
    argparse._, argparse.ngettext = language.gettext, language.ngettext  # type: ignore[attr-defined]
    try:
        yield
    finally:
        argparse._, argparse.ngettext = before  # type: ignore[attr-defined]


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Let a command that works without the daemon be told where the settings are."""
    parser.add_argument(
        "--config",
        metavar=_("FILE"),
        default=_SETTINGS,
        help=_("the settings ({file})", file=_SETTINGS),
    )


def whole_number(text: str) -> int:
    """Read a whole number. Raises ArgumentTypeError."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("“{text}” is not a whole number", text=text)) from None
