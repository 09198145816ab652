"""The real daemon within the process that fuzzes it: on a box of the sandbox, offline.

Its loop goes on only while something is tried.
"""

import asyncio
import json
import logging
import os
import sqlite3
import tempfile
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beekeed import daemon
from beekeed.config import load
from beekeed.sandbox.box import make_box
from beekeed.sandbox.school import make_online

PASSWORD = "correct horse battery"
_NOW = 1_790_000_000
_SETTINGS = """
[device]
path = "{here}/box.sqlite"
[online]
address = "http://127.0.0.1:9"
allow_http = true
token_file = "{here}/token"
timeout_seconds = 5
[mail]
server = "127.0.0.1"
[daemon]
state_directory = "{here}/state"
control_socket = "{here}/control.sock"
page_socket = "{here}/page.sock"
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `status` 0: nothing, as who asked had waited enough."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """What is in its envelope."""
        return json.loads(self.body)["data"]


class Faults(logging.Handler):
    """Hears of what the daemon takes for its own mistake."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it for who looks."""
        self.heard.append(self.format(record))


class Running:
    """A daemon that runs; `session_id`, `form_token`: of who is signed in."""

    def __init__(self) -> None:
        self.here = Path(tempfile.mkdtemp(prefix="fuzz-running-"))
        self.loop = asyncio.new_event_loop()
        self.control, self.page = self.here / "control.sock", self.here / "page.sock"
        self.session_id = self.form_token = ""
        self.faults = Faults()
        logging.getLogger("beekeed").addHandler(self.faults)
        logging.getLogger().setLevel(logging.CRITICAL)
        logging.getLogger("beekeed").setLevel(logging.ERROR)
        self._daemon: asyncio.Task[None] | None = None
        self._beside = AsyncExitStack()

    def start(self) -> None:
        """Have it listen, and somebody signed in."""
        os.environ.pop("NOTIFY_SOCKET", None)
        token = make_online(self.here / "online.sqlite", now=_NOW, seed=1)
        make_box(
            self.here / "box.sqlite", self.here / "online.sqlite", now=_NOW, seed=1, learners=3,
            courses=1, days=2,
        )  # fmt: skip
        (self.here / "token").write_text(token)
        file = self.here / "beekeed.toml"
        file.write_text(_SETTINGS.format(here=self.here))
        self._daemon = self.loop.create_task(daemon.run(load(file), file))
        self.loop.run_until_complete(self._listens())
        self.sign_in()

    def enter(self, served: AbstractAsyncContextManager[object]) -> None:
        """Have something served beside, to the end of this process."""
        self.loop.run_until_complete(self._beside.enter_async_context(served))

    async def _listens(self) -> None:
        until = time.monotonic() + 30
        while not (self.control.exists() and self.page.exists()):
            assert time.monotonic() < until
            await asyncio.sleep(0.01)

    def sign_in(self) -> None:
        """Have somebody signed in with the password, whatever became of it."""
        for path, body in (
            ("/v1/password", {"password": PASSWORD}),
            ("/v1/password/unlock", {}),
            ("/v1/session", {"password": PASSWORD}),
        ):
            answer = self.ask(self.control, "POST", path, json.dumps(body).encode())
            assert answer.status == 200, answer
        self.session_id, self.form_token = (
            answer.data["session_id"], answer.data["form_token"],
        )  # fmt: skip

    def ask(
        self, door: Path, method: str, target: str, body: bytes = b"", headers: bytes = b""
    ) -> Answer:
        """Ask something as our own clients do; `headers`: more of them, each with its end."""
        head = f"{method} {target} HTTP/1.1\r\nHost: beekeed\r\nConnection: close\r\n"
        head += f"Content-Length: {len(body)}\r\n"
        return self.send(door, head.encode() + headers + b"\r\n" + body)

    def send(self, door: Path, request: bytes, seconds: float = 5) -> Answer:
        """Send bytes as they are, and read the answer to its end."""
        assert self._daemon is not None
        assert not self._daemon.done(), "the daemon has ended"
        return self.loop.run_until_complete(self._send(door, request, seconds))

    async def _send(self, door: Path, request: bytes, seconds: float) -> Answer:
        reader, writer = await asyncio.open_unix_connection(str(door))
        came = b""
        try:
            async with asyncio.timeout(seconds):
                writer.write(request)
                while piece := await reader.read(65536):
                    came += piece
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
        return parsed(came)

    def stored(self) -> dict[str, Any]:
        """Give the settings that are on the disk."""
        with closing(sqlite3.connect(self.here / "state" / "beekeed.sqlite")) as db:
            rows = db.execute("SELECT key, value FROM setting").fetchall()
        return {key: json.loads(value) for key, value in rows}


def parsed(came: bytes) -> Answer:
    """Take an answer apart."""
    head, _, body = came.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if not first.startswith("HTTP/1."):
        assert not came, came[:200]
        return Answer(0, {}, b"")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Answer(int(first.split(" ")[1]), headers, body)
