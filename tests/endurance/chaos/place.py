"""One world: a box on the emulated line, its daemon, and the online Moodle at the other end."""

import functools
import http.client
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.adapters import powercut
from tests.certificates import Certificates
from tests.endurance.chaos.clock import WorldClock
from tests.endurance.chaos.front import Mischief
from tests.endurance.chaos.tally import Tally
from tests.endurance.chaos.witness import Witness
from tests.link.emulator import BOX, DNS, NET, Emulator, Flow, Weather
from tests.link.net import HOST, Net, inside
from tests.namespaces import Line
from tests.system.asking import Answer, ask
from tests.system.phases import peek
from tests.system.wallclock import wall_clock
from tests.system.world import World

LEARNERS = 4
_HTTPS = 443
_TCP = 6
_DISK = "size=8m"
_FULL_SECONDS = 5.0
"""So long after it was made room again the daemon may still end for what it met before."""
LINE = Weather(delay_seconds=0.015)
_DIED_OF_THE_DISK = 1
"""How the daemon ends where it cannot write: systemd starts it again."""


class Place:
    """The world, as those see it who do something in it."""

    def __init__(self, here: World, emulator: Emulator, net: Net, front: Mischief) -> None:
        self.here = here
        self.emulator = emulator
        self.net = net
        self.front = front
        self.witness = front.witness = Witness(here.online)
        self.clock = WorldClock(here)
        self.tally = Tally(rounds=1)
        self.daemon: subprocess.Popen[str] | None = None
        self.is_box_away = False
        self.is_disk_full = False
        self.disk_freed_at = 0.0
        self.is_recorded = False
        self.base = here.folder / "base"
        self.trace = here.folder / "trace"

    # The daemon

    def start(self, *, recorded: bool = False) -> None:
        """Start the daemon; `recorded`: what it writes is noted, for a power cut."""
        box = self.emulator.box
        self.is_recorded = recorded
        with wall_clock(self.here):
            self.clock.tell()
            if not recorded:
                self.daemon = self.here.start_daemon(inside=box)
                return
            shutil.rmtree(self.base, ignore_errors=True)
            shutil.copytree(self.here.state.parent, self.base)
            under = ["ip", "netns", "exec", box, *powercut.tracing(self.trace, "-D")]
            self.daemon = self.here.start_daemon(under=under)

    def kill(self) -> None:
        """End the daemon at once."""
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
        self.daemon = None

    def restart(self, *, recorded: bool = False) -> None:
        """Have the daemon end as it should, and start it again."""
        if self.daemon is not None:
            self.daemon.terminate()
            code = self.daemon.wait(60)
            # Before it is ready it ends as every program does.
            assert code in (0, -signal.SIGTERM), f"ended with {code}\n{self.here.log()}"
        self.start(recorded=recorded)

    def keep_alive(self) -> bool:
        """Do as systemd does. Only a full disk may have ended the daemon; tells if it did."""
        if self.daemon is not None and self.daemon.poll() is None:
            return False
        code = self.daemon.returncode if self.daemon is not None else None
        was_full = self.is_disk_full or time.monotonic() < self.disk_freed_at + _FULL_SECONDS
        is_of_disk = was_full and code == _DIED_OF_THE_DISK
        assert code is None or is_of_disk, f"ended by itself with {code}\n{self.here.log()}"
        self.start()
        return code is not None

    # What it says and holds

    def ask(self, method: str, target: str, body: object = None) -> Answer | None:
        """Ask the daemon; None where it is not there, or goes away meanwhile."""
        with suppress(OSError, http.client.HTTPException):
            return ask(self.here.socket, method, target, body)
        return None

    def data(self, target: str) -> dict[str, Any]:
        """Read something; the daemon is there."""
        answer = ask(self.here.socket, "GET", target)
        assert answer.status == 200, answer.body
        return answer.data

    def is_running(self) -> bool:
        """Whether a sync is under way."""
        found = self.here.in_state("SELECT count(*) FROM run WHERE ended_at IS NULL")
        return found != [(0,)]

    def is_at_limit(self) -> bool:
        """Whether the last run that ended met the limit."""
        sql = "SELECT code FROM run WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1"
        return any(str(code).startswith("limit_") for (code,) in self.here.in_state(sql))

    def note_left_open(self) -> None:
        """Have what is on its way, or has no answer, be read back before it is sent again.

        No sync is under way; where one has begun meanwhile, nothing is noted.
        """
        runs = "SELECT count(*), sum(ended_at IS NULL) FROM run"
        before = peek(self.here, runs)
        intents = peek(self.here, "SELECT kind, step FROM intent")
        if self.daemon is None or (peek(self.here, runs) == before and not before[0][1]):
            self.witness.read_back.note(intents)

    def on_line(self) -> int:
        """The truth: bytes of the daemon's connections and of the names it looked up."""
        return self.emulator.bytes_of(Flow(_TCP, _HTTPS)) + self.on_line_for_names()

    def on_line_for_names(self) -> int:
        """That part of it that looked names up."""
        return self.emulator.bytes_of(DNS)

    def in_ledger(self) -> int:
        """What our database, as it is on disk, has been charged with."""
        ((charged,),) = peek(self.here, "SELECT sum(sent + received + held) FROM charge")
        return int(charged or 0)


@functools.cache
def _authority(folder: Path) -> Certificates:
    return Certificates(folder / "authority", HOST)


@contextmanager
def place(folder: Path, seed: int, name: str) -> Iterator[Place]:
    """Make a world in `folder/world`, and take it down again; certificates are made once."""
    authority = _authority(folder)
    world = folder / "world"
    shutil.rmtree(world, ignore_errors=True)
    world.mkdir()
    here = World(world, learners=LEARNERS, seed=seed % 5)
    emulator = Emulator(name, seed)
    emulator.weather = LINE
    net = Net(Line(emulator.box, emulator.net, BOX[0], NET[0]))
    front = Mischief(authority.context(), NET[0], _HTTPS, functools.partial(inside, emulator.net))
    disk = here.state.parent
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", _DISK, "tmpfs", str(disk)], check=True)
    try:
        front.start()
        here.start_online(NET[0], inside=emulator.net, wwwroot=f"https://{HOST}")
        front.port_behind = int(here.address.rpartition(":")[2])
        here.address = f"https://{HOST}"
        here.environment |= {"SSL_CERT_FILE": str(authority.known)}
        here.settings |= {"online__timeout_seconds": "5"}
        yield Place(here, emulator, net, front)
    finally:
        here.end()
        front.stop()
        net.close()
        emulator.close()
        subprocess.run(["umount", "-l", str(disk)], check=True)
