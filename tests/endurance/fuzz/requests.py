"""A request as a corpus file has it: method and target, headers, an empty line, a body.

What stands for a session and its form's token is put in: `SESSION`, `FORM`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TARGET = re.compile(rb"/[!-~]*")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([ -~\x80-\xff]*)")
_OURS = frozenset({b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade"})
_ONCE = frozenset(
    {
        b"content-location",
        b"content-range",
        b"content-type",
        b"etag",
        b"host",
        b"max-forwards",
        b"server",
        b"user-agent",
    }
)
"""Twice they are none of HTTP (RFC 9110): aiohttp refuses them before ours sees anything."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is one of HTTP, whatever it asks."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def path(self) -> str:
        """Where it goes, without its query."""
        return self.target.partition("?")[0]

    def written(self, *more: bytes) -> bytes:
        """Write it, with more headers; one that it has itself is not given twice."""
        own = {name.lower() for name, _ in self.headers}
        added = [each for each in more if each.partition(b":")[0].lower() not in own]
        lines = [f"{self.method} {self.target} HTTP/1.1".encode("latin-1"), *added]
        lines += [name + b": " + value for name, value in self.headers]
        lines += [b"Connection: close", b"Content-Length: %d" % len(self.body), b"", self.body]
        return b"\r\n".join(lines)


def request_of(data: bytes, *, session_id: str, form_token: str) -> Request:
    """Read a request; what would be none of HTTP is left out of it."""
    data = data.replace(b"SESSION", session_id.encode()).replace(b"FORM", form_token.encode())
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    headers: list[tuple[bytes, bytes]] = []
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is not None and _may_follow(headers, found[1].lower()):
            headers.append((found[1], found[2]))
    return Request(
        method.decode() if method in (b"GET", b"POST", b"DELETE", b"HEAD", b"PUT") else "GET",
        target.decode("ascii") if _TARGET.fullmatch(target) else "/",
        tuple(headers),
        body,
    )


def _may_follow(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bool:
    is_there = any(name == before.lower() for before, _ in headers)
    return name not in _OURS and not (is_there and name in _ONCE)
