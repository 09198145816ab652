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
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from random import Random
from urllib.parse import urlsplit

_HOST = re.compile(rb"(?im)^Host: .*\r$")
_LENGTH = re.compile(rb"(?im)^Content-Length: *(\d+)\r$")
_CHUNKED = re.compile(rb"(?im)^Transfer-Encoding: *chunked\r$")
_ALWAYS_WRITES = b"mod_assign_save_grades"
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets, and waits for nothing


class Cut(StrEnum):
    """Where a connection is reset."""

    BEFORE = "in the request"
    LATE = "when the request was out, which came late"
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
    """What comes: of the requests that write, and of the others, one in so many is cut.

    Each blow falls once.
    """

    rng: Random
    writes: Collection[str]
    of_writes: int
    of_reads: int
    blows: list[Blow]

    def cut(self, request: bytes) -> Cut | None:
        """Draw what becomes of a request.

        Grades of assignments do not come late: Moodle writes them again though they are
        the same, and no client can take back what is on its way (seen on 4.5.6).
        """
        if self.rng.randrange(self.of_writes if self.is_write(request) else self.of_reads):
            return None
        drawn = self.rng.choice(list(Cut))
        return Cut.OUT if drawn is Cut.LATE and _ALWAYS_WRITES in request else drawn

    def is_write(self, request: bytes) -> bool:
        """Whether a request carries a function that changes something."""
        return any(function.encode() in request for function in self.writes)

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
    _late: list[tuple[int, bytes]] = field(default_factory=list)
    """Requests that are on their way still, and with which request of beekeed's they arrive."""
    _open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    """The connections that beekeed has, each with the task that serves it."""

    async def start(self) -> str:
        """Listen on loopback; gives the address for beekeed."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}{urlsplit(self.site).path}"

    async def stop(self) -> None:
        """Listen no more; the site is alive then, and has done all that was on its way."""
        self._server.close()
        for writer in self._open.values():
            _reset(writer)
        await asyncio.gather(*self._open)
        if self._deaf:
            await _run(self.start_site)
        await self._arrive(inf)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass the requests of one connection on, until it ends or is cut."""
        own = asyncio.current_task()
        assert own is not None
        self._open[own] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                await self._pass(await _message(reader), writer)
        writer.close()
        del self._open[own]

    async def _pass(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        """Pass one request on and its answer back, as far as the weather lets it."""
        await self._turn(len(request))
        blow = self.weather.blow(request)
        cut = None if blow or self._deaf else self.weather.cut(request)
        if cut:
            self.counted[f"cut {cut}"] += 1
            self.counted["writes cut"] += self.weather.is_write(request)
        request = _HOST.sub(b"Host: %s\r" % urlsplit(self.site).netloc.encode(), request, count=1)
        if cut is Cut.LATE:
            self._late.append((self.counted["requests"] + self.weather.rng.randint(1, 3), request))
        elif cut is Cut.BEFORE:
            (await self._send(request[: len(request) // 2]))[1].close()
        else:
            writer.write(await self._answered(request, cut, blow, writer))
            await writer.drain()
        if cut:
            _reset(writer)

    async def _turn(self, size: int) -> None:
        """Do what is due when another request comes."""
        self.counted["requests"] += 1
        self.counted["bytes up"] += size
        if self._deaf:
            self._deaf -= 1
            if not self._deaf:
                await _run(self.start_site)
        await self._arrive(self.counted["requests"])

    async def _arrive(self, now: float) -> None:
        """Let what is late by now reach the site."""
        due = [request for at, request in self._late if at <= now]
        self._late = [(at, request) for at, request in self._late if at > now]
        for request in due:
            await self._receive(*await self._send(request))

    async def _answered(
        self, request: bytes, cut: Cut | None, blow: Blow | None, writer: asyncio.StreamWriter
    ) -> bytes:
        """Have the site answer; gives what of it beekeed gets."""
        way = await self._send(request)
        if blow:
            await self._strike(blow)
        if cut is Cut.OUT:
            _reset(writer)
        answer = await self._receive(*way)
        self.counted["bytes down"] += len(answer)
        return answer[: len(answer) // 2] if cut is Cut.WITHIN else b"" if cut else answer

    async def _send(self, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send a request to the site, on a connection of its own."""
        where = urlsplit(self.site)
        reader, writer = await asyncio.open_connection(where.hostname, where.port or 80)
        writer.write(request)
        await writer.drain()
        return reader, writer

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Wait for the site's answer."""
        try:
            return await _message(reader)
        finally:
            writer.close()

    async def _strike(self, blow: Blow) -> None:
        """Kill, a moment after the request went out."""
        await asyncio.sleep(self.weather.rng.uniform(0, 0.5))
        self.counted["site killed" if blow.of_site else "beekeed killed"] += 1
        if blow.of_site:
            self._deaf = self.weather.rng.randint(2, 4)
            await _run(self.kill_site)
        else:
            self.kill_daemon()


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
