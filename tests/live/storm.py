"""A proxy between beekeed and an online Moodle that makes bad weather, drawn with a seed.

It passes requests on, one connection to the site each, and keeps beekeed's connections. Some
it cuts; and while the first requests that carry a function are at work, it kills what serves the
site, or beekeed. What is out, the site finishes, whoever listens still.
"""

import asyncio
import re
import socket
import struct
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from urllib.parse import urlsplit

_HOST = re.compile(rb"(?im)^Host: .*\r$")
_LENGTH = re.compile(rb"(?im)^Content-Length: *(\d+)\r$")
_CHUNKED = re.compile(rb"(?im)^Transfer-Encoding: *chunked\r$")
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets, and waits for nothing


class Cut(StrEnum):
    """Where a connection is reset."""

    BEFORE = "in the request"
    OUT = "when the request was out"
    ANSWERED = "when the site had answered"
    WITHIN = "in the answer"


@dataclass(frozen=True)
class Blow:
    """A kill while a request that carries a function is at work: of the site, or of beekeed."""

    function: str
    of_site: bool


@dataclass
class Weather:
    """What comes: one request in `every` is cut, and each blow falls once. Then it is calm."""

    rng: Random
    every: int
    blows: list[Blow]

    def cut(self) -> Cut | None:
        """Draw what becomes of the next request."""
        return (
            self.rng.choice(list(Cut))
            if self.every and not self.rng.randrange(self.every)
            else None
        )

    def blow(self, request: bytes) -> Blow | None:
        """Give the blow that falls on a request."""
        for blow in self.blows:
            if blow.function.encode() in request:
                self.blows.remove(blow)
                return blow
        return None


@dataclass
class Storm:
    """The proxy. `kill_site`, `start_site` are shell commands; `kill_daemon` kills beekeed."""

    site: str
    weather: Weather
    kill_site: str
    start_site: str
    kill_daemon: Callable[[], None] = lambda: None
    counted: Counter[str] = field(default_factory=Counter)
    _deaf: int = 0
    """So many requests more meet a dead site before it is started again."""

    async def start(self) -> str:
        """Listen on loopback; gives the address for beekeed."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}{urlsplit(self.site).path}"

    async def stop(self) -> None:
        """Let the site be alive, and listen no more."""
        if self._deaf:
            await _run(self.start_site)
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass the requests of one connection on, until it ends or is cut."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                await self._pass(await _message(reader), writer)
        writer.close()

    async def _pass(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        """Pass one request on and its answer back, as far as the weather lets it."""
        self.counted["requests"] += 1
        self.counted["bytes up"] += len(request)
        await self._revive()
        blow = self.weather.blow(request)
        cut = None if blow or self._deaf else self.weather.cut()
        if cut:
            self.counted[f"cut {cut}"] += 1
        where = urlsplit(self.site)
        reader, site = await asyncio.open_connection(where.hostname, where.port or 80)
        try:
            request = _HOST.sub(b"Host: %s\r" % where.netloc.encode(), request, count=1)
            site.write(request[: len(request) // 2] if cut is Cut.BEFORE else request)
            await site.drain()
            await self._answer(cut, blow, reader, writer)
        finally:
            site.close()

    async def _answer(
        self,
        cut: Cut | None,
        blow: Blow | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Await the answer of a request that is out, and give what is left of it to beekeed."""
        if blow:
            await self._strike(blow)
        if cut in (Cut.BEFORE, Cut.OUT):
            _reset(writer)
        if cut is not Cut.BEFORE:
            answer = await _message(reader)
            self.counted["bytes down"] += len(answer)
            writer.write(answer[: len(answer) // 2] if cut is Cut.WITHIN else answer * (not cut))
            await writer.drain()
        if cut:
            _reset(writer)

    async def _strike(self, blow: Blow) -> None:
        """Kill, a moment after the request went out."""
        await asyncio.sleep(self.weather.rng.uniform(0, 0.5))
        self.counted["site killed" if blow.of_site else "beekeed killed"] += 1
        if blow.of_site:
            self._deaf = self.weather.rng.randint(2, 4)
            await _run(self.kill_site)
        else:
            self.kill_daemon()

    async def _revive(self) -> None:
        """Start a dead site again where enough requests met it."""
        if self._deaf:
            self._deaf -= 1
            if not self._deaf:
                await _run(self.start_site)


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read one HTTP message whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    if length := _LENGTH.search(head):
        return head + await reader.readexactly(int(length[1]))
    return head + (await _chunks(reader) if _CHUNKED.search(head) else b"")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """Read a body that comes in chunks."""
    body = bytearray()
    size = -1
    while size:
        line = await reader.readuntil(b"\r\n")
        size = int(line, 16)
        body += line + await reader.readexactly(size + 2)
    return bytes(body)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Break a connection off, as a lost line does."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


async def _run(command: str) -> None:
    """Run a shell command to its end."""
    done = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.DEVNULL)
    assert await done.wait() == 0, command
