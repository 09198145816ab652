"""Speaks the control API over its unix socket. Standard library only, so that it loads fast."""

import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

_PATIENCE_SECONDS = 300  # the longest question waits 60; a check of a slow link takes longer
_SILENCE_SECONDS = 30  # whoever watches hears a sign of life each 10
_AGAIN_SECONDS = 1
_GONE_SECONDS = 60  # so long a daemon that was there may be away: it is started again


class Refused(Exception):
    """The daemon was not reached, or answered no: a code and the parameters of its sentence.

    `status`: that of HTTP.
    """

    def __init__(self, code: str, params: Mapping[str, Any], status: int = 503) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
        self.status = status

    @property
    def reason(self) -> dict[str, Any]:
        """Its code and parameters, as answers have them."""
        return {"code": self.code, "params": self.params}


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

    def events(self, last_id: str = "") -> Iterator[dict[str, Any]]:
        """Watch how a run goes on: gives each view of `GET /v1/events`, and never ends.

        A connection that is lost is made again, after a moment, and says what was seen
        last. Raises Refused where the daemon says no, and where it is not reached at first
        or for a minute since.
        """
        reached_at = None
        while True:
            try:
                for seen, view in self._watch(last_id):
                    last_id = seen
                    reached_at = time.monotonic()
                    if view is not None:
                        yield view
            except Refused as refused:
                is_gone = refused.code == "daemon_not_running"
                if not is_gone or reached_at is None or _is_over(reached_at):
                    raise
            time.sleep(_AGAIN_SECONDS)

    def _watch(self, last_id: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Watch over one connection to its end: views with their ids, None for a sign of life."""
        connection = _UnixConnection(self._path, _SILENCE_SECONDS)
        try:
            headers = {"Last-Event-ID": last_id} if last_id else {}
            connection.request("GET", "/v1/events", headers=headers)
            answer = connection.getresponse()
            if answer.headers.get_content_type() != "text/event-stream":
                opened(json.loads(answer.read()), answer.status)
            event: dict[str, str] = {}
            for line in answer:
                name, _, text = line.decode().rstrip("\n").partition(": ")
                if name:
                    event[name] = text
                    continue
                last_id = event.get("id", last_id)  # a whole event was seen: an empty line ends it
                yield last_id, json.loads(event["data"]) if "data" in event else None
                event = {}
        except PermissionError as error:
            raise Refused("not_permitted", {"path": self._path}) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Refused("daemon_not_running", {"path": self._path}) from error
        finally:
            connection.close()

    def _ask(
        self, method: str, target: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        connection = _UnixConnection(self._path)
        try:
            content = None if body is None else json.dumps(body)
            headers = {} if body is None else {"Content-Type": "application/json"}
            with suppress(BrokenPipeError):  # who is sent away at once has an answer all the same
                connection.request(method, target, content, headers)
            answer = connection.getresponse()
            return opened(json.loads(answer.read()), answer.status)
        except PermissionError as error:
            raise Refused("not_permitted", {"path": self._path}) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Refused("daemon_not_running", {"path": self._path}) from error
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout_seconds: float = _PATIENCE_SECONDS) -> None:
        super().__init__("beekeed", timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _is_over(reached_at: float) -> bool:
    return time.monotonic() > reached_at + _GONE_SECONDS


def opened(envelope: Any, status: int) -> dict[str, Any]:
    """Take an answer out of its envelope. ValueError: somebody else than the daemon wrote it.

    Raises Refused.
    """
    match envelope:
        case {"error": {"code": str(code), "params": dict(params)}}:
            raise Refused(code, params, status)
        case {"data": dict(data)}:
            return data
        case _:
            raise ValueError("not the control API")


def _target(path: tuple[str, ...], query: Mapping[str, str | int]) -> str:
    target = "/v1/" + "/".join(quote(part, safe="", errors="replace") for part in path)
    return f"{target}?{urlencode(query)}" if query else target
