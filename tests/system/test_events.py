"""A sync is watched through events, by anybody, and held up by nobody."""

import argparse
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from beekeed.client import Client, Refused, _UnixConnection
from beekeed.ctl import watch
from beekeed.ctl.exits import Exit
from beekeed.ctl.terminal import Terminal
from tests.system.slow import slow_world
from tests.system.watching import Watch
from tests.system.world import ROOT, World

SENT = "SELECT count(*) FROM receipt WHERE kind IN (2, 3, 4, 5)"
"""Enrolments, completions, grades and memberships: profile fields go with an account."""
LEFT = "SELECT count(*) FROM change WHERE kind <> 1"


class Recorder:
    """Watches in a thread of its own, and has all that came."""

    def __init__(self, path: Path) -> None:
        self._watch = Watch(path)
        self.views: list[dict[str, Any]] = []
        self.seen = threading.Condition()
        self._thread = threading.Thread(target=self._record)
        self._thread.start()

    def _record(self) -> None:
        for view in self._watch.views():
            with self.seen:
                self.views.append(view)
                self.seen.notify_all()

    def until(self, status: str, done: int = 0) -> dict[str, Any]:
        """Wait for a view of a run with that status, with so much done."""

        def found() -> Any:
            runs = [view["run"] for view in self.views if view["run"]]
            return [r for r in runs if r["status"] == status and r["steps_done"] >= done]

        with self.seen:
            assert self.seen.wait_for(found, timeout=60), self.views[-1:]
            run: dict[str, Any] = found()[0]
            return run

    def end(self) -> None:
        """Wait until the daemon ends it."""
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._watch.close()


def test_a_run_of_2000_changes_on_a_slow_line_is_watched_and_stopped_in_the_middle(
    tmp_path: Path,
) -> None:
    """`stopping`, then `stopped` after the request in flight; each count is what the stores hold.

    Done and left add up all along, and never go back; each view is another than the one before.
    """
    with slow_world(tmp_path, bytes_per_second=100_000, learners=85) as (here, line):
        daemon = here.start_daemon(online__max_input_vars="300")
        watch = Recorder(here.socket)
        client = Client(str(here.socket))
        event_id = client.post("sync")["event_id"]
        begun = watch.until("running", done=900)
        assert begun["steps_total"] >= 2000
        line.slow_down(8_000)
        arrived = here.on_online("SELECT count(*) FROM sandbox_request")[0][0]
        assert client.post("stop")["event_id"] == event_id
        watch.until("stopping")
        stopped = watch.until("stopped")
        assert here.on_online("SELECT count(*) FROM sandbox_request")[0][0] <= arrived + 1
        assert stopped == watch.views[-1]["run"]
        assert here.in_state(SENT) == [(stopped["steps_done"],)]
        assert here.in_state(LEFT) == [(stopped["steps_left"],)]
        recorded = client.get("runs", event_id)
        assert recorded["status"] == "stopped"
        for name in ("sent_bytes", "received_bytes"):
            assert recorded[name] == stopped[name]
        check_order(watch.views)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(10) == 0
        watch.end()
        assert "Traceback" not in here.log()


def check_order(views: Sequence[dict[str, Any]]) -> None:
    """What all views of one run have in common."""
    runs = [view["run"] for view in views if view["run"]]
    assert all(one != other for one, other in pairwise(views))
    for name in ("steps_done", "sent_bytes", "received_bytes"):
        counts = [run[name] for run in runs]
        assert counts == sorted(counts), name
        assert len(set(counts)) > 3
    known = [run for run in runs if run["steps_total"] is not None]
    assert all(run["steps_done"] + run["steps_left"] == run["steps_total"] for run in known)
    order = ["running", "stopping", "stopped"]
    statuses = list(dict.fromkeys(run["status"] for run in runs))
    assert statuses == order
    phases = list(dict.fromkeys(view["phase"] for view in views))
    assert phases[0] == "idle"
    assert "sending" in phases
    assert phases.index("stopping") > phases.index("sending")


@pytest.fixture
def crowd() -> Iterator[ExitStack]:
    """What is open while a test runs."""
    with ExitStack() as stack:
        yield stack


def test_200_clients_at_once_and_some_that_never_read_do_not_hold_up_a_sync(
    here: World, crowd: ExitStack
) -> None:
    """A hundred watch and read nothing, a hundred ask again and again: it ends as ever.

    One more is told that there are enough.
    """
    here.start_daemon()
    began = time.monotonic()
    assert here.sync()["status"] == "completed"
    alone = time.monotonic() - began
    here.on_box("UPDATE mdl_user SET city = 'Gao' WHERE id > 3")
    watches = [crowd.enter_context(closing(Watch(here.socket))) for _ in range(100)]
    for each in watches:
        each.head()
        assert each.status == 200
    with pytest.raises(Refused) as refused:
        next(Client(str(here.socket)).events())
    assert refused.value.code == "too_many_watchers"
    over = threading.Event()

    def ask(path: str) -> int:
        count = 0
        while not over.is_set():
            Client(str(here.socket)).get(path)
            count += 1
            over.wait(0.5)
        return count

    with ThreadPoolExecutor(100) as pool:
        asking = [pool.submit(ask, ("status", "calendar")[n % 2]) for n in range(100)]
        began = time.monotonic()
        run = here.sync()
        crowded = time.monotonic() - began
        over.set()
        assert all(each.result() > 0 for each in asking)
    assert run["status"] == "completed"
    assert run["saved_events"] > 0
    assert crowded < alone + 20
    assert "Traceback" not in here.log()


def test_who_watches_goes_on_after_the_daemon_was_started_again(here: World) -> None:
    """By itself: the view of the new start follows."""
    daemon = here.start_daemon()
    here.sync()
    views = Client(str(here.socket)).events()
    assert next(views)["run"]["status"] == "completed"
    with closing(_UnixConnection(str(here.socket))) as connection:
        connection.request("GET", "/v1/events")
        answer = connection.getresponse()
        daemon.send_signal(signal.SIGTERM)
        assert answer.read().startswith(b"retry: ")  # to an end that is one: nothing is cut off
    assert daemon.wait(10) == 0
    here.start_daemon()
    assert next(views) == {"schema": "beekeed.events/1", "phase": "idle", "run": None}


def test_who_lost_the_connection_says_what_was_seen_last(tmp_path: Path) -> None:
    """So that nothing is told twice; half a view is none, and no answer is no reason to go."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    answers = [
        head + b'id: a-1\ndata: {"n": 1}\n\nid: a-2\nda',
        b"",
        head + b'id: a-3\ndata: {"n": 3}\n\n',
    ]
    asked: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            connection, _ = listening.accept()
            with connection:
                asked.append(connection.recv(4096))
                connection.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listening:
        path = tmp_path / "control.sock"
        listening.bind(str(path))
        listening.listen()
        serving = threading.Thread(target=serve)
        serving.start()
        views = Client(str(path)).events()
        assert [next(views), next(views)] == [{"n": 1}, {"n": 3}]
        serving.join()
    assert b"Last-Event-ID" not in asked[0]
    assert all(b"Last-Event-ID: a-1\r\n" in each for each in asked[1:])


def test_who_never_reached_the_daemon_is_told_at_once(tmp_path: Path) -> None:
    """It does not try for ever."""
    with pytest.raises(Refused) as refused:
        next(Client(str(tmp_path / "none.sock")).events())
    assert refused.value.code == "daemon_not_running"


WAITS = "No sync is under way: this ends with the next one, or with Ctrl-C.\n"


def beekeectl(here: World, *words: str, **how: Any) -> "subprocess.Popen[str]":
    """Start beekeectl, to be read from."""
    return subprocess.Popen(
        [sys.executable, "-m", "beekeed.ctl", *words, "--socket", str(here.socket)],
        text=True, cwd=ROOT, env=here.environment, **how,
    )  # fmt: skip


def test_watch_prints_a_line_for_each_view_where_there_is_no_terminal(here: World) -> None:
    """Of 80 columns; with --json each is one; it ends with the sync, and with its exit code.

    What it waits for is said beside them.
    """
    here.start_daemon()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    plain = beekeectl(here, "watch", "--until-end", **pipes)
    as_json = beekeectl(here, "watch", "--until-end", "--json", **pipes)
    for each in (plain, as_json):
        assert each.stdout is not None
        first = each.stdout.readline()
        assert first == "idle\n" or json.loads(first)["run"] is None
    run = here.sync()
    written, told = plain.communicate()
    assert told == WAITS
    lines = written.splitlines()
    written, told = as_json.communicate()
    assert not told
    views = [json.loads(line) for line in written.splitlines()]
    assert (plain.returncode, as_json.returncode) == (0, 0)
    assert max(map(len, lines)) < 80
    assert lines[-1].startswith(f"{run['event_id']}: completed, ")
    assert any(re.match(r"sending \[[#.]{20}\] \d+/\d+, ", line) for line in lines)
    assert {view["schema"] for view in views} == {"beekeed.events/1"}
    assert views[-1]["run"]["status"] == "completed"


class Hurried(Client):
    """A daemon whose next sync has begun before the end of the first was seen."""

    def events(self, last_id: str = "") -> Iterator[dict[str, Any]]:
        """Give a view of each."""
        run = dict.fromkeys(("steps_done", "steps_total", "sent_bytes", "received_bytes"), 0)
        for event_id in ("one", "two"):
            told = {**run, "event_id": event_id, "cause": "manual", "status": "running"}
            yield {"phase": "sending", "run": told}

    def get(self, *path: str, **query: str | int) -> dict[str, Any]:
        """Tell how the first ended."""
        assert path == ("runs", "one")
        data = {"sent_bytes": 2000, "received_bytes": 1000}
        return {"event_id": "one", "status": "stopped", "reason": None, **data}


@pytest.mark.parametrize("as_json", [True, False])
def test_watch_ends_with_the_sync_that_it_began_with(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Although only the next one is seen by then; it tells how the first ended."""
    asked = argparse.Namespace(until_end=True)
    assert watch.run(Hurried(""), Terminal(as_json=as_json), asked) == Exit.STOPPED
    if not as_json:
        last = capsys.readouterr().out.splitlines()[-1]
        assert last == "one: stopped, 2.0 kB sent, 1.0 kB received"


def test_watch_ends_with_ctrl_c(here: World) -> None:
    """Without a word, and with an exit code of its own."""
    here.start_daemon()
    watching = beekeectl(here, "watch", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert watching.stdout is not None
    watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    assert watching.communicate(timeout=30) == ("", "")
    assert watching.returncode == Exit.INTERRUPTED


def on_terminal(
    here: World, *words: str, hear: Callable[[str], None] = lambda _: None
) -> tuple[str, int]:
    """Run beekeectl on a terminal; gives what it wrote there, and its exit code.

    `hear` is told all that was written so far, as soon as there is more.
    """
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as shown:
        child = beekeectl(here, *words, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        written = b""
        while select.select([shown], [], [], 60)[0]:
            try:
                written += shown.read(65536)
            except OSError:  # the other end was closed
                break
            hear(written.decode(errors="replace"))
        return written.decode().replace("\r\n", "\n"), child.wait(10)


@pytest.mark.parametrize(
    ("words", "doing", "held"),
    [
        (("sync", "--wait"), "sending", "core_completion_override_activity_completion_status"),
        (("verify", "--wait"), "reading back", "gradereport_user_get_grade_items"),
    ],
)
def test_who_waits_at_a_terminal_sees_a_bar(
    here: World, words: Sequence[str], doing: str, held: str
) -> None:
    """In one line of 80 columns, which is gone at the end; then comes the result."""
    here.start_daemon()
    if words[0] == "verify":
        here.sync()
    here.switch("hold_before", held)
    bar = re.compile(rf"{doing} \[[#.]{{20}}\] \d+/\d+, ")

    def hear(written: str) -> None:
        if bar.search(written):
            here.switch("hold_before", None)

    written, code = on_terminal(here, *words, hear=hear)
    assert code == 0
    drawn = written.split("\r\x1b[K")
    assert any(bar.match(each) for each in drawn)
    assert max(len(line) for each in drawn for line in each.split("\n")) <= 80
    assert drawn[-1].startswith("Status:")


def test_watch_on_a_terminal_draws_one_line_over_and_over(here: World) -> None:
    """And leaves how the sync ended."""
    here.start_daemon()
    with ThreadPoolExecutor() as pool:
        watching = pool.submit(on_terminal, here, "watch", "--until-end")
        here.sync()
        here.on_box("UPDATE mdl_user SET city = 'Gao' WHERE id > 3")
        while not watching.done():  # it may have come too late for the first
            here.sync()
        written, code = watching.result()
    assert code == 0
    drawn = written.removeprefix(WAITS)  # not there where the first had begun
    assert drawn.count("\n") == 1
    assert re.search(r"\r\x1b\[K\d{4}-\w+: completed, .*\n$", drawn)
