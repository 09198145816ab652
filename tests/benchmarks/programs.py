"""The programs whose footprint is measured: the daemon, its page, and two daemons of others.

vnstatd counts the bytes of a network's devices, syncthing keeps folders the same on several
computers: the smallest and the most common daemon that a box could have beside ours. Each runs
as its Debian package has systemd start it, in a network namespace and a state folder of its own,
with nothing to do: syncthing shares no folder, knows no other computer, and looks for none.
"""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.process import family, used
from tests.system.world import ROOT, World

AUTHORITIES = "SSL_CERT_FILE"
"""Names the certificates that a program trusts. A box's daemon has them all; tests have none, and
the page neither, as beekeed-page.service says."""
_PATIENCE_SECONDS = 60
_WATCHDOG_SECONDS = 30  # as beekeed.service has it
_QUIET = {
    "globalAnnounceEnabled": "false",
    "localAnnounceEnabled": "false",
    "relaysEnabled": "false",
    "natEnabled": "false",
    "startBrowser": "false",
    "crashReportingEnabled": "false",
    "urAccepted": "-1",
    "autoUpgradeIntervalH": "0",
}
"""Options of syncthing without which it would use the network."""


class Program(ABC):
    """One of them. It runs from `start`, which returns when it is ready, until `end`.

    `folder`: what it writes into. `inside`: its network namespace; empty: the machine's.
    """

    name = ""

    def __init__(self, folder: Path, inside: str = "") -> None:
        self.folder = folder
        self.seconds = 0.0
        """How long the last start took."""
        self.cpu_seconds = 0.0
        """How much of the processor it used for that."""
        self._prefix = ["ip", "netns", "exec", inside] if inside else []
        self._process: subprocess.Popen[str] | None = None

    @property
    def pids(self) -> Sequence[int]:
        """Its processes, while it runs."""
        assert self._process is not None
        return family(self._process.pid)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        began = time.monotonic()
        self._process = self._launch(*self._command())
        self._wait(self._process)
        self.seconds = time.monotonic() - began
        self.cpu_seconds = used(self.pids).cpu_seconds

    def end(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=_PATIENCE_SECONDS)
            self._process = None

    @abstractmethod
    def _command(self) -> Sequence[str]:
        """Give what starts it."""

    @abstractmethod
    def _wait(self, process: "subprocess.Popen[str]") -> None:
        """Wait until it is ready."""

    def _environment(self) -> Mapping[str, str]:
        return os.environ

    def _launch(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self._prefix, *command], cwd=ROOT, env=self._environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def _wait_for(words: str, process: "subprocess.Popen[str]") -> None:
    """Read what a program says until it has said something."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"{process.args!r} ended")


class Beekeed(Program):
    """Our daemon; it is ready when it says so to systemd, which it also tells that it lives."""

    name = "beekeed"

    def __init__(self, here: World, inside: str = "", **settings: str) -> None:
        super().__init__(here.state.parent, inside)
        self._here = here
        self._settings = settings
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.bind(str(here.folder / "notify"))
        self._is_ready = threading.Semaphore(0)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while said := self._told.recv(4096):
            if said.startswith(b"READY=1"):
                self._is_ready.release()

    def _command(self) -> Sequence[str]:
        config = str(self._here.configure(**self._settings))
        return [sys.executable, "-m", "beekeed", "run", "--config", config]

    def _environment(self) -> Mapping[str, str]:
        usual = {key: what for key, what in self._here.environment.items() if key != AUTHORITIES}
        return usual | {
            "NOTIFY_SOCKET": str(self._here.folder / "notify"),
            "WATCHDOG_USEC": str(_WATCHDOG_SECONDS * 1_000_000),
        }

    def _wait(self, process: "subprocess.Popen[str]") -> None:
        assert self._is_ready.acquire(timeout=_PATIENCE_SECONDS), "it never became ready"


class Page(Program):
    """Our status page; it is ready when it says where it listens."""

    name = "beekeed-page"

    def __init__(self, here: World) -> None:
        super().__init__(here.folder / "page")  # it has none
        self._here = here

    def _command(self) -> Sequence[str]:
        config = str(self._here.folder / "beekeed.toml")
        return [sys.executable, "-m", "beekeed.page", "--config", config,
                "--listen", "127.0.0.1:0"]  # fmt: skip

    def _environment(self) -> Mapping[str, str]:
        return self._here.environment

    def _wait(self, process: "subprocess.Popen[str]") -> None:
        _wait_for("http://", process)


class Vnstatd(Program):
    """vnStat's daemon; it is ready when it says what it watches."""

    name = "vnstatd"

    def __init__(self, folder: Path, inside: str) -> None:
        super().__init__(folder / "vnstat", inside)
        self.folder.mkdir()
        self._config = folder / "vnstat.conf"
        self._config.write_text(f'DatabaseDir "{self.folder}"\nUseLogging 0\n')

    def _command(self) -> Sequence[str]:
        return ["vnstatd", "-n", "--config", str(self._config)]

    def _wait(self, process: "subprocess.Popen[str]") -> None:
        _wait_for("Info: Monitoring", process)


class Syncthing(Program):
    """Syncthing; it is ready when its own page and interface listen."""

    name = "syncthing"

    def __init__(self, folder: Path, inside: str) -> None:
        super().__init__(folder / "syncthing", inside)
        made = self._launch("syncthing", "generate", "--home", str(self.folder),
                            "--no-default-folder", "--skip-port-probing")  # fmt: skip
        made.communicate(timeout=_PATIENCE_SECONDS)
        config = self.folder / "config.xml"
        text = config.read_text()
        for name, value in _QUIET.items():
            text, found = re.subn(f"<{name}>.*?<", f"<{name}>{value}<", text)
            assert found == 1, name
        config.write_text(text)

    def _command(self) -> Sequence[str]:
        return ["syncthing", "serve", "--no-browser", "--no-restart", "--logflags=0",
                "--home", str(self.folder)]  # fmt: skip

    def _environment(self) -> Mapping[str, str]:
        return os.environ | {"HOME": str(self.folder.parent)}

    def _wait(self, process: "subprocess.Popen[str]") -> None:
        _wait_for("GUI and API listening", process)
