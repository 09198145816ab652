"""Speaks the control API over its unix socket. Standard library only, so that it loads fast."""

import http.client
import json
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

_PATIENCE_SECONDS = 300  # the longest question waits 60; a check of a slow link takes longer


class Refused(Exception):
    """The daemon was not reached, or answered no: a code and the parameters of its sentence."""

    def __init__(self, code: str, params: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Client:
    """The daemon behind one socket. One connection a request; nothing is kept."""

    def __init__(self, path: str) -> None:
        self._path = path

    def get(self, *path: str, **query: str | int) -> dict[str, Any]:
        """Read something: `get("runs", event_id, wait=30)`. Raises Refused."""
        return self._ask("GET", _target(path, query))

    def post(
        self, *path: str, body: Mapping[str, Any] | None = None, **query: str | int
    ) -> dict[str, Any]:
        """Have something done; `body` is sent as JSON. Raises Refused."""
        return self._ask("POST", _target(path, query), body)

    def _ask(
        self, method: str, target: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        connection = _UnixConnection(self._path)
        try:
            content = None if body is None else json.dumps(body)
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, target, content, headers)
            return _opened(json.loads(connection.getresponse().read()))
        except PermissionError as error:
            raise Refused("not_permitted", {"path": self._path}) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Refused("daemon_not_running", {"path": self._path}) from error
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("beekeed", timeout=_PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _opened(envelope: Any) -> dict[str, Any]:
    """Take an answer out of its envelope. ValueError: somebody else than the daemon wrote it."""
    match envelope:
        case {"error": {"code": str(code), "params": dict(params)}}:
            raise Refused(code, params)
        case {"data": dict(data)}:
            return data
        case _:
            raise ValueError("not the control API")


def _target(path: tuple[str, ...], query: Mapping[str, str | int]) -> str:
    target = "/v1/" + "/".join(quote(part, safe="", errors="replace") for part in path)
    return f"{target}?{urlencode(query)}" if query else target
