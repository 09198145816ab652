"""HTTP/1.1 as the sandbox speaks it: reads requests, writes answers, counts every byte.

The one rule: what is counted is the whole message as it stood on the socket. That is why this is
not left to a web framework: a fault has to cut a connection at an exact place, and a byte
budget has to be checked against the truth.
"""

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from beekeed.sandbox.answering import Answer

HEAD_LIMIT = 65536
_GZIPPED = ("application/json", "text/css", "application/javascript")


class BadRequest(Exception):
    """What came is no HTTP request that the sandbox reads; the connection is closed."""


@dataclass(frozen=True)
class Request:
    """A request; header names in lower case. `bytes_up` is all of it, head and framing."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    bytes_up: int

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to ask again on this connection."""
        return self.headers.get("connection", "").lower() != "close"


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request of a connection, or None where the client has closed it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise BadRequest("cut in its head") from error
        return None
    except asyncio.LimitOverrunError as error:
        raise BadRequest("head too long") from error
    lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, version = _request_line(lines[0])
    headers = {
        name.strip().lower(): text.strip()
        for name, _, text in (line.partition(":") for line in lines[1:])
    }
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    try:
        body, framed = await _read_body(reader, headers)
    except asyncio.IncompleteReadError as error:
        raise BadRequest("cut in its body") from error
    path, _, query = target.partition("?")
    return Request(method, path, query, headers, body, len(head) + framed)


def _request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest("no HTTP/1 request line")
    return parts[0], parts[1], parts[2]


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> tuple[bytes, int]:
    """The body, and how many bytes it took on the socket."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        length = int(headers.get("content-length", "0") or "0")
        return (await reader.readexactly(length), length)
    parts: list[bytes] = []
    framed = 0
    while True:
        size_line = await reader.readuntil(b"\r\n")
        size = int(size_line.split(b";")[0], 16)
        chunk = await reader.readexactly(size + 2)
        framed += len(size_line) + len(chunk)
        if size == 0:
            return b"".join(parts), framed
        parts.append(chunk[:-2])


def encode_answer(
    answer: Answer, request: Request, *, endless: bool = False, date: str = ""
) -> bytes:
    """The whole answer as it goes out; with `endless`, its head and first part only.

    `date`: what its Date says in place of the time.

    Compressed where the client takes gzip and nginx would do it; in chunks, as nginx passes on
    what PHP wrote.
    """
    zips = "gzip" in request.headers.get("accept-encoding", "")
    zips = zips and answer.content_type in _GZIPPED and bool(answer.body) and not endless
    body = gzip.compress(answer.body, 1, mtime=0) if zips else answer.body
    head = [
        f"HTTP/1.1 {answer.status} {answer.phrase or _phrase(answer.status)}",
        "Server: nginx",
        f"Date: {date or formatdate(usegmt=True)}",
        f"Content-Type: {answer.content_type}",
        "Transfer-Encoding: chunked",
        f"Connection: {'keep-alive' if request.keeps_alive else 'close'}",
        *(f"{name}: {text}" for name, text in answer.headers),
    ]
    if zips:
        head.append("Content-Encoding: gzip")
    framed = b"" if request.method == "HEAD" else _chunks(body, ended=not endless)
    return "\r\n".join([*head, "", ""]).encode("latin-1") + framed


def _chunks(body: bytes, *, ended: bool) -> bytes:
    framed = chunk(body) if body else b""
    return framed + (b"0\r\n\r\n" if ended else b"")


def chunk(part: bytes) -> bytes:
    """One chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(part), part)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
