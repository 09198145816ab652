"""What no client of ours sends, and what of the others gets into the books."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from beekeed.clock import SystemClock
from beekeed.control.caller import Door, caller, door_of, note_caller
from beekeed.control.routes import application
from beekeed.control.watchers import Watchers
from beekeed.errors import Code

HEAD = b"POST /v1/sync HTTP/1.1\r\nHost: beekeed\r\nConnection: close\r\n"


class Asked(dict[Any, Any]):
    """A request whose client has gone."""

    transport = None


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    """The API on a socket; nothing stands behind it."""
    api: Any = SimpleNamespace(watchers=Watchers(clock=SystemClock()), signing=None)
    runner = web.AppRunner(application(api, Door.CONTROL), shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "api.sock")).start()
    yield tmp_path / "api.sock"
    await runner.cleanup()


async def sent(path: Path, request: bytes, *, stays: bool = True) -> bytes:
    """Send bytes, and read the answer where the client stays for it."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(request)
    try:
        async with asyncio.timeout(5):
            await writer.drain()
            return await reader.read() if stays else b""
    finally:
        writer.close()


async def test_a_body_that_cannot_be_read_is_a_bad_request(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One that says it is packed and is not; whoever leaves within theirs is told nothing."""
    packed = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\nnotgzip"
    answer = await sent(path, packed)
    assert answer.startswith(b"HTTP/1.1 400")
    assert Code.BAD_REQUEST.encode() in answer
    await sent(path, HEAD + b"Content-Length: 100\r\n\r\nabc", stays=False)
    await asyncio.sleep(0.2)
    assert [each for each in caplog.records if each.name.startswith("beekeed")] == []


async def test_a_body_with_a_text_that_is_no_utf_8_is_a_bad_request(path: Path) -> None:
    """Also within a text of what is JSON otherwise."""
    head = HEAD.replace(b"/v1/sync", b"/v1/session")
    body = b'{"password":"\x83"}'
    answer = await sent(path, head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    assert answer.startswith(b"HTTP/1.1 400"), answer
    assert Code.BAD_REQUEST.encode() in answer


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("192.168.4.33", "192.168.4.33"),
        ("FE80:0::1%wlan0", "fe80::1"),
        ("fe80::1%\x1b[31m by root", "fe80::1"),
        ("by root", "an unknown address"),
    ],
)
@pytest.mark.parametrize("session", ["", "abc"])
def test_a_browser_is_known_by_its_address_without_a_zone(
    address: str, shown: str, session: str
) -> None:
    """A zone may hold anything, and this goes into the log and the books."""
    request: Any = Asked()
    note_caller(request, Door.PAGE, address, session)
    assert f" at {shown} (" in caller(request).who
    assert "root" not in caller(request).who
    assert door_of(caller(request).who) is Door.PAGE


def test_the_books_tell_by_which_socket_somebody_came() -> None:
    """Of either kind."""
    request: Any = Asked()
    note_caller(request, Door.CONTROL)
    assert door_of(caller(request).who) is door_of("uid 0, process 7") is Door.CONTROL
