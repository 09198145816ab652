"""The status page as it is used: its own process, before a daemon on the sandbox."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.page.browser import Browser
from tests.system.asking import ask
from tests.system.world import World, world

PASSWORD = "correct horse battery"


class Site:
    """A world whose daemon runs, in a network namespace where one is named, and its page."""

    def __init__(self, here: World, *, inside: str = "") -> None:
        self.world = here
        self.host = ""
        """Where the page is: address and port."""
        self._daemon = here.start_daemon(inside)
        self._process: subprocess.Popen[str] | None = None

    def restart(self, **settings: str) -> None:
        """Start the daemon again, with some settings beside those that it has."""
        self._daemon.terminate()
        self._daemon.wait(20)
        self._daemon = self.world.start_daemon(**settings)

    @property
    def pids(self) -> tuple[int, int]:
        """The daemon's process, and the page's."""
        assert self._process is not None
        return self._daemon.pid, self._process.pid

    def start_page(self, listen: str = "127.0.0.1:0") -> None:
        """Start the page's process and wait until it says where it listens."""
        words = ("--config", str(self.world.folder / "beekeed.toml"), "--listen", listen)
        with (self.world.folder / "page.log").open("a") as log:
            self._process = self.world.started("beekeed.page", *words, errors=log)
        assert self._process.stdout is not None
        address = self._process.stdout.readline().strip()
        assert address, self.log()
        self.host = address.removeprefix("http://").rstrip("/")

    def end_page(self) -> None:
        """End the page's process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def log(self) -> str:
        """What the page logged."""
        return (self.world.folder / "page.log").read_text()

    def browser(self, address: str = "127.0.0.1") -> Browser:
        """Give a browser that nobody signed in with; `address`: where it is."""
        return Browser(self.host, address=address)

    def signed_in(self) -> Browser:
        """Give a browser that somebody signed in with."""
        made = self.browser()
        made.sign_in(PASSWORD)
        return made

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask the daemon over the control socket, past the page."""
        answer = ask(self.world.socket, method, f"/v1/{path}", body)
        assert answer.status == 200, json.loads(answer.body)
        return answer.data

    def sync(self, **asked: str | bool) -> dict[str, Any]:
        """Synchronize past the page; gives the run when it has ended."""
        event_id = self.ask("POST", "sync", asked)["event_id"]
        return self.ended(event_id)

    def latest(self) -> dict[str, Any]:
        """Give the newest run when it has ended."""
        return self.ended(self.ask("GET", "runs?limit=1")["runs"][0]["event_id"])

    def ended(self, event_id: str) -> dict[str, Any]:
        """Wait for the end of a run; gives it."""
        run = self.ask("GET", f"runs/{event_id}?wait=60")
        assert run["ended_at"], run
        return run


@contextmanager
def site(folder: Path, *, learners: int = 4, zone: str = "UTC", **settings: str) -> Iterator[Site]:
    """Make a world whose daemon and page run, and end it all; `settings`: as `configure` takes.

    `zone`: the time zone of the box.

    Fails where the page logged anything: it does so only when it is broken.
    """
    with world(folder, learners=learners) as here:
        here.environment["TZ"] = zone
        here.settings |= settings
        made = Site(here)
        made.ask("POST", "password", {"password": PASSWORD})
        try:
            made.start_page()
            yield made
        finally:
            made.end_page()
        assert made.log() == ""
