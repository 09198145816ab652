"""The other side of the emulated line: servers of every temper, and a resolver.

Run as a program inside a namespace. A request says in its body how it is to be answered, so
that one server serves all scenarios.
"""

import asyncio
import contextlib
import random
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs

from tests.link.emulator import NET

PLAIN, TLS, BAD_TLS, BESIDE, REFUSED = 8000, 8443, 8444, 8001, 8009
NAME = "moodle.test"
MOST_HEAD = 65_536


@dataclass(frozen=True, slots=True)
class Asked:
    """How a request is to be answered."""

    how: str
    size: int

    @classmethod
    def read(cls, body: bytes) -> "Asked":
        """Read it from a request's body."""
        values = parse_qs(body.decode("ascii"))
        return cls(values["how"][0], int(values["size"][0]))


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Asked], Awaitable[bool]]
"""Answers a request; tells whether the connection serves another."""


def head(size: int, more: str = "") -> bytes:
    """The head of an answer."""
    return f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n{more}\r\n".encode()


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send a part of what has no end, and let the loop see whether anybody is left.

    Over TLS, where nobody reads any more, drain() alone comes back at once and for ever.
    """
    writer.write(data)
    await writer.drain()
    await asyncio.sleep(0)


async def proper(_: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked) -> bool:
    """Answer with so many bytes."""
    writer.write(head(asked.size) + b'"' + b"x" * max(0, asked.size - 2) + b'"')
    await writer.drain()
    return True


async def last(_: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked) -> bool:
    """Answer, and close the connection."""
    writer.write(head(asked.size, "Connection: close\r\n") + b'"' + b"x" * (asked.size - 2) + b'"')
    await writer.drain()
    return False


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked) -> bool:
    """Reset the connection in the middle of an answer."""
    writer.write(head(2 * asked.size + 100) + b"x" * asked.size)
    await writer.drain()
    abort(writer)
    return False


async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter, __: Asked) -> bool:
    """Say nothing until the other side goes."""
    with contextlib.suppress(OSError):
        await reader.read()
    return False


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked) -> bool:
    """Answer without an end."""
    writer.write(head(10**9))
    while True:
        await send(writer, b"x" * asked.size)


async def long_head(_: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked) -> bool:
    """A head without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        await send(writer, b"X-Long: " + b"x" * min(asked.size, 4000) + b"\r\n")


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked) -> bool:
    """A byte at a time: each costs its headers. `size`: microseconds between them."""
    writer.write(head(10**9))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(asked.size / 1_000_000)


async def redirect(_: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked) -> bool:
    """Send the client elsewhere, with a body."""
    text = head(asked.size, "Location: /elsewhere\r\n").replace(b"200 OK", b"307 Away")
    writer.write(text + b"x" * asked.size)
    await writer.drain()
    return True


async def burst_then_drip(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked
) -> bool:
    """An answer that looks honest, and goes on in single bytes, as fast as can be."""
    writer.write(head(10**9) + b"x" * asked.size)
    await writer.drain()
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0)


ANSWERS: dict[str, Answer] = {
    each.__name__: each
    for each in (proper, last, reset, hang, endless, long_head, drip, redirect, burst_then_drip)
}
BEFORE_THE_BODY = {"early": proper, "deaf": hang, "slam": reset}
"""What answers before it has read the request's body, by the second word of its path."""


def abort(writer: asyncio.StreamWriter) -> None:
    """Reset a connection."""
    made = writer.get_extra_info("socket")
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection."""
    made = writer.get_extra_info("socket")
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while await serve_one(reader, writer):
            pass
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, KeyError):
        pass
    finally:
        writer.close()


async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Serve one request; tells whether there may be another."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    early = lines[0].split("/")[1]
    if early in BEFORE_THE_BODY:
        await BEFORE_THE_BODY[early](reader, writer, Asked(early, 300))
        if early == "early":
            await reader.readexactly(int(fields["content-length"]))
        return early == "early"
    asked = Asked.read(await reader.readexactly(int(fields["content-length"])))
    return await ANSWERS[asked.how](reader, writer, asked)


async def serve_beside(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A heavy download of somebody else's."""
    with contextlib.suppress(OSError):
        while True:
            await send(writer, b"x" * 100_000)


class Resolver(asyncio.DatagramProtocol):
    """Answers every question with our addresses, and loses some answers."""

    def __init__(self) -> None:
        self._random = random.Random()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """See asyncio."""
        if self._transport is not None and self._random.random() >= 0.2:
            self._transport.sendto(answer(data), addr)


def answer(question: bytes) -> bytes:
    """Give the answer to a question for an address (RFC 1035)."""
    end = question.index(b"\0", 12) + 5
    kind = int.from_bytes(question[end - 4 : end - 2], "big")
    family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
    found = NET[0] if family == socket.AF_INET else NET[1]
    address = socket.inet_pton(family, found) if family else b""
    record = b"\xc0\x0c" + question[end - 4 : end] + b"\0\0\0\x3c"
    record += len(address).to_bytes(2, "big") + address
    count = b"\0\1" if family else b"\0\0"
    text = question[:2] + b"\x81\x80" + b"\0\1" + count + b"\0\0\0\0" + question[12:end]
    return text + (record if family else b"")


async def main(folder: Path) -> None:
    """Serve until killed. `folder` has good.pem and bad.pem."""
    contexts = {}
    for name in ("good", "bad"):
        contexts[name] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        contexts[name].load_cert_chain(folder / f"{name}.pem")
    ports = [(PLAIN, None), (TLS, contexts["good"]), (BAD_TLS, contexts["bad"])]
    for port, context in ports:
        await asyncio.start_server(serve, NET, port, ssl=context, limit=MOST_HEAD)
    await asyncio.start_server(serve_beside, NET, BESIDE)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Resolver, local_addr=(NET[0], 53))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
