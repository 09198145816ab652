"""Many clients, and bad ones, at the real daemon: nobody holds up a sync, or who operates it."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from beekeed.client import Client
from tests.system.asking import ask, sign_in
from tests.system.test_access import PASSWORD, with_password
from tests.system.world import World, world

ASK = b"GET /v1/runs?limit=50 HTTP/1.1\r\nHost: beekeed\r\n\r\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A daemon with a password."""
    with world(tmp_path_factory.mktemp("crowds"), learners=6) as made:
        with_password(made)
        daemon = made.start_daemon()
        (made.folder / "pid").write_text(str(daemon.pid))
        yield made


def connection(path: Path) -> socket.socket:
    """A bare connection."""
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(20)
    made.connect(str(path))
    return made


def memory_bytes(here: World, name: str) -> int:
    """What the kernel says of the daemon's memory: VmRSS now, VmHWM at the most."""
    status = Path("/proc", (here.folder / "pid").read_text(), "status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def test_200_clients_at_once_and_deaf_ones_do_not_hold_up_a_sync(running: World) -> None:
    """Each of the 200 is answered while a sync runs, and the sync comes to its end.

    Some ask without end and never read, some connect and say nothing.
    """
    control = Client(str(running.socket))
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(connection(running.socket))
            deaf = stack.enter_context(connection(running.socket))
            deaf.setblocking(False)
            try:
                while True:
                    deaf.send(ASK * 50)
            except BlockingIOError:
                pass  # neither side takes any more
        event_id = control.post("sync")["event_id"]
        pool = stack.enter_context(ThreadPoolExecutor(200))
        asked = [pool.submit(Client(str(running.socket)).get, "status") for _ in range(200)]
        assert {each.result(60)["schema"] for each in asked} == {"beekeed.status/1"}
        run = control.get("runs", event_id, wait=60)
    assert run["status"] == "completed"
    assert running.compare().verified


def test_a_crowd_at_the_page_does_not_lock_out_who_operates_the_box(running: World) -> None:
    """One too many there is told so; beekeectl is served; and the page is when some have gone."""
    with ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(connection(running.page_socket))
        refused = ask(running.page_socket, "GET", "/v1/session")
        assert (refused.status, refused.code) == (503, "too_many_clients")
        assert running.ctl("status").code == 0
    deadline = time.monotonic() + 10
    while ask(running.page_socket, "GET", "/v1/session").status != 200:
        assert time.monotonic() < deadline


def test_1000_wrong_passwords_cost_nothing_and_lock_nobody_out_for_good(running: World) -> None:
    """From 50 addresses: memory stays flat, and the box and who was in before are not touched.

    Who comes from elsewhere waits for what all share, and no longer after an unlock.
    """
    sign_in(running.page_socket, PASSWORD, "192.168.4.99")

    def guess(number: int) -> str:
        headers = {"Beekeed-Client": f"192.168.5.{number % 50}"}
        body = {"password": f"guess {number}"}
        return ask(running.page_socket, "POST", "/v1/session", body, headers).code

    for number in range(50):
        guess(number)
    before = memory_bytes(running, "VmRSS")
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(guess, range(950)))
    assert memory_bytes(running, "VmRSS") - before < 2 * 2**20
    assert set(codes) <= {"sign_in_held", "password_wrong"}
    assert codes.count("sign_in_held") > 900
    assert running.ctl("status").code == 0
    sign_in(running.page_socket, PASSWORD, "192.168.4.99")
    headers = {"Beekeed-Client": "192.168.6.1"}
    held = ask(running.page_socket, "POST", "/v1/session", {"password": PASSWORD}, headers)
    assert (held.status, held.code) == (429, "sign_in_held")
    assert 0 < int(held.headers["Retry-After"]) <= 30
    assert ask(running.page_socket, "GET", "/v1/session", None, headers).data[
        "seconds_to_next_try"
    ] == int(held.headers["Retry-After"])
    assert running.ctl("password", "unlock").code == 0
    sign_in(running.page_socket, PASSWORD, "192.168.6.1")


def test_many_right_passwords_at_once_take_the_memory_of_one(running: World) -> None:
    """With the costs of real ones, 16 MiB each."""
    ask(running.socket, "POST", "/v1/password", {"password": PASSWORD})
    proc = Path("/proc", (running.folder / "pid").read_text())
    (proc / "clear_refs").write_text("5")  # the most begins anew
    before = memory_bytes(running, "VmHWM")
    with ThreadPoolExecutor(6) as pool:
        addresses = [f"192.168.7.{number}" for number in range(6)]
        list(pool.map(lambda each: sign_in(running.page_socket, PASSWORD, each), addresses))
    assert memory_bytes(running, "VmHWM") - before < 24 * 2**20
