"""The faults of the table: each with a world where it can happen, its beginning and its end."""

import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from tests.disk import fill
from tests.mailserver import MailServer, mail_server, mail_settings
from tests.namespaces import UPLINK, Line, ip, line
from tests.system.phases import Daemon
from tests.system.wallclock import set_clock, wall_clock
from tests.system.world import World


class Fault:
    """One fault. `name`: as the table has it."""

    confirms_clock = True
    """Whether the online Moodle's Date is believed, so that days close."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.mails = False
        """Whether the box mails its syncs, so that there is a mail server."""
        self.mail = MailServer()

    def start_mail(
        self, here: World, stack: ExitStack, host: str = "127.0.0.1", space: str = ""
    ) -> None:
        """Start a mail server where one is wanted, and have the box mail its syncs by it."""
        if self.mails:
            self.mail = stack.enter_context(mail_server(host=host, space=space))
            here.settings |= mail_settings(self.mail.port, host)

    def begin(self, here: World, stack: ExitStack) -> Daemon:
        """Start a world in which it can happen; the stack takes it down again."""
        stack.callback(here.end)
        here.start_online()
        self.start_mail(here, stack)
        return self.start(here)

    def start(self, here: World) -> Daemon:
        """Start the daemon where it can reach the others."""
        return here.start_daemon()

    @contextmanager
    def strikes(self, here: World, daemon: Daemon) -> Iterator[None]:
        """Make it happen; at the block's end it is over."""
        yield


class Kill(Fault):
    """The daemon is gone at once."""

    @contextmanager
    def strikes(self, here: World, daemon: Daemon) -> Iterator[None]:
        """See Fault."""
        daemon.kill()
        yield


class Cut(Fault):
    """The box's end of the line is down: two network namespaces with a line between them.

    `seconds`: it is up again after so long; else at the end.
    """

    confirms_clock = False  # over HTTP, and not on loopback

    def __init__(self, name: str, seconds: float | None = None) -> None:
        super().__init__(name)
        self._seconds = seconds

    def begin(self, here: World, stack: ExitStack) -> Daemon:
        """See Fault."""
        self._line = made = stack.enter_context(line())
        stack.callback(here.end)
        here.start_online(made.net_address, inside=made.net)
        self.start_mail(here, stack, made.net_address, made.net)
        return self.start(here)

    def start(self, here: World) -> Daemon:
        """See Fault."""
        return here.start_daemon(inside=self._line.box, online__timeout_seconds="5")

    @contextmanager
    def strikes(self, here: World, daemon: Daemon) -> Iterator[None]:
        """See Fault. What was given up meanwhile may not arrive when the line is back."""
        self._set("down")
        if self._seconds is not None:
            timer = threading.Timer(self._seconds, self._set, ("up",))
            timer.start()
            yield
            timer.join()
            return
        yield
        noted = "SELECT count(*) FROM sandbox_request"
        arrived = here.on_online(noted)
        self._set("up")
        _until_the_kernel_sent_all(self._line)
        assert here.on_online(noted) == arrived

    def _set(self, state: str) -> None:
        ip("-n", self._line.box, "link", "set", UPLINK, state)


def _until_the_kernel_sent_all(line: Line) -> None:
    """Wait, where the box's kernel still has data of closed connections, until all is over."""
    deadline = time.monotonic() + 30
    if any(unsent > _FIN for _, unsent in _connections(line)):
        while any(state != _TIME_WAIT for state, _ in _connections(line)):
            assert time.monotonic() < deadline
            time.sleep(0.05)


_TIME_WAIT = "06"
_FIN = 1  # the end of a connection counts as a byte


def _connections(line: Line) -> list[tuple[str, int]]:
    """Give the state of each TCP connection of the box, and how much of it is not acknowledged."""
    table = ip("netns", "exec", line.box, "cat", "/proc/net/tcp").splitlines()
    fields = [row.split() for row in table[1:]]
    return [(each[3], int(each[4].partition(":")[0], 16)) for each in fields]


class Switched(Fault):
    """Something is wrong with every answer: a fault of the sandbox."""

    def __init__(self, name: str, switch: str, value: str) -> None:
        super().__init__(name)
        self._switch, self._value = switch, value

    @contextmanager
    def strikes(self, here: World, daemon: Daemon) -> Iterator[None]:
        """See Fault."""
        here.switch(self._switch, self._value)
        yield
        here.switch(self._switch, None)


class Answered(Fault):
    """The mail server says no to a mail, or something that is no answer."""

    def __init__(self, name: str, answer: str) -> None:
        super().__init__(name)
        self._answer = answer

    @contextmanager
    def strikes(self, here: World, daemon: Daemon) -> Iterator[None]:
        """See Fault."""
        self.mail.answers["DATA"] = self._answer
        yield
        self.mail.answers.clear()


class Step(Fault):
    """The daemon's wall clock is set to another time, and is right again at the end."""

    def __init__(self, name: str, by: str) -> None:
        super().__init__(name)
        self._by = by

    def begin(self, here: World, stack: ExitStack) -> Daemon:
        """See Fault. libfaketime is between the daemon and the wall clock; others are real."""
        stack.callback(here.end)
        here.start_online()
        self.start_mail(here, stack)
        with wall_clock(here):
            return here.start_daemon()

    @contextmanager
    def strikes(self, here: World, daemon: Daemon) -> Iterator[None]:
        """See Fault."""
        set_clock(here, self._by)
        yield
        set_clock(here, "+0")


class Full(Fault):
    """The disk with our state is full: a file system of its own.

    Until then a reader stays in its transaction, so that SQLite's log does not start over
    in place, and each commit takes more room.
    """

    def begin(self, here: World, stack: ExitStack) -> Daemon:
        """See Fault."""
        disk = here.state.parent
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)
        stack.callback(subprocess.run, ["umount", "-l", str(disk)], check=True)
        daemon = super().begin(here, stack)
        reader = sqlite3.connect(here.state, isolation_level=None)
        self._reader = stack.enter_context(closing(reader))
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM run")
        return daemon

    @contextmanager
    def strikes(self, here: World, daemon: Daemon) -> Iterator[None]:
        """See Fault."""
        filler = fill(here.state.parent)
        self._reader.close()
        yield
        filler.unlink()
