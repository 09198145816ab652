"""A box, a sandbox online Moodle in a process of its own, and the real daemon between them."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from beekeed.sandbox.box import make_box
from beekeed.sandbox.compare import Comparison, compare
from beekeed.sandbox.school import make_online
from tests.system.warm import Program, Warm

ROOT = Path(__file__).parent.parent.parent
_START_SECONDS = 30
_SAME_SECONDS = 600  # worlds that begin within this time begin with the same databases


@dataclass(frozen=True)
class Said:
    """What a beekeectl command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Its standard output as JSON."""
        data: dict[str, Any] = json.loads(self.out)
        return data


_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "SSL_CERT_FILE": os.devnull,  # nobody here has a certificate of the world's authorities
}


_ITS_OWN = "TZ", "PYTEST_CURRENT_TEST"
"""What a program has of its own in any case, and what none of ours reads."""


def _but(environment: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in names}


@cache
def _warm() -> Warm:
    """Give the process that programs start from, where nothing about them is special."""
    return Warm(os.environ | _ENVIRONMENT)


@dataclass(frozen=True)
class _Databases:
    """The files of both sides before anything happened, and the token of the service."""

    online: bytes
    box: bytes
    token: str


@cache
def _databases(learners: int, seed: int, now: int) -> _Databases:
    """Make them once: most tests begin with the same."""
    with TemporaryDirectory() as folder:
        online, box = Path(folder) / "online.sqlite", Path(folder) / "box.sqlite"
        token = make_online(online, now=now, seed=seed)
        make_box(box, online, now=now, seed=seed, learners=learners)
        return _Databases(online.read_bytes(), box.read_bytes(), token)


class World:
    """One folder with both databases, and the programs that run on them.

    `now`, in Unix seconds, is when the work on the box ends, by default within the last ten
    minutes; the same makes the same work.
    """

    def __init__(
        self, folder: Path, *, learners: int = 12, seed: int = 1, now: int | None = None
    ) -> None:
        self.folder = folder
        self.box = folder / "box.sqlite"
        self.online = folder / "online.sqlite"
        self.socket = folder / "control.sock"
        self.page_socket = folder / "page.sock"
        self.state = folder / "state" / "beekeed.sqlite"
        self.state_inside = self.state
        """The same file as the daemon knows it."""
        self.token = folder / "token"
        self.address = ""
        self.environment = os.environ | _ENVIRONMENT
        self.settings: dict[str, str] = {}
        """What `configure` sets each time, as it takes it."""
        self._children: list[subprocess.Popen[str]] = []
        now = int(time.time()) // _SAME_SECONDS * _SAME_SECONDS if now is None else now
        self._before = _databases(learners, seed, now)
        self.lay_out()

    def lay_out(self) -> None:
        """Put both databases and the token as they are before anything happened."""
        self.token.write_text(self._before.token)
        self.online.write_bytes(self._before.online)
        self.box.write_bytes(self._before.box)

    def spawn(
        self, *words: str, inside: str = "", under: Sequence[str] = ()
    ) -> "subprocess.Popen[str]":
        """Start one of our programs, in a network namespace where one is named.

        `under`: a program that starts it in its own place.
        """
        prefix = ["ip", "netns", "exec", inside] if inside else [*under]
        with (self.folder / f"{words[0]}.log").open("a") as log:
            child = self.started("beekeed", *words, errors=log, prefix=prefix)
        self._children.append(child)
        return child

    def started(
        self, module: str, *words: str, errors: IO[str], prefix: Sequence[str] = ()
    ) -> "subprocess.Popen[str]":
        """Start one of our modules, whose standard output can be read; `prefix`: a command."""
        if not prefix and self._is_usual():
            return self._started_warm(module, words, errors)
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", module, *words],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env=self.environment,
        )

    def _started_warm(
        self, module: str, words: Sequence[str], errors: IO[str]
    ) -> "subprocess.Popen[str]":
        program = Program(module, words, str(ROOT), self.environment.get("TZ"))
        reading, writing = os.pipe()
        with Path(os.devnull).open() as nothing, os.fdopen(writing) as output:
            child = _warm().start(program, (nothing.fileno(), output.fileno(), errors.fileno()))
        child.stdout = os.fdopen(reading)
        return child

    def _is_usual(self) -> bool:
        """Tell whether the environment is what a program has that is started warm."""
        return _but(self.environment, *_ITS_OWN) == _but(_warm().environment, *_ITS_OWN)

    def start_online(self, host: str = "127.0.0.1", inside: str = "", wwwroot: str = "") -> None:
        """Start the sandbox online Moodle; `wwwroot`: the address that clients must use."""
        words = ["sandbox-online", "--database", str(self.online), "--host", host]
        words += ["--wwwroot", wwwroot] if wwwroot else []
        child = self.spawn(*words, inside=inside)
        assert child.stdout is not None
        self.address = json.loads(child.stdout.readline())["address"]

    def configure(self, **settings: str) -> Path:
        """Write the settings; `section_key=...` adds or replaces one, given as TOML."""
        values = {
            "device.path": f'"{self.box}"',
            "online.address": f'"{self.address}"',
            "online.allow_http": "true",
            "online.token_file": f'"{self.token}"',
            "online.timeout_seconds": "20",
            "daemon.state_directory": f'"{self.state.parent}"',
            "daemon.control_socket": f'"{self.socket}"',
            "daemon.page_socket": f'"{self.page_socket}"',
        }
        settings = self.settings | settings
        values |= {name.replace("__", "."): value for name, value in settings.items()}
        lines: list[str] = []
        for section in (
            "device",
            "online",
            "accounts",
            "sync",
            "limit",
            "schedule",
            "mail",
            "page",
            "daemon",
        ):
            lines.append(f"[{section}]")
            lines += [
                f"{key.split('.')[1]} = {value}"
                for key, value in values.items()
                if key.startswith(f"{section}.")
            ]
        file = self.folder / "beekeed.toml"
        file.write_text("\n".join(lines) + "\n")
        return file

    def start_daemon(
        self, inside: str = "", under: Sequence[str] = (), **settings: str
    ) -> "subprocess.Popen[str]":
        """Start the daemon and wait until it listens."""
        self.socket.unlink(missing_ok=True)
        words = ("run", "--config", str(self.configure(**settings)))
        child = self.spawn(*words, inside=inside, under=under)
        deadline = time.monotonic() + _START_SECONDS
        while not self._listens():
            assert child.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        return child

    def _listens(self) -> bool:
        """Tell whether the daemon takes connections: its socket is a file a moment before."""
        with closing(socket.socket(socket.AF_UNIX)) as made:
            return made.connect_ex(str(self.socket)) == 0

    def ctl(self, *words: str, given: str | None = None) -> Said:
        """Run beekeectl to its end; `given`: what it reads from its standard input."""
        return self.ctl_in(ROOT, *words, given=given)

    def ctl_in(self, folder: Path, *words: str, given: str | None = None) -> Said:
        """Run beekeectl to its end, in a folder."""
        program = [sys.executable, "-m", "beekeed.ctl", *words, "--socket", str(self.socket)]
        if not self._is_usual():
            done = subprocess.run(
                program,
                input=given,
                capture_output=True,
                text=True,
                cwd=folder,
                env=self.environment | {"PYTHONPATH": str(ROOT)},
                check=False,
            )
            return Said(done.returncode, done.stdout, done.stderr)
        with TemporaryFile("w+") as asked, TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            asked.write(given or "")
            streams = (asked, out, err)
            asked.seek(0)
            made = Program("beekeed.ctl", program[3:], str(folder), self.environment.get("TZ"))
            code = _warm().start(made, [each.fileno() for each in streams]).wait()
            out.seek(0)
            err.seek(0)
            return Said(code, out.read(), err.read())

    def begin_ctl(self, *words: str) -> "subprocess.Popen[str]":
        """Start beekeectl, and do not wait for its end."""
        child = subprocess.Popen(
            [sys.executable, "-m", "beekeed.ctl", *words, "--socket", str(self.socket)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=self.environment,
        )
        self._children.append(child)
        return child

    def sync(self) -> dict[str, Any]:
        """Synchronize and give the run."""
        return self.ctl("sync", "--wait", "--json").json

    def compare(self) -> Comparison:
        """Hold both databases against each other."""
        return compare(self.box, self.online)

    def log(self) -> str:
        """What the daemon logged."""
        return (self.folder / "run.log").read_text()

    def on_box(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run SQL on the box's database."""
        return execute(self.box, sql, *values)

    def on_online(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run SQL on the online Moodle's database."""
        return execute(self.online, sql, *values)

    def in_state(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the daemon's own database."""
        return execute(self.state, sql, *values)

    def switch(self, name: str, value: str | None) -> None:
        """Set one of the sandbox's faults, or take it away."""
        self.on_online("DELETE FROM sandbox_switch WHERE name = ?", name)
        if value is not None:
            self.on_online("INSERT INTO sandbox_switch (name, value) VALUES (?, ?)", name, value)

    def until(self, sql: str, *values: object) -> None:
        """Wait until a query on the online Moodle's database gives a true value."""
        deadline = time.monotonic() + _START_SECONDS
        while not self.on_online(sql, *values)[0][0]:
            assert time.monotonic() < deadline, sql
            time.sleep(0.01)

    def end(self) -> None:
        """End what was started, by its id."""
        for child in reversed(self._children):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
            if child.stdout is not None:
                child.stdout.close()


def execute(database: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Run one statement on an SQLite file that other processes use as well."""
    with closing(sqlite3.connect(database, timeout=20)) as db, db:
        return db.execute(sql, values).fetchall()


@contextmanager
def world(folder: Path, **options: int) -> Iterator[World]:
    """Make a world with its online Moodle running, and end it."""
    made = World(folder, **options)
    try:
        made.start_online()
        yield made
    finally:
        made.end()
