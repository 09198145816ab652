"""Watching: the newest view for everybody, nothing for nobody, and nothing that grows."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from beekeed.clock import SystemClock
from beekeed.control.events import events
from beekeed.control.watchers import Watchers
from beekeed.core.cycle import Phase
from beekeed.core.model import Bytes, RunStatus
from beekeed.core.progress import Progress
from beekeed.errors import BeekeedError, Code

RUN = Progress("0001-abc", "manual", RunStatus.RUNNING, None, 0, 2000, Bytes())


class Runs:
    """A loop, as far as it is watched."""

    def __init__(self) -> None:
        self.phase = Phase.SENDING
        self.progress: Progress | None = RUN
        self.event_id: str | None = RUN.event_id

    def send(self, done: int) -> None:
        """Get on."""
        self.progress = replace(RUN, done=done, spent=Bytes(done * 100, done))


class Site:
    """The route of events alone, on a unix socket."""

    def __init__(self, path: Path, watchers: Watchers) -> None:
        self.path, self.watchers, self.runs = path, watchers, Runs()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve as `control/routes.py` does."""
        api: Any = SimpleNamespace(
            runner=self.runs, watchers=self.watchers, clock=SystemClock(), version="1"
        )
        try:
            return await events(api, request)
        except BeekeedError as error:
            return web.Response(status=503, text=str(error.code))


@asynccontextmanager
async def site(path: Path, **how: Any) -> AsyncIterator[Site]:
    """Serve while the body runs."""
    made = Site(path, Watchers(clock=SystemClock(), **how))
    app = web.Application()
    app.router.add_get("/v1/events", made.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(path)).start()
    try:
        yield made
    finally:
        made.watchers.close()
        await runner.cleanup()


class Client:
    """One that watches."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def block(self) -> dict[str, str]:
        """Read up to the next empty line; a comment has an empty name."""
        async with asyncio.timeout(30):
            text = (await self.reader.readuntil(b"\n\n")).decode()
        lines = [line.partition(":") for line in text.strip("\n").split("\n")]
        return {name: value.strip() for name, _, value in lines}

    async def view(self) -> tuple[str, dict[str, Any]]:
        """Read the next event."""
        while "data" not in (found := await self.block()):
            pass
        return found["id"], json.loads(found["data"])

    async def nothing(self, seconds: float) -> bool:
        """Whether nothing at all comes for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def watching(path: Path, last_id: str = "") -> AsyncIterator[Client]:
    """Watch while the body runs; the head is read."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=2**20)
    resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
    writer.write(f"GET /v1/events HTTP/1.0\r\n{resume}\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    assert await Client(reader, writer).block() == {"retry": "2000"}
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the socket is."""
    return tmp_path / "events.sock"


async def test_nothing_is_sent_where_nothing_changes_but_a_sign_of_life(path: Path) -> None:
    """A view once; then a comment from time to time."""
    async with site(path, heartbeat_seconds=1.5) as made, watching(path) as client:
        first = await client.view()
        assert first[1]["run"]["steps_total"] == 2000
        assert await client.nothing(1)
        assert await client.block() == {"": ""}
        made.runs.send(10)
        second = await client.view()
        assert second[0] != first[0]
        assert second[1]["run"]["steps_done"] == 10
        assert second[1]["run"]["steps_left"] == 1990
        assert second[1]["run"]["sent_bytes"] == 1000


async def test_a_few_views_a_second_however_fast_it_goes(path: Path) -> None:
    """And the last one is always told."""
    async with site(path) as made, watching(path) as client:
        await client.view()
        began = asyncio.get_running_loop().time()
        views: list[int] = []
        for step in range(1, 101):
            made.runs.send(step)
            made.watchers.wake()
            await asyncio.sleep(0.01)
        while not views or views[-1] != 100:
            views.append((await client.view())[1]["run"]["steps_done"])
        took = asyncio.get_running_loop().time() - began
        assert views == sorted(set(views))
        assert len(views) <= took * 4 + 1


async def test_whoever_resumes_is_told_only_what_is_new(path: Path) -> None:
    """What was seen last is named; anything older, or of another start, is told at once."""
    async with site(path) as made:
        async with watching(path) as client:
            first, _ = await client.view()
        async with watching(path, first) as client:
            assert await client.nothing(1)
            made.runs.send(7)
        async with watching(path, first) as client:
            _, view = await client.view()
            assert view["run"]["steps_done"] == 7
    path.unlink(missing_ok=True)
    async with site(path), watching(path, first) as client:
        await client.view()


async def test_so_many_may_watch_and_no_more(path: Path) -> None:
    """And who went makes room."""
    async with site(path, most=2, heartbeat_seconds=0.3) as made:
        async with watching(path), watching(path):
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(b"GET /v1/events HTTP/1.0\r\n\r\n")
            async with asyncio.timeout(10):
                answer = await reader.read()
            assert answer.startswith(b"HTTP/1.0 503")
            assert answer.endswith(Code.TOO_MANY_WATCHERS.encode())
            writer.close()
        async with asyncio.timeout(10):
            while made.watchers.count:
                await asyncio.sleep(0.05)


async def test_a_client_that_never_reads_is_let_go(path: Path) -> None:
    """Nothing is kept for it, and others go on."""
    async with site(path, patience_seconds=0.5) as made, watching(path) as other:
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            deaf.connect(str(path))
            deaf.sendall(b"GET /v1/events HTTP/1.0\r\n\r\n")
            long = "x" * 300_000  # more than a socket and its buffers take
            made.runs.progress = replace(RUN, event_id=long)
            async with asyncio.timeout(20):
                while made.watchers.count < 2:
                    await asyncio.sleep(0.05)
                while made.watchers.count > 1:
                    await asyncio.sleep(0.05)
        made.runs.send(5)
        while (await other.view())[1]["run"]["steps_done"] != 5:
            pass


async def test_whoever_leaves_is_no_error(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is what each does in the end: nothing of it is in the log."""
    async with site(path, heartbeat_seconds=0.1) as made:
        async with watching(path) as client:
            await client.view()
        async with asyncio.timeout(10):
            while made.watchers.count:
                made.runs.send(made.watchers.turn)
                made.watchers.wake()
                await asyncio.sleep(0.05)
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


async def test_all_are_let_go_at_the_end(path: Path) -> None:
    """At once, with a whole answer."""
    async with site(path) as made, watching(path) as client:
        await client.view()
        made.runs.event_id = None
        await asyncio.sleep(0.5)
        made.watchers.close()
        async with asyncio.timeout(2):
            assert await client.reader.read() == b""
        assert made.watchers.count == 0


def test_nobody_looks_while_nobody_watches() -> None:
    """One look does for all that watch, for a while; something that happened is seen at once."""
    looks = []

    def view() -> Any:
        looks.append(1)
        return RUN

    watchers = Watchers(clock=SystemClock())
    watchers.wake()
    assert looks == []
    with watchers.joined():
        for _ in range(100):
            watchers.look(view)
        assert len(looks) < 10
        before = len(looks)
        watchers.wake()
        watchers.look(view)
        assert len(looks) == before + 1
