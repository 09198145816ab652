"""`beekeed demo`: a box, an online Moodle and the real daemon between them, on loopback.

It uses the programs as a person would: the daemon with a settings file, and
beekeectl. Whether all arrived it tells by its own comparison of both databases.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from beekeed.sandbox.box import Work, make_box, new_work
from beekeed.sandbox.compare import compare
from beekeed.sandbox.school import make_online

_INTERRUPTED = 130
_START_SECONDS = 30
_STOP_SECONDS = 20
_WORK_EVERY_SECONDS = 4
_SYNC_EVERY = 5  # bits of work

_PASSWORD = "beekeed-demo"  # noqa: S105 - of a page on this machine's loopback, with made-up learners

_SETTINGS = """\
[device]
path = "{folder}/box.sqlite"
[online]
address = "{address}"
allow_http = true  # it is on this machine's loopback
token_file = "{folder}/token"
[daemon]
state_directory = "{folder}/state"
control_socket = "{folder}/control.sock"
page_socket = "{folder}/page.sock"
"""


class Failed(Exception):
    """The demo cannot go on; the text says why."""


def main(argv: Sequence[str]) -> int:
    """Run the demo; 0 only where every fact of the box's learners agrees online."""
    options = _parser().parse_args(argv)
    if options.json and not options.once:
        _parser().error("--json goes with --once")
    for number in (signal.SIGTERM, signal.SIGHUP):  # so that nothing is left running
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        with tempfile.TemporaryDirectory(prefix="beekeed-demo-") as folder, ExitStack() as stack:
            return _Demo(Path(folder), options, stack).run()
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return _INTERRUPTED if options.once else 0
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="beekeed demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="synchronize once and end")
    parser.add_argument("--json", action="store_true", help="with --once: print the run as JSON")
    parser.add_argument("--seed", type=int, default=1, help="another school (1)")
    return parser


class _Demo:
    """One demo in one folder. `stack` ends what was started, the last first."""

    def __init__(self, folder: Path, options: argparse.Namespace, stack: ExitStack) -> None:
        self._folder = folder
        self._options = options
        self._stack = stack
        self._box = folder / "box.sqlite"
        self._online = folder / "online.sqlite"
        self._socket = folder / "control.sock"

    def run(self) -> int:
        """Make both Moodles, start the daemon, synchronize, and stay where asked."""
        self._make()
        self._start()
        run = self._sync()
        comparison = compare(self._box, self._online)
        agreed = comparison.verified and run["status"] == "completed"
        if self._options.json:
            facts = {"verified": comparison.verified, "compared": comparison.compared}
            print(json.dumps(run | facts, ensure_ascii=False, indent=2))
        else:
            print(self._beekeectl("show", run["event_id"]))
            self._say_comparison()
        if not self._options.once:
            self._stay()
        return 0 if agreed else 1

    def _say(self, text: str) -> None:
        if not self._options.json:
            print(text, flush=True)

    def _make(self) -> None:
        now = int(time.time())
        token = make_online(self._online, now=now, seed=self._options.seed)
        make_box(self._box, self._online, now=now, seed=self._options.seed)
        token_file = self._folder / "token"
        token_file.touch(mode=0o600)
        token_file.write_text(token)
        self._say("A box with 3 courses, 40 learners and three weeks of their work, and an online")
        self._say("Moodle with the same courses, where nobody knows of that work yet.")

    def _start(self) -> None:
        online = self._stack.enter_context(
            _program(self._folder, "sandbox-online", "--database", str(self._online))
        )
        assert online.stdout is not None  # noqa: S101 - it is a pipe
        address = json.loads(online.stdout.readline())["address"]
        settings = self._folder / "beekeed.toml"
        settings.write_text(_SETTINGS.format(folder=self._folder, address=address))
        daemon = self._stack.enter_context(_program(self._folder, "run", "--config", str(settings)))
        self._await_daemon(daemon)
        self._say("The daemon runs. Look at it from another terminal:\n")
        self._say(f"  export BEEKEED_SOCKET={self._socket}")
        self._say(f"  {_beekeectl()} status\n")
        if not self._options.once:
            self._open_page(settings)

    def _await_daemon(self, daemon: "subprocess.Popen[str]") -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._socket.exists():
            if daemon.poll() is not None or time.monotonic() > deadline:
                log = (self._folder / "run.log").read_text()
                raise Failed(f"The daemon did not start.\n{log}")
            time.sleep(0.05)

    def _open_page(self, settings: Path) -> None:
        """Start the status page's process, and set a password to sign in with."""
        page = self._stack.enter_context(
            _program(self._folder, "page", "--config", str(settings), "--listen", "127.0.0.1:0")
        )
        assert page.stdout is not None  # noqa: S101 - it is a pipe
        address = page.stdout.readline().strip()
        self._beekeectl("password", "set", given=_PASSWORD)
        self._say(f"Or open the status page, and sign in with the password {_PASSWORD}:\n")
        self._say(f"  {address}\n")

    def _beekeectl(self, *words: str, given: str | None = None) -> str:
        command = [sys.executable, "-m", "beekeed.ctl", *words, "--socket", str(self._socket)]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, input=given
        )
        return done.stdout

    def _sync(self) -> dict[str, Any]:
        answer = self._beekeectl("sync", "--wait", "--json")
        run: dict[str, Any] = json.loads(answer) if answer else {}
        if "event_id" not in run:
            raise Failed("The daemon did not answer.")
        return run

    def _say_comparison(self) -> None:
        found = compare(self._box, self._online)
        if found.verified:
            self._say(
                f"Compared both databases, fact by fact: all {found.compared} agree,"
                f"\n{self._done()} completed activities among them."
            )
        else:
            self._say(f"Compared both databases: {len(found.differences)} facts differ:")
            for difference in found.differences[:10]:
                self._say(f"  {difference}")

    def _done(self) -> int:
        with closing(sqlite3.connect(self._online)) as db:
            found = db.execute(
                "SELECT count(*) FROM mdl_course_modules_completion WHERE completionstate > 0"
            )
            return int(found.fetchone()[0])

    def _stay(self) -> None:
        self._say("\nNew work appears on the box now, and is synchronized from time to time.")
        self._say("Ctrl-C ends it.\n")
        rng = random.Random(self._options.seed)
        done = 0
        while True:
            time.sleep(_WORK_EVERY_SECONDS)
            self._say(f"  on the box: {_told(new_work(self._box, int(time.time()), rng))}")
            done += 1
            if done % _SYNC_EVERY == 0:
                run = self._sync()
                total = sum(action["count"] for action in run["actions"])
                traffic = run["sent_bytes"] + run["received_bytes"]
                self._say(
                    f"  sync {run['event_id']}: {run['status']}, {total} actions, {traffic} bytes"
                )
                self._say_comparison()


def _beekeectl() -> Path:
    """Where beekeectl is, as short as it can be said from here."""
    beekeectl = Path(sys.executable).with_name("beekeectl")
    here = Path.cwd()
    return beekeectl.relative_to(here) if beekeectl.is_relative_to(here) else beekeectl


def _told(work: Work) -> str:
    if work.joined:
        return f"{work.learner} joined {work.course}"
    return f"{work.learner} did {work.activity} in {work.course}"


@contextmanager
def _program(folder: Path, name: str, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run one of our programs, its log in the folder, and end it cleanly afterwards.

    In a session of its own: Ctrl-C in the terminal reaches the demo alone.
    """
    program = ["beekeed.page"] if name == "page" else ["beekeed", name]
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *program, *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
