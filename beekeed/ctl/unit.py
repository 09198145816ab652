"""beekeed's units, as systemd knows them. Nothing here fails where systemd does not run."""

import subprocess
from collections.abc import Mapping
from typing import NamedTuple

DAEMON = "beekeed.service"
PAGE = "beekeed-page.socket"
_START_SECONDS = 300  # a request under way is settled first (TimeoutStopSec=180)
_ASK_SECONDS = 30
_LEFT_ALONE = ("inactive", "deactivating", "")  # somebody stopped it, or it is not installed


class Unit(NamedTuple):
    """How the daemon's unit stands: systemd's own words, and empty where there are none."""

    told: Mapping[str, str]

    @property
    def is_installed(self) -> bool:
        """Whether systemd runs and has the unit."""
        return self.told.get("LoadState") == "loaded"

    @property
    def is_in_use(self) -> bool:
        """Whether it runs, or would if it could: a unit that failed waits for somebody."""
        return self.told.get("ActiveState", "") not in _LEFT_ALONE

    @property
    def status(self) -> str:
        """What the daemon itself said last of how it stands."""
        return self.told.get("StatusText", "")

    def credential(self, wanted: str) -> str:
        """Find the file that systemd hands to beekeed by a name; empty where it hands none."""
        for each in self.told.get("LoadCredential", "").split():
            name, _colon, path = each.partition(":")
            if name == wanted and path.startswith("/"):
                return path
        return ""


class NotDone(Exception):
    """What systemd could not do, in its own words."""


def daemon_unit() -> Unit:
    """Ask systemd how the daemon's unit stands."""
    names = "LoadState,ActiveState,StatusText,LoadCredential"
    try:
        told = _systemctl("show", f"--property={names}", DAEMON, seconds=_ASK_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return Unit({})
    lines = (line.partition("=") for line in told.stdout.splitlines())
    return Unit({name: value for name, _equals, value in lines})


def restart() -> None:
    """Start the daemon again, or for the first time. Raises NotDone."""
    _do("restart", DAEMON)


def enable() -> None:
    """Have the daemon and the page's socket run now, and after every start. Raises NotDone."""
    _do("enable", "--now", DAEMON, PAGE)


def _do(*words: str) -> None:
    try:
        done = _systemctl(*words, seconds=_START_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        detail = "systemctl did not end"
        raise NotDone(detail) from error
    if done.returncode != 0:
        detail = " ".join(done.stderr.split()) or f"systemctl ended with {done.returncode}"
        raise NotDone(detail.rstrip("."))


def _systemctl(*words: str, seconds: float) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the words are our own
        ["systemctl", *words],  # noqa: S607 - where it is differs
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
