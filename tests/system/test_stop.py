"""Somebody stops a sync: what is in flight is settled first, and what arrived stays."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from beekeed.ctl.exits import Exit
from tests.system.test_kill import COMPLETE, until_intended
from tests.system.world import ROOT, World


def test_a_stop_waits_for_the_answer_in_flight(here: World) -> None:
    """`stopping` until it came, then `stopped`; the next sync brings the rest."""
    here.start_daemon(online__max_input_vars="35")
    here.switch("hold_after", COMPLETE)
    started = here.ctl("sync", "--json").json["event_id"]
    until_intended(here, 3)
    said = here.ctl("stop")
    assert (said.code, said.out) == (
        0, f"Sync {started} stops as soon as what is under way has an answer.\n",
    )  # fmt: skip
    assert here.ctl("show", started, "--json").json["status"] == "stopping"
    assert here.ctl("status", "--json").json["phase"] == "stopping"
    here.switch("hold_after", None)
    stopped = here.ctl("stop", "--wait")
    assert stopped.code == 0
    run = here.ctl("show", started, "--json").json
    assert run["status"] == "stopped"
    assert run["waiting"] > 0
    assert here.in_state("SELECT count(*) FROM intent") == [(0,)]
    (arrived,) = here.in_state("SELECT count(*) FROM receipt WHERE kind = 3")
    assert here.sync()["status"] == "completed"
    assert here.in_state("SELECT count(*) FROM receipt WHERE kind = 3")[0] > arrived
    assert here.compare().verified


def test_who_waits_for_a_sync_that_somebody_stops_is_told(here: World) -> None:
    """By an exit code of its own, which is not that of a failure."""
    here.switch("status", "503 60")
    here.start_daemon()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(here.ctl, "sync", "--wait")
        here.until("SELECT count(*) FROM sandbox_request")
        here.ctl("stop", "--wait")
    assert waiting.result().code == Exit.STOPPED


@contextmanager
def a_daemon(folder: Path, ended: dict[str, Any], *, asked: threading.Event) -> Iterator[Path]:
    """A daemon that is asked to stop a sync, and then tells how that ended."""
    path, held = folder / "control.sock", threading.Event()

    def serve(listening: socket.socket) -> None:
        for data in ({"schema": "beekeed.stop/1", "event_id": "0003-x"}, ended):
            connection, _ = listening.accept()
            with connection:
                is_question = connection.recv(4096).startswith(b"GET")
                if is_question:
                    asked.set()
                if is_question and not ended:
                    held.wait(30)
                    return
                body = json.dumps({"data": data})
                connection.sendall(
                    f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
                )

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield path
        held.set()
        thread.join()


def stop_and_wait(socket_path: Path, *words: str) -> "subprocess.Popen[str]":
    """Start `beekeectl stop --wait`."""
    words = ("stop", "--wait", *words, "--socket", str(socket_path))
    return subprocess.Popen(
        [sys.executable, "-m", "beekeed.ctl", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


UNSETTLED = {"code": "unsettled", "params": {"count": 3}}
NO_ANSWER = {"code": "no_answer", "params": {}}


@pytest.mark.parametrize(
    ("status", "reason", "code", "said"),
    [
        ("stopped", None, Exit.OK, "has stopped."),
        ("stopped", UNSETTLED, Exit.OK, "the next sync finds out first."),
        ("completed", None, Exit.OK, "ended before it could stop: completed."),
        ("partial", None, Exit.PARTLY, "ended before it could stop: partly"),
        ("error", NO_ANSWER, Exit.OFFLINE, "ended before it could stop: error."),
    ],
)
def test_a_stop_that_is_waited_for_says_how_the_sync_ended(
    tmp_path: Path, status: str, reason: dict[str, Any] | None, code: Exit, said: str
) -> None:
    """It may have been over, well or not, before it heard of the stop; also as JSON."""
    ended = {"event_id": "0003-x", "ended_at": "x", "status": status, "reason": reason}
    with a_daemon(tmp_path, ended, asked=threading.Event()) as path:
        stopping = stop_and_wait(path)
        out, _ = stopping.communicate()
    assert (stopping.returncode, said in " ".join(out.split())) == (code, True), out
    path.unlink()
    with a_daemon(tmp_path, ended, asked=threading.Event()) as path:
        stopping = stop_and_wait(path, "--json")
        shown = json.loads(stopping.communicate()[0])
    assert stopping.returncode == code
    assert shown == ended  # the sync's, as the API gives it


def test_who_stops_waiting_for_a_stop_is_told_that_it_stops(tmp_path: Path) -> None:
    """Ctrl-C ends the waiting: the sync does not go on for that."""
    asked = threading.Event()
    with a_daemon(tmp_path, {}, asked=asked) as path:
        stopping = stop_and_wait(path)
        assert asked.wait(30)
        stopping.send_signal(signal.SIGINT)
        _, said = stopping.communicate()
    assert stopping.returncode == Exit.INTERRUPTED
    assert "Sync 0003-x stops as soon as what is under way has an answer;" in said


def test_with_nothing_under_way_there_is_nothing_to_stop(here: World) -> None:
    """It says so, and is no mistake."""
    here.start_daemon()
    assert here.ctl("stop").out == "Nothing runs.\n"
    assert here.ctl("stop", "--wait", "--json").json == {
        "schema": "beekeed.stop/1", "event_id": None,
    }  # fmt: skip


def test_a_stop_while_a_site_is_waited_for_ends_it_at_once(here: World) -> None:
    """Nothing is in flight then: nobody waits out a minute for it."""
    here.switch("status", "503 60")
    here.start_daemon()
    started = here.ctl("sync", "--json").json["event_id"]
    here.until("SELECT count(*) FROM sandbox_request")
    here.ctl("stop", "--wait")
    run = here.ctl("show", started, "--json").json
    assert run["status"] == "stopped"
    assert run["duration_seconds"] < 30
