"""Whatever a server sends over a connection: our client, and our check of the way, understand it
or say why not.

What is tried is sent as it is to who asks for it, once for a call of a web service and once for
the check of the way.
"""

import asyncio

from beekeed.core.answer import misfit
from beekeed.errors import BeekeedError, LinkDown, OutcomeUnknown, RemoteGarbled, RemoteRefused
from beekeed.link import probe
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call
from tests.endurance.fuzz.target import Target, check_told
from tests.line import paid_line

_ADDRESS = "https://moodle.example.org"
_SECONDS = 5


def target() -> Target:
    """Give the target."""
    running = asyncio.new_event_loop()
    server = Server()
    running.run_until_complete(server.listen())

    def taste(data: bytes) -> None:
        running.run_until_complete(_taste(server, data))

    return Target(taste, _WORDS)


_WORDS = (
    *("HTTP/1.1 200 OK\r\n", "HTTP/1.0 302 Found\r\n", "HTTP/1.1 503 Moodle under maintenance\r\n"),
    *("Content-Length: 2\r\n", "Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n"),
    *("Content-Encoding: deflate\r\n", "Location: http://[\r\n", "Retry-After: ", "\r\n\r\n"),
    *("Date: Sat, 28 Nov 2026 12:00:00 GMT\r\n", "Date: 1 Jan 9999999 0:0 +9999\r\n", "<form"),
    *("5\r\nhello\r\n0\r\n\r\n", "Connection: close\r\n", "\x1f\x8b\x08", "exception"),
    *('{"exception":"x","errorcode":', "sitemaintenance", "HTTP/1.1 100 Continue\r\n\r\n", "511 "),
)  # fmt: skip


class Server:
    """Sends the same to everybody who says anything."""

    def __init__(self) -> None:
        self.port = 0
        self.answer = b""

    async def listen(self) -> None:
        """Be there from now on, on loopback."""
        listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(4096)
            writer.write(self.answer)
            await writer.drain()
        except OSError:  # the client had enough
            pass
        finally:
            writer.close()


async def _taste(server: Server, data: bytes) -> None:
    server.answer = data
    async with asyncio.timeout(_SECONDS + 5):
        await _call(server.port)
        await _check(server.port)


async def _call(port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    transport = Transport(address=address, token="t", timeout_seconds=_SECONDS, line=paid_line())
    try:
        await transport.ask(Call("core_webservice_get_site_info", {}))
    except (LinkDown, OutcomeUnknown, RemoteGarbled, RemoteRefused) as error:
        check_told(error)
    finally:
        await transport.close()


async def _check(port: int) -> None:
    site = probe.Site("127.0.0.1", port, "", encrypted=False)
    stream = await asyncio.open_connection("127.0.0.1", port)
    try:
        answer = await probe.ask(stream, site, "/", _SECONDS)
    except (OutcomeUnknown, RemoteGarbled) as error:
        check_told(error)
        return
    for address in (_ADDRESS, "http://moodle.example.org"):
        if reason := misfit(answer, address):
            check_told(BeekeedError(reason.code, **reason.params))
