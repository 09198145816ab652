"""`beekeectl token set`: gives beekeed the token of its account on the online Moodle."""

import argparse
import os
import sys
from pathlib import Path

from beekeed.client import Client, Refused
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _
from beekeed.ctl.parsing import add_settings
from beekeed.ctl.terminal import Terminal

SUMMARY = "give beekeed the token of its account on the online Moodle (as root)"

_DEFAULT_FILE = "/etc/beekeed/token"
_LONGEST_BYTES = 10_000  # of what is read


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
    add_settings(parser)


def run(_client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Read a token, keep it in its file (0600), and start the unit again if it is in use.

    The daemon is not asked: without a token it does not run. Raises Refused NOT_ROOT,
    NO_TOKEN_GIVEN, TOKEN_NOT_KEPT or NOT_STARTED_AGAIN. What was read is never shown.
    """
    from beekeed.ctl import unit  # needed here only
    from beekeed.ctl.secret import write_secret

    if os.geteuid() != 0:
        raise Refused("not_root", {})
    token = _read_token()
    found = unit.daemon_unit()
    named = arguments.file or found.credential("token") or _set_file(Path(arguments.config))
    path = Path(named or _DEFAULT_FILE).absolute()
    try:
        write_secret(path, token)
    except OSError as error:
        params = {"path": str(path), "detail": error.strerror or str(error)}
        raise Refused("token_not_kept", params) from error
    if found.is_in_use:
        try:
            unit.restart()
        except unit.NotDone as error:
            params = {"path": str(path), "detail": str(error)}
            raise Refused("not_started_again", params) from error
    _tell(terminal, path, restarted=found.is_in_use)
    return Exit.OK


def _tell(terminal: Terminal, path: Path, *, restarted: bool) -> None:
    if terminal.as_json:
        terminal.json({"schema": "beekeed.token/1", "path": str(path), "restarted": restarted})
        return
    terminal.line(_("The token is kept in {path}.", path=path))
    terminal.line(
        _("beekeed was started again. Try the whole way: beekeectl check")
        if restarted
        else _("beekeed does not run under systemd now: start it (systemctl start beekeed).")
    )


def _read_token() -> str:
    from beekeed.ctl.secret import is_token

    if sys.stdin.isatty():
        from getpass import getpass  # needed here only

        given = getpass(_("Token (it is not shown): "))
    else:
        given = sys.stdin.buffer.read(_LONGEST_BYTES).decode(errors="replace")
    token = given.strip()
    if not is_token(token):
        raise Refused("no_token_given", {})
    return token


def _set_file(settings: Path) -> str:
    """Find the file that the settings name; nothing where they cannot be read yet."""
    from beekeed import config  # loads more than beekeectl may for all else
    from beekeed.errors import ConfigError

    try:
        given = config.read(settings).get("online.token_file")
    except ConfigError:
        return ""
    return str(given.value) if given else ""
