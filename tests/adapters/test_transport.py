"""One HTTP connection: what is raised tells whether anything can have happened."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from beekeed.core.model import Category
from beekeed.errors import Code, LinkDown, OutcomeUnknown, RemoteGarbled
from beekeed.link.line import PaidLine
from beekeed.link.sockets import MeteredSocket
from beekeed.link.uplink import Uplink
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call
from beekeed.ports.link import AddressInfo
from tests.certificates import Certificates
from tests.ledger import Purse
from tests.line import paid_line

CALL = Call("core_webservice_get_site_info", {})
TOKEN = "f00dfacef00dface"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def server(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server whose every POST is answered by the handler."""
    app = web.Application()
    app.router.add_post("/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def transport(address: str, largest_answer: int = 10_000) -> AsyncIterator[Transport]:
    """A transport to an address."""
    made = Transport(
        address=address,
        token=TOKEN,
        timeout_seconds=1,
        line=paid_line(encrypted=address.startswith("https")),
        largest_answer=largest_answer,
    )
    try:
        yield made
    finally:
        await made.close()


async def answer(_: web.Request) -> web.Response:
    """A proper answer."""
    return web.json_response({"sitename": "x"})


async def test_one_connection_serves_all_calls() -> None:
    """Keep-alive is the lever on bytes."""
    peers = set()

    async def note(request: web.Request) -> web.Response:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return await answer(request)

    async with server(note) as address, transport(address) as way:
        for _ in range(5):
            assert await way.ask(CALL) == {"sitename": "x"}
    assert len(peers) == 1


@pytest.mark.parametrize("buffer_bytes", [2_000_000, 4_096])
async def test_what_is_given_up_does_not_arrive_later(buffer_bytes: int) -> None:
    """Whether it stands in the kernel's buffer or still in asyncio's: the server gets a reset."""
    given_up, over = asyncio.Event(), asyncio.Event()
    size, got = 900_000, 0

    class Narrow(PaidLine):
        def open_socket(self, address: AddressInfo) -> MeteredSocket:
            made = super().open_socket(address)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
            return made

    async def read_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal got
        await given_up.wait()
        with contextlib.suppress(ConnectionResetError):
            while piece := await reader.read(65536):
                got += len(piece)
        writer.close()
        over.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        port = listening.getsockname()[1]
        listener = await asyncio.start_server(read_late, sock=listening, limit=1024)
        line = Narrow(ledger=Purse(), category=Category.SYNC, encrypted=False, uplink=Uplink())
        way = Transport(
            address=f"http://127.0.0.1:{port}", token=TOKEN, timeout_seconds=1, line=line
        )
        async with listener:
            with pytest.raises(OutcomeUnknown):
                await way.ask(Call("core_user_create_users", {"text": "x" * size}))
            await asyncio.sleep(0)
            given_up.set()
            async with asyncio.timeout(10):
                await over.wait()
        await way.close()
    assert got < size / 2


async def test_the_token_is_in_the_body_only() -> None:
    """Addresses and headers end up in logs on the way."""
    seen: list[tuple[str, str, str]] = []

    async def note(request: web.Request) -> web.Response:
        seen.append((str(request.url), str(request.raw_headers), await request.text()))
        return await answer(request)

    async with server(note) as address, transport(address + "/moodle/") as way:
        await way.ask(CALL)
    url, headers, body = seen[0]
    assert url.endswith("/moodle/webservice/rest/server.php")
    assert TOKEN not in url + headers
    assert f"wstoken={TOKEN}" in body


async def test_no_redirect_is_followed() -> None:
    """The token would go with it."""
    followed = []

    async def other(request: web.Request) -> web.Response:
        followed.append(await request.text())
        return await answer(request)

    async with server(other) as elsewhere:

        async def redirect(_: web.Request) -> web.Response:
            raise web.HTTPTemporaryRedirect(elsewhere)

        async with server(redirect) as address, transport(address) as way:
            with pytest.raises(RemoteGarbled) as caught:
                await way.ask(CALL)
    assert caught.value.code is Code.REDIRECTED
    assert followed == []


async def test_a_refused_connection_surely_sent_nothing() -> None:
    """Nothing listens there."""
    async with server(answer) as address:
        pass
    async with transport(address) as way:
        with pytest.raises(LinkDown) as caught:
            await way.ask(CALL)
    assert caught.value.code is Code.NOT_REACHED


async def test_a_name_that_is_not_found_surely_sent_nothing() -> None:
    """RFC 6761: .invalid never resolves."""
    async with transport("http://moodle.invalid") as way:
        with pytest.raises(LinkDown) as caught:
            await way.ask(CALL)
    # Whether a name service says so, or there is none, is the machine's.
    assert caught.value.code in (Code.NAME_UNKNOWN, Code.NAME_NOT_FOUND)


class Nameless(PaidLine):
    """A line whose name service says that there is no such name, or does not answer."""

    number: int = socket.EAI_NONAME

    async def look_up(self, host: str, port: int, family: int) -> Sequence[AddressInfo]:
        """Find nothing."""
        raise socket.gaierror(self.number, f"{host}:{port} {family}")


@pytest.mark.parametrize(
    ("number", "code"),
    [(socket.EAI_NONAME, Code.NAME_UNKNOWN), (socket.EAI_AGAIN, Code.NAME_NOT_FOUND)],
)
async def test_a_name_that_there_is_not_is_told_from_being_offline(number: int, code: Code) -> None:
    """By what the name service said."""
    line = Nameless(ledger=Purse(), category=Category.SYNC, encrypted=True, uplink=Uplink())
    line.number = number
    way = Transport(address="https://moodel.example.org", token=TOKEN, timeout_seconds=1, line=line)
    with pytest.raises(LinkDown) as caught:
        await way.ask(CALL)
    await way.close()
    assert (caught.value.code, caught.value.params["host"]) == (code, "moodel.example.org")


async def test_an_answer_that_does_not_come_leaves_the_outcome_unknown() -> None:
    """The request went out: it may have been done."""

    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        raise AssertionError

    async with server(hang) as address, transport(address) as way:
        with pytest.raises(OutcomeUnknown) as caught:
            await way.ask(CALL)
    assert caught.value.code is Code.NO_ANSWER


async def test_a_connection_cut_before_the_answer_leaves_the_outcome_unknown() -> None:
    """Also where the server went away in the middle of its answer."""

    async def cut(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"site')
        assert request.transport is not None
        request.transport.abort()
        return response

    for handler in (cut, half):
        async with server(handler) as address, transport(address) as way:
            with pytest.raises(OutcomeUnknown):
                await way.ask(CALL)


async def test_an_endless_answer_is_cut_off() -> None:
    """Also one that only grows when it is unpacked."""
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 1000)
            sent += 1000

    async def bomb(_: web.Request) -> web.Response:
        response = web.Response(body=b"[" + b" " * 10_000_000 + b"]")
        response.enable_compression(web.ContentCoding.gzip)
        return response

    for handler in (endless, bomb):
        async with server(handler) as address, transport(address) as way:
            with pytest.raises(RemoteGarbled) as caught:
                await way.ask(CALL)
            assert caught.value.code is Code.ANSWER_TOO_LARGE
    assert sent < 10_000_000


async def test_a_drip_does_not_hold_a_run_for_ever() -> None:
    """A byte now and then is not an answer."""

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    async with server(drip) as address, transport(address) as way:
        with pytest.raises(OutcomeUnknown):
            await way.ask(CALL)


async def test_a_certificate_that_is_not_trusted_gets_no_token(tmp_path: Path) -> None:
    """The handshake is the proof; before it nothing of ours leaves."""
    received = []

    async def note(request: web.Request) -> web.Response:
        received.append(await request.text())
        return await answer(request)

    context = Certificates(tmp_path / "certificates", "localhost").context(issuer="")
    async with server(note, context) as address, transport(address) as way:
        with pytest.raises(LinkDown) as caught:
            await way.ask(CALL)
    assert caught.value.code is Code.CERTIFICATE_SELF_SIGNED
    assert "self-signed" in str(caught.value.params["detail"])
    assert received == []


async def test_it_recovers_after_any_of_these() -> None:
    """A later call opens a new connection."""
    calls = 0

    async def first_cut(request: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        if calls == 1:
            assert request.transport is not None
            request.transport.abort()
        return await answer(request)

    async with server(first_cut) as address, transport(address) as way:
        with pytest.raises(OutcomeUnknown):
            await way.ask(CALL)
        assert await way.ask(CALL) == {"sitename": "x"}
