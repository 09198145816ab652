"""beekeed as a box has it: our units, installed in a machine whose PID 1 is systemd."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.system.pid1 import Machine, children_of, machine, until
from tests.system.world import ROOT, Said, World

UNIT, PAGE = "beekeed.service", "beekeed-page.service"
SETTINGS = "/etc/beekeed/beekeed.toml"
TOKEN = "/etc/beekeed/token"
_WORK, _STATE = "/srv/box", "/var/lib/beekeed"
_SOURCE, _LIBRARIES, _PYTHON = "/opt/beekeed/source", "/opt/beekeed/libraries", "/opt/python"
_PROGRAMS = {"beekeed": "beekeed", "beekeectl": "beekeed.ctl", "beekeed-page": "beekeed.page"}
_STOP_SECONDS = 60


class Service:
    """The daemon's process that runs now, as our tests handle one that they started."""

    def __init__(self, box: "Box") -> None:
        self._box = box
        self.pid = box.machine.pid_of(UNIT)
        assert self.pid, box.log()

    def poll(self) -> int | None:
        """Tell whether it has ended."""
        return None if Path(f"/proc/{self.pid}").exists() else 0

    def wait(self, timeout: float = _STOP_SECONDS) -> int:
        """Wait until it has ended."""
        until(lambda: self.poll() is not None, timeout)
        return 0

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)


class Box(World):
    """A world inside a machine: the box's daemon is the unit that is shipped.

    The files of both databases are ours as well; the box's, the token and the settings are
    where they are on a box.
    """

    def __init__(self, folder: Path, made: Machine, **options: int) -> None:
        self.machine = made
        self._since = time.time()
        super().__init__(folder, **options)
        folder.chmod(0o755)
        self.socket = made.path("/run/beekeed/control.sock")
        self.state_inside = Path(_STATE) / self.state.name
        self.settings = {
            "device.path": f'"{_WORK}/{self.box.name}"',
            "online.token_file": f'"{TOKEN}"',
            "daemon.state_directory": f'"{_STATE}"',
            "daemon.control_socket": '"/run/beekeed/control.sock"',
            "daemon.page_socket": '"/run/beekeed-page/page.sock"',
        }

    def lay_out(self) -> None:
        """See World. The box's folder cannot be written there, so that its database is one file."""
        for database in (self.box, self.online):
            for end in ("-wal", "-shm"):
                database.with_name(database.name + end).unlink(missing_ok=True)
        super().lay_out()
        self.on_box("PRAGMA journal_mode = DELETE")
        self.box.chmod(0o644)
        self.machine.write(TOKEN, self.token.read_text(), 0o600)
        self.token.unlink()

    def renew(self) -> None:
        """Have all be as right after the installation; the online Moodle starts again."""
        self.end()
        self.machine.run("systemctl", "stop", "beekeed-page.socket", PAGE, UNIT)
        self.machine.run("systemctl", "reset-failed")
        self._since = time.time()
        for each in self.state.parent.iterdir():
            each.unlink()
        self.lay_out()
        self.start_online()

    def spawn(
        self, *words: str, inside: str = "", under: Sequence[str] = ()
    ) -> "subprocess.Popen[str]":
        """Start one of our programs in the machine, outside of any unit."""
        words = tuple(word.replace(str(self.folder), _WORK) for word in words)
        with (self.folder / f"{words[0]}.log").open("a") as log:
            child = subprocess.Popen(
                self.machine.command("/usr/bin/beekeed", *words),
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self._children.append(child)
        return child

    def end(self) -> None:
        """See World. What ran inside has ended as well."""
        running = [child for child in self._children if child.poll() is None]
        inside = [Path(f"/proc/{pid}") for child in running for pid in children_of(child.pid)]
        super().end()
        self._children.clear()
        until(lambda: not any(each.exists() for each in inside))

    def configure(self, **settings: str) -> Path:
        """Write the settings where they are on a box."""
        file = super().configure(**settings)
        self.machine.write(SETTINGS, file.read_text())
        return file

    def start_daemon(  # type: ignore[override]
        self, inside: str = "", under: Sequence[str] = (), **settings: str
    ) -> Service:
        """Have systemd start the unit; it comes back when that is ready."""
        self.configure(**settings)
        self.machine.run("systemctl", "start", UNIT)
        return Service(self)

    def ctl_in(self, folder: Path, *words: str, given: str | None = None) -> Said:
        """Run beekeectl inside, to its end."""
        done = self.machine.run("beekeectl", *words, given=given, check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    def log(self) -> str:
        """What the daemon logged, and systemd of it, since all was renewed."""
        return self.machine.journal(UNIT, self._since)

    def set_unit(self, text: str, unit: str = UNIT) -> None:
        """Add something to a unit, as an administrator does; empty: take it away."""
        folder = self.machine.path(f"/etc/systemd/system/{unit}.d")
        if text:
            self.machine.write(f"/etc/systemd/system/{unit}.d/test.conf", text)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        self.machine.run("systemctl", "daemon-reload")

    def tried_under(self, unit: str, program: str, *words: str) -> dict[str, Any]:
        """Run a program of ours under all that a unit allows and forbids; gives what it prints.

        It is the shipped unit, with another program and without the socket that starts it.
        """
        text = (ROOT / "systemd" / unit).read_text()
        skipped = ("ExecStart=", "ExecReload=", "Restart", "WatchdogSec=", "Type=", "Requires=",
                   "StateDirectory", "RuntimeDirectory")  # fmt: skip
        kept = [line for line in text.splitlines() if not line.startswith(skipped)]
        where = kept.index("[Service]") + 1
        command = " ".join(["/usr/bin/python-of-ours", f"{_WORK}/{program}", *words])
        kept[where:where] = ["Type=oneshot", f"ExecStart={command}"]
        shutil.copy(Path(__file__).parent / program, self.folder / program)
        self.machine.write(f"/etc/systemd/system/tried-{unit}", "\n".join(kept))
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "start", f"tried-{unit}", check=False)
        told = self.machine.journal(f"tried-{unit}")
        found: dict[str, Any] = json.loads(
            next((line for line in reversed(told.splitlines()) if line.startswith("{")), "{}")
        )
        assert found, told
        return found


def install(made: Machine) -> None:
    """Install the programs and the units of this working copy, as a package does."""
    base = Path(sys.base_prefix)
    python = f"{_PYTHON}/bin/{Path(sys.executable).resolve().name}"
    start = (
        f"#!/bin/sh\nexport LD_LIBRARY_PATH={_PYTHON}/lib"
        f" PYTHONPATH={_SOURCE}:{_LIBRARIES} PYTHONDONTWRITEBYTECODE=1\nexec {python} -P "
    )
    assert (base / "bin" / Path(python).name).exists(), base
    for name, module in _PROGRAMS.items():
        made.write(f"/usr/bin/{name}", f'{start}-m {module} "$@"\n', 0o755)
    made.write("/usr/bin/python-of-ours", f'{start}"$@"\n', 0o755)
    shipped = ROOT / "systemd"
    for kind in ("sysusers.d", "tmpfiles.d"):
        made.write(f"/usr/lib/{kind}/beekeed.conf", (shipped / kind / "beekeed.conf").read_text())
    for unit in shipped.glob("*.s*"):
        if unit.is_file():
            made.write(f"/usr/lib/systemd/system/{unit.name}", unit.read_text())
    made.run("systemd-sysusers", "beekeed.conf")
    made.path("/etc/beekeed").mkdir()
    made.run("systemd-tmpfiles", "--create", "beekeed.conf")
    made.run("systemctl", "daemon-reload")


@contextmanager
def installed(
    folder: Path,
    *,
    root: str = "/",
    install: Callable[[Machine], None] = install,
    more: Mapping[str, str] | None = None,
    **options: int,
) -> Iterator[Box]:
    """Boot a machine with beekeed installed and the online Moodle running; nothing is started.

    `root`: the system that it is installed on; `install`: what installs it there; `more`: folders
    of ours, by their path inside.
    """
    work, state, memory = folder / "work", folder / "work" / "state", folder / "machine"
    for each in (work, state, memory):
        each.mkdir()
    binds = {
        _WORK: str(work),
        _STATE: str(state),
        _SOURCE + "/beekeed": str(ROOT / "beekeed"),
        _LIBRARIES: sysconfig.get_path("purelib"),
        _PYTHON: sys.base_prefix,
        **(more or {}),
    }
    with machine(memory, root=root, binds=binds) as made:
        install(made)
        box = Box(work, made, **options)
        try:
            box.start_online()
            yield box
        finally:
            box.end()
