"""Plain HTTP over one of the daemon's sockets, with any headers, as no client of ours sends it."""

import http.client
import json
import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What the daemon answered; `body` is empty where the answer goes on for ever."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of an error; empty where it is none."""
        return str(json.loads(self.body)["error"]["code"]) if self.status >= 400 else ""

    @property
    def data(self) -> dict[str, Any]:
        """What is in the envelope."""
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("beekeed", timeout=_PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(
    path: Path,
    method: str,
    target: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request; `body` as JSON, or as it is where it is bytes."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body)
    with closing(UnixConnection(path)) as connection:
        connection.request(method, target, content, dict(headers or {}))
        answer = connection.getresponse()
        is_endless = answer.headers.get_content_type() == "text/event-stream"
        read = b"" if is_endless else answer.read()
        return Answer(answer.status, dict(answer.headers), read)


def sign_in(page: Path, password: str, address: str = "192.168.4.20") -> dict[str, str]:
    """Sign in at page.sock; gives the headers of who is."""
    answer = ask(page, "POST", "/v1/session", {"password": password}, {"Beekeed-Client": address})
    assert answer.status == 200, answer.body
    return {
        "Beekeed-Session": answer.data["session_id"],
        "Beekeed-Form": answer.data["form_token"],
        "Beekeed-Client": address,
    }
