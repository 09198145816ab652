"""Live updates: browsers are told how a sync goes on, and the daemon is watched once for all."""

import http.client
import json
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

import psutil

from tests.page.site import Site

COMPLETE = "core_completion_override_activity_completion_status"


class Watcher:
    """A browser that watches."""

    def __init__(self, here: Site) -> None:
        place, _, port = here.host.rpartition(":")
        self._line = http.client.HTTPConnection(place, int(port), timeout=30)
        self._line.request("GET", "/live", headers={"Host": here.host})
        self._answer = self._line.getresponse()
        self.status = self._answer.status
        assert self.status == 503 or self._answer.headers.get_content_type() == "text/event-stream"

    def next(self) -> dict[str, Any]:
        """Give what it is told next."""
        while True:
            line = self._answer.readline().decode()
            if line.startswith("data: "):
                told: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return told

    def close(self) -> None:
        """Leave."""
        self._answer.close()
        self._line.close()


def connections(here: Site) -> int:
    """How many connections the daemon has at page.sock."""
    daemon, _ = here.pids
    found = psutil.Process(daemon).net_connections("unix")
    page_socket = str(here.world.page_socket)
    return sum(str(each.laddr) == page_socket for each in found) - 1  # it listens


def soon(holds: Callable[[], bool]) -> None:
    """Wait a little until something holds."""
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_many_browsers_are_one_connection_to_the_daemon(here: Site) -> None:
    """Each is told; when all have left, nobody watches the daemon any more."""
    with ExitStack() as stack:
        watchers = [stack.enter_context(closing(Watcher(here))) for _ in range(30)]
        assert {each.next()["phase"] for each in watchers} == {"idle"}
        assert connections(here) <= 2
        here.world.switch("hold_before", COMPLETE)
        event_id = here.ask("POST", "sync", {})["event_id"]
        for each in watchers:
            while (told := each.next())["event_id"] != event_id:
                pass
            assert told["status"] == "running"
        here.world.switch("hold_before", None)
        for each in watchers:
            while (told := each.next())["status"] != "completed":
                pass
        here.ended(event_id)
    soon(lambda: connections(here) <= 1)


def test_one_too_many_is_asked_to_come_back(here: Site) -> None:
    """Places are left for whoever wants to read."""
    with ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(closing(Watcher(here)))
        seen = here.browser().send("GET", "/live")
        assert (seen.status, seen.headers["Retry-After"]) == (503, "60")
        assert here.browser().get("/").status == 200


def test_who_left_gives_the_place_free_at_once(here: Site) -> None:
    """Each page that somebody goes through watches, and is left."""

    def comes_and_goes() -> bool:
        with closing(Watcher(here)) as watcher:
            return watcher.status == 200

    soon(comes_and_goes)
    for _ in range(3):
        with ExitStack() as stack:
            found = [stack.enter_context(closing(Watcher(here))) for _ in range(20)]
            assert {each.status for each in found} == {200}
        time.sleep(1.5)


def test_what_is_told_names_nobody(here: Site) -> None:
    """Anybody on the network may watch."""
    with closing(Watcher(here)) as watcher:
        told = watcher.next()
    assert set(told) == {"phase", "event_id", "status", "done", "total", "sent", "received"}
