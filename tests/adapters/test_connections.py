"""What clients may take of a socket: real ones, with limits short enough to be waited for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from beekeed.connections import Limits
from beekeed.control.api import Api
from beekeed.control.caller import Door
from beekeed.control.signing import Signing
from beekeed.control.sockets import LIMITS, serve
from beekeed.control.watchers import Watchers
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.password import SqlitePassword
from tests.clock import FakeClock

SHORT = Limits(most=3, quiet_seconds=0.3, body_seconds=0.3, stuck_seconds=0.3)
ASK = b"GET /v1/session HTTP/1.1\r\nHost: beekeed\r\n\r\n"
POST = b"POST /v1/session HTTP/1.1\r\nHost: beekeed\r\n"
SOON = 3


@asynccontextmanager
async def door(folder: Path, limits: Limits) -> AsyncIterator[Path]:
    """A page.sock, where only /v1/session can be asked for."""
    clock, path = FakeClock(), folder / "page.sock"
    store = await open_store(folder / "beekeed.sqlite")
    signing = Signing(clock=clock, store=SqlitePassword(store=store, clock=clock))
    api = cast("Api", SimpleNamespace(signing=signing, watchers=Watchers(clock=clock)))
    try:
        async with serve(api, Door.PAGE, path, "", limits):
            yield path
    finally:
        await store.close()


class Client:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def answer(self) -> tuple[int, str]:
        """Read an answer: its status, and the code where it is an error."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), SOON)).decode()
        length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
        body = json.loads(await self.reader.readexactly(length))
        return int(head.split()[1]), body.get("error", {}).get("code", "")

    async def is_cut(self) -> bool:
        """Wait until the other side ends it."""
        try:
            return await asyncio.wait_for(self.reader.read(), SOON) == b""
        except ConnectionError:
            return True

    async def ask(self) -> tuple[int, str]:
        """Ask something that has an answer."""
        self.writer.write(ASK)
        return await self.answer()


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[Client]:
    """A client."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    yield Client(reader, writer)
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_who_says_nothing_or_says_it_slowly_is_cut_off(tmp_path: Path) -> None:
    """Before a request, in the middle of its head however lively, and after one."""
    async with door(tmp_path, SHORT) as path:
        async with connected(path) as silent:
            assert await silent.is_cut()
        async with connected(path) as slow:
            cut = asyncio.create_task(slow.is_cut())
            for byte in ASK[:-2]:
                if cut.done():
                    break
                slow.writer.write(bytes([byte]))
                await asyncio.sleep(0.02)
            assert cut.done()
        async with connected(path) as idle:
            assert await idle.ask() == (200, "")
            assert await idle.is_cut()


async def test_a_body_must_come_soon_and_be_small(tmp_path: Path) -> None:
    """Told beforehand or not how large it is; the next request is served."""
    long = b"x" * 20_000
    async with door(tmp_path, SHORT) as path:
        async with connected(path) as slow:
            slow.writer.write(POST + b'Content-Length: 100\r\n\r\n{"pass')
            assert await slow.answer() == (408, "request_too_slow")
        async with connected(path) as large:
            large.writer.write(POST + b"Content-Length: 20000\r\n\r\n" + long)
            assert await large.answer() == (413, "request_too_large")
        async with connected(path) as chunked:
            head = POST + b"Transfer-Encoding: chunked\r\n\r\n"
            chunked.writer.write(head + b"4e20\r\n" + long + b"\r\n0\r\n\r\n")
            assert await chunked.answer() == (413, "request_too_large")
        async with connected(path) as small:
            small.writer.write(POST + b'Content-Length: 16\r\n\r\n{"password":"x"}')
            assert await small.answer() == (409, "sign_in_off")


async def test_one_too_many_is_told_so_and_the_next_is_served_when_one_has_gone(
    tmp_path: Path,
) -> None:
    """And it takes no place away by having tried."""
    async with door(tmp_path, Limits(most=2)) as path:
        async with connected(path) as first, connected(path) as second:
            assert await first.ask() == await second.ask() == (200, "")
            for _ in range(3):
                async with connected(path) as third:
                    assert await third.answer() == (503, "too_many_clients")
                    assert await third.is_cut()
        for _ in range(5):
            async with connected(path) as next_one:
                assert await next_one.ask() == (200, "")


async def test_who_never_reads_is_cut_off_and_holds_nobody_up(tmp_path: Path) -> None:
    """It asks and asks; what it does not read does not pile up."""
    async with door(tmp_path, SHORT) as path, connected(path) as deaf:
        deaf.reader._transport.pause_reading()  # type: ignore[attr-defined]
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                deaf.writer.write(ASK * 100)
                await asyncio.wait_for(deaf.writer.drain(), SOON)
                async with connected(path) as other:
                    assert await other.ask() == (200, "")


def test_there_is_room_for_200_clients_and_for_who_reads_at_leisure() -> None:
    """The real limits: aiohttp's client keeps an idle connection for 15 seconds."""
    assert LIMITS[Door.CONTROL].most > 200
    assert LIMITS[Door.PAGE].most == 64
    for limits in LIMITS.values():
        assert 15 < limits.quiet_seconds <= 60
        assert limits.body_seconds <= limits.stuck_seconds <= 60
