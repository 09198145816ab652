"""A request as a corpus file has it: method and target, headers, an empty line, a body.

What stands for a session and its form's token is put in: `SESSION`, `FORM`.
"""

import re
from dataclasses import dataclass

_TARGET = re.compile(rb"/[!-~]*")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([ -~\x80-\xff]*)")
_OURS = frozenset({b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade"})


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
    headers = [found.groups() for line in lines if (found := _HEADER.fullmatch(line))]
    return Request(
        method.decode() if method in (b"GET", b"POST", b"DELETE", b"HEAD", b"PUT") else "GET",
        target.decode("ascii") if _TARGET.fullmatch(target) else "/",
        tuple((name, value) for name, value in headers if name.lower() not in _OURS),
        body,
    )
