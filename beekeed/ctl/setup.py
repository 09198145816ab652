"""What sets a box up before beekeed can run. The only part of beekeectl that reads settings.

A token never goes through the daemon: its file is root's, and systemd hands it on
(LoadCredential=).
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from beekeed import config
from beekeed.client import Refused
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _
from beekeed.ctl.terminal import Terminal
from beekeed.errors import ConfigError

_UNIT = "beekeed.service"
_DEFAULT_FILE = "/etc/beekeed/token"
_TOKEN = re.compile(r"[0-9a-f]{32}")  # md5 in hexadecimal: external_generate_token of Moodle's
_LONGEST_BYTES = 10_000  # of what is read
_RESTART_SECONDS = 300  # a request under way is settled first (TimeoutStopSec=180)
_ASK_SECONDS = 30
_LEFT_ALONE = ("inactive", "deactivating", "")  # somebody stopped it, or it is not installed


def set_token(terminal: Terminal, *, file: str | None, settings: str) -> Exit:
    """Read a token, keep it in its file (0600), and start the unit again if it is in use.

    Raises Refused NOT_ROOT, NO_TOKEN_GIVEN, TOKEN_NOT_KEPT or NOT_STARTED_AGAIN. What was read
    is never shown.
    """
    if os.geteuid() != 0:
        raise Refused("not_root", {})
    token = _read_token()
    unit = _unit()
    path = Path(file or _credential(unit) or _set_file(Path(settings)) or _DEFAULT_FILE).absolute()
    try:
        write_secret(path, token)
    except OSError as error:
        params = {"path": str(path), "detail": error.strerror or str(error)}
        raise Refused("token_not_kept", params) from error
    restarted = unit.get("ActiveState", "") not in _LEFT_ALONE
    if restarted:
        _restart(path)
    if terminal.as_json:
        terminal.json({"schema": "beekeed.token/1", "path": str(path), "restarted": restarted})
    else:
        terminal.line(_("The token is kept in {path}.", path=path))
        terminal.line(
            _("beekeed was started again. Try the whole way: beekeectl check")
            if restarted
            else _("beekeed does not run under systemd now: start it (systemctl start beekeed).")
        )
    return Exit.OK


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. Raises OSError.

    Where there is one already its owner stays: beekeed may read it without systemd's help.
    """
    path = path.resolve()  # a link stays one
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w") as new:
            with suppress(FileNotFoundError):
                before = path.stat()
                os.fchown(new.fileno(), before.st_uid, before.st_gid)
            new.write(f"{text}\n")
            new.flush()
            os.fsync(new.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # the power may fail now
    finally:
        os.close(folder)


def _read_token() -> str:
    if sys.stdin.isatty():
        from getpass import getpass  # needed here only

        given = getpass(_("Token (it is not shown): "))
    else:
        given = sys.stdin.buffer.read(_LONGEST_BYTES).decode(errors="replace")
    token = given.strip()
    if not _TOKEN.fullmatch(token):
        raise Refused("no_token_given", {})
    return token


def _unit() -> Mapping[str, str]:
    """Ask systemd how our unit stands; nothing where systemd does not run."""
    try:
        told = _systemctl("show", "--property=ActiveState,LoadCredential", seconds=_ASK_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    lines = (line.partition("=") for line in told.stdout.splitlines())
    return {name: value for name, _, value in lines}


def _credential(unit: Mapping[str, str]) -> str:
    """Find the file that systemd hands to beekeed as its token."""
    for each in unit.get("LoadCredential", "").split():
        name, _colon, path = each.partition(":")
        if name == "token" and path.startswith("/"):
            return path
    return ""


def _set_file(settings: Path) -> str:
    """Find the file that the settings name; nothing where they cannot be read yet."""
    try:
        given = config.read(settings).get("online.token_file")
    except ConfigError:
        return ""
    return str(given.value) if given else ""


def _restart(path: Path) -> None:
    try:
        done = _systemctl("restart", seconds=_RESTART_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        params = {"path": str(path), "detail": "systemctl did not end"}
        raise Refused("not_started_again", params) from error
    if done.returncode != 0:
        detail = " ".join(done.stderr.split()) or f"systemctl ended with {done.returncode}"
        raise Refused("not_started_again", {"path": str(path), "detail": detail.rstrip(".")})


def _systemctl(*words: str, seconds: float) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the words are our own
        ["systemctl", *words, _UNIT],  # noqa: S607 - where it is differs
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
