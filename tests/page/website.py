"""A box with a daemon and its status page, each a real process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.page.visitor import Visitor
from tests.system.world import ROOT, World, world

PASSWORD = "a password of the test"


class Website:
    """A world whose page is served at `address`."""

    def __init__(self, here: World, daemon: "subprocess.Popen[str]") -> None:
        self.here = here
        self.daemon = daemon
        self.address = ""
        self._process: subprocess.Popen[str] | None = None

    @property
    def process(self) -> "subprocess.Popen[str]":
        """The page's process."""
        assert self._process is not None
        return self._process

    def start(self, listen: str = "127.0.0.1:0") -> None:
        """Start the page's process."""
        config = self.here.folder / "beekeed.toml"
        with (self.here.folder / "page.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "beekeed.page", "--config", str(config),
                 "--listen", listen],
                stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
                env=self.here.environment,
            )  # fmt: skip
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()

    def stop(self) -> None:
        """End it, as systemd does."""
        self.process.terminate()
        self.process.communicate(timeout=10)

    def visitor(self, at: str = "127.0.0.1") -> Visitor:
        """Somebody who is not signed in."""
        return Visitor(self.address, at)

    def administrator(self) -> Visitor:
        """Somebody who is."""
        browser = self.visitor()
        answer = browser.sign_in(PASSWORD)
        assert answer.status == 303, answer.text
        return browser

    def log(self) -> str:
        """What the page's process logged."""
        return (self.here.folder / "page.log").read_text()


@contextmanager
def website(folder: Path, **settings: str) -> Iterator[Website]:
    """A daemon that runs, with a password, and its page; nothing is synchronized yet."""
    with world(folder) as here:
        daemon = here.start_daemon(**settings)
        done = subprocess.run(
            [sys.executable, "-m", "beekeed.ctl", "password", "set", "--socket",
             str(here.socket)],
            input=PASSWORD, text=True, capture_output=True, cwd=ROOT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        made = Website(here, daemon)
        made.start()
        try:
            yield made
        finally:
            if made.process.poll() is None:
                made.stop()
