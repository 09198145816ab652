"""`beekeed-page`: opens the page's sockets, or takes those that systemd opened, and serves.

Under socket activation it ends when nobody has looked for a while, and systemd starts it
again for the next browser: a box has little memory, and most of the time nobody looks.
"""

import asyncio
import logging
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from aiohttp import web

from beekeed.connections import Crowd, Limits
from beekeed.errors import Code, ConfigError
from beekeed.page.asking import Daemon
from beekeed.page.conversation import Conversation
from beekeed.page.rarely import Rarely
from beekeed.page.serving import application
from beekeed.say import LANGUAGES, language_of

log = logging.getLogger(__name__)

# Fifty phones, each with some connections of which one is live.
LIMITS = Limits(most=256, most_of_one=32)
# A connection with TLS takes 300 kB, nearly all of it asyncio's: of 96 MB (the unit's MemoryMax)
# that leaves something for what is served.
LIMITS_WITH_TLS = Limits(most=90, most_of_one=18)
IDLE_SECONDS = 120
_FIRST_FD = 3  # sd_listen_fds(3)
_BACKLOG = 128


async def run(
    sockets: Sequence[socket.socket],
    *,
    page_socket: str,
    names: Sequence[str],
    tls: ssl.SSLContext | None,
    ends_when_idle: bool,
) -> None:
    """Serve the page on some sockets until a signal, or until nobody looks any more."""
    loop, is_over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, is_over.set)
    async with serve(sockets, page_socket=page_socket, names=names, tls=tls) as crowd:
        ends = [is_over.wait(), *([until_idle(crowd, IDLE_SECONDS)] if ends_when_idle else [])]
        waits = [asyncio.ensure_future(each) for each in ends]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()


@asynccontextmanager
async def serve(
    sockets: Sequence[socket.socket],
    *,
    page_socket: str,
    names: Sequence[str] = (),
    tls: ssl.SSLContext | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[Crowd]:
    """Serve the page on some sockets while the body runs; `limits`: others than its own."""
    limits = limits or (LIMITS_WITH_TLS if tls else LIMITS)
    async with AsyncExitStack() as stack:
        daemon = Daemon(path=page_socket)
        stack.push_async_callback(daemon.close)
        faults = Rarely()
        crowd = Crowd(limits=limits, make=lambda: connection(), refusal=_refusal(), tls=tls)
        app = application(
            daemon, own_names(names), is_encrypted=tls is not None, crowd=crowd, faults=faults
        )
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        assert runner.server is not None  # noqa: S101 - setup made it
        connection = partial(Conversation, runner.server, limits=limits, faults=faults)
        for each in sockets:
            listening = await asyncio.get_running_loop().create_server(
                crowd.connection, sock=each, backlog=_BACKLOG
            )
            stack.callback(listening.close)
        yield crowd


def _refusal() -> bytes:
    """Write what one browser too many gets; nobody reads which language it asks for."""
    said = [
        language_of(code).gettext("Too many look at this page right now.") for code in LANGUAGES
    ]
    body = "".join(f"{each}\n" for each in dict.fromkeys(said)).encode()
    return (
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
    ) % (len(body), body)


async def until_idle(crowd: Crowd, idle_seconds: float) -> None:
    """Wait until nobody was connected for so long."""
    seen = -1
    while crowd.count or crowd.accepted != seen:
        seen = crowd.accepted
        await asyncio.sleep(idle_seconds)


def own_names(names: Sequence[str]) -> frozenset[str]:
    """Give the names of this box: its hostname, alone and with .local (mDNS), and further ones."""
    hostname = socket.gethostname().lower()
    return frozenset({hostname, f"{hostname}.local", *names})


def activated() -> list[socket.socket]:
    """Take the sockets that systemd opened for us; none where it did not start us so."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    return [socket.socket(fileno=_FIRST_FD + number) for number in range(count)]


def opened(host: str, port: int) -> socket.socket:
    """Open a socket that takes connections at once. Raises ConfigError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)  # from now on browsers wait, and are not refused
    except OSError as error:
        made.close()
        detail = error.strerror or str(error)
        raise ConfigError(Code.SOCKET_UNUSABLE, path=f"{host}:{port}", detail=detail) from error
    return made


def tls_of(certificate: str, key: str) -> ssl.SSLContext | None:
    """Read the certificate for HTTPS; None where none is set. Raises ConfigError."""
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(Path(certificate), Path(key))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            Code.PAGE_CERTIFICATE_UNUSABLE, path=certificate, detail=error.strerror or str(error)
        ) from error
    return context
