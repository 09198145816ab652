"""The page's own server: what browsers may take of it. Real sockets, and no daemon behind them."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from beekeed.connections import Crowd, Limits
from beekeed.errors import ConfigError
from beekeed.page import gate, server
from tests.certificates import Certificates

SHORT = Limits(most=4, quiet_seconds=0.4, body_seconds=0.4, stuck_seconds=0.4)
SOON = 3


@asynccontextmanager
async def page(
    folder: Path, tls: ssl.SSLContext | None = None, limits: Limits = SHORT
) -> AsyncIterator[tuple[Crowd, int]]:
    """The page on a port of this machine's loopback."""
    listening = server.opened("127.0.0.1", 0)
    port = int(listening.getsockname()[1])
    async with server.serve(
        [listening], page_socket=str(folder / "none.sock"), tls=tls, limits=limits
    ) as crowd:
        yield crowd, port


async def ask(port: int, *lines: str, body: bytes = b"") -> bytes:
    """Send a request of these lines, and read until the other side ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join((*lines, "", "")).encode() + body)
    try:
        return await asyncio.wait_for(reader.read(), SOON)
    except ConnectionResetError:
        return b"reset"
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_without_the_daemon_the_page_says_so(tmp_path: Path) -> None:
    """With what to do, and every header that makes browsers careful."""
    async with (
        page(tmp_path) as (_, port),
        aiohttp.ClientSession() as browser,
        browser.get(f"http://127.0.0.1:{port}/") as answer,
    ):
        assert answer.status == 503
        assert "beekeed is not running" in await answer.text()
        assert {name: answer.headers[name] for name in gate.HEADERS} == dict(gate.HEADERS)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Server" not in answer.headers


async def test_what_never_changes_is_cached_for_good_and_sent_compressed(tmp_path: Path) -> None:
    """Under an address that changes with it."""
    async with page(tmp_path) as (_, port), aiohttp.ClientSession() as browser:
        async with browser.get(f"http://127.0.0.1:{port}/") as answer:
            text = await answer.text()
        address = text.split('rel="stylesheet" href="')[1].split('"')[0]
        async with browser.get(f"http://127.0.0.1:{port}{address}") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Encoding"] == "gzip"
            assert "immutable" in answer.headers["Cache-Control"]
            assert ":root" in await answer.text()
        async with browser.get(f"http://127.0.0.1:{port}/static/__init__.py") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("GET / HTTP/1.1", "Host: 127.0.0.1"),
        ("POST /sign-in HTTP/1.1", "Host: 127.0.0.1", "Origin: http://127.0.0.1",
         "Content-Type: application/x-www-form-urlencoded", "Content-Length: 50"),
    ],
)  # fmt: skip
async def test_who_is_slow_is_cut_off(tmp_path: Path, lines: tuple[str, ...]) -> None:
    """Before, within, and after the head of a request."""
    async with page(tmp_path) as (crowd, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = "\r\n".join(lines)
        writer.write(head.encode())
        if head.startswith("POST"):
            writer.write(b"\r\n\r\npassword=")
        began = time.monotonic()
        with suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), SOON)
        assert time.monotonic() - began < SOON
        writer.close()
        async with asyncio.timeout(SOON):
            while crowd.count:
                await asyncio.sleep(0.02)


async def test_a_form_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """With the sentence that says how large it may be."""
    body = b"password=" + b"x" * (gate.MOST_BODY_BYTES + 10)
    async with page(tmp_path) as (_, port):
        answer = await ask(
            port,
            "POST /sign-in HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: http://127.0.0.1:{port}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            body=body,
        )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than 65536 bytes" in answer


async def test_a_head_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """Before it fills the memory."""
    async with page(tmp_path) as (_, port):
        answer = await ask(port, "GET / HTTP/1.1", "Host: 127.0.0.1", "X: " + "x" * 100_000)
    assert answer == b"reset" or answer.split()[1] == b"400"


async def test_one_too_many_is_told_so_and_sent_away(tmp_path: Path) -> None:
    """The others are served on."""
    async with page(tmp_path) as (crowd, port):
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(SHORT.most)]
        async with asyncio.timeout(SOON):
            while crowd.count < SHORT.most:
                await asyncio.sleep(0.02)
        answer = await ask(port, "GET / HTTP/1.1", "Host: 127.0.0.1")
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert body.startswith(b"Too many look at this page right now.\n")
        assert f"Content-Length: {len(body)}".encode() in head
        for _, writer in lines:
            writer.close()


async def test_it_ends_when_nobody_looked_for_a_while(tmp_path: Path) -> None:
    """Not before: a browser that is connected is looking."""
    async with page(tmp_path, limits=Limits(most=4)) as (crowd, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        idle = asyncio.create_task(server.until_idle(crowd, 0.2))
        await asyncio.sleep(0.7)
        assert not idle.done()
        writer.close()
        await asyncio.wait_for(idle, SOON)


async def test_with_a_certificate_it_speaks_https(tmp_path: Path) -> None:
    """And nothing else: forms of a page that is not encrypted are refused too."""
    made = Certificates(tmp_path / "tls", "localhost")
    made.context()
    (certificate,) = (tmp_path / "tls").glob("localhost-*.pem")
    trusting = ssl.create_default_context(cafile=str(made.known))
    tls = server.tls_of(str(certificate), str(certificate.with_suffix(".key")))
    async with page(tmp_path, tls) as (_, port), aiohttp.ClientSession() as browser:
        where = f"https://localhost:{port}"
        async with browser.get(
            f"{where}/theme/dark", ssl=trusting, allow_redirects=False
        ) as answer:
            assert answer.status == 303
        for origin, status in ((where, 503), (where.replace("https", "http"), 403)):
            async with browser.post(
                f"{where}/sign-in", ssl=trusting, data={}, headers={"Origin": origin}
            ) as answer:
                assert answer.status == status
        plain = await ask(port, "GET / HTTP/1.1", f"Host: 127.0.0.1:{port}")
        assert b"HTTP/1.1 200" not in plain


def test_a_certificate_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """Before anything is served."""
    broken = tmp_path / "page.pem"
    broken.write_text("no certificate")
    for certificate in (broken, tmp_path / "none.pem"):
        with pytest.raises(ConfigError) as caught:
            server.tls_of(str(certificate), str(broken))
        assert caught.value.code == "page_certificate_unusable"


def test_an_address_that_is_taken_is_said() -> None:
    """With the address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError) as caught:
            server.opened("127.0.0.1", port)
    assert caught.value.params["path"] == f"127.0.0.1:{port}"
