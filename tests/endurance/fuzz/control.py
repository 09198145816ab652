"""The control API: each answer has a status that is described, in our envelope, and is true.

Each request comes by both sockets of the real daemon. What was acknowledged is on the disk, and
what was not is not.
"""

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from beekeed import __version__
from beekeed.control.openapi import description
from beekeed.control.routes import ROUTES
from tests.endurance.fuzz.requests import Request, request_of
from tests.endurance.fuzz.running import Answer, Running
from tests.endurance.fuzz.target import Target

_WAITS = re.compile(r"/v1/events|wait=")
_OF_NO_ROUTE = frozenset({400, 403, 404, 408, 413, 421})
_SECTIONS = {"/v1/limit": "limit.", "/v1/schedule": "schedule."}


def target() -> Target:
    """Give the target."""
    running = Running()
    running.start()

    def taste(data: bytes) -> None:
        request = request_of(data, session_id=running.session_id, form_token=running.form_token)
        for door in (running.page, running.control):
            _Try(running, door, request).go()

    return Target(taste, _words())


def _words() -> tuple[str, ...]:
    lines = [f"{route.method} {route.path}" for route in ROUTES]
    kinds = [kind for route in ROUTES for kind in (route.body, route.query) if kind]
    names = {field.encode_name for kind in kinds for field in msgspec.structs.fields(kind)}
    return (
        *lines,
        *(f'{{"{name}":' for name in names),
        *(f"&{name}=" for name in names),
        *("Beekeed-Session: SESSION\n", "Beekeed-Form: FORM\n", "Beekeed-Client: 10.0.0.7\n"),
        *("Host: evil\n", "Origin: http://x\n", "Content-Encoding: gzip\n", "?wait=1", "%00"),
        *('{"values":{"', "limit.bytes", "sync.late_changes", "schedule.hours", "mail.to", "null"),
    )


class _Try:
    """One request at one socket."""

    def __init__(self, running: Running, door: Path, request: Request) -> None:
        self._running = running
        self._door = door
        self._request = request

    def go(self) -> None:
        """Ask, and hold the answer to what is promised."""
        before = self._running.stored()
        waits = _WAITS.search(self._request.target) is not None
        sent = self._request.written(b"Host: beekeed")
        answer = self._running.send(self._door, sent, 0.2 if waits else 10)
        assert self._running.faults.heard == [], self._running.faults.heard[0]
        assert answer.status or waits, "no answer"
        if answer.status and "event-stream" not in answer.headers.get("content-type", ""):
            self._check_described(answer)
            self._check_acknowledged(answer, before)
        changed = self._request.method != "GET"
        if changed and self._request.path.startswith(("/v1/password", "/v1/session")):
            self._running.sign_in()

    def _check_described(self, answer: Answer) -> None:
        assert answer.status in self._statuses(), answer
        if answer.headers["content-type"].startswith("application/json"):
            envelope = json.loads(answer.body)
            if answer.status != 200:
                assert envelope["error"].keys() == {"code", "params", "sentence", "remedy", "who"}
        else:
            assert answer.status == 200, answer
        assert b"Traceback" not in answer.body

    def _statuses(self) -> set[int] | frozenset[int]:
        method, path = self._request.method.lower(), self._request.path
        for pattern, operations in _PATHS.items():
            if method in operations and re.fullmatch(re.sub("{.*?}", "[^/]+", pattern), path):
                return {int(each) for each in operations[method]["responses"]} - {500}
        return _OF_NO_ROUTE

    def _check_acknowledged(self, answer: Answer, before: dict[str, Any]) -> None:
        after = self._running.stored()
        path = self._request.path
        if self._request.method != "POST" or answer.status != 200:
            assert after == before, "it was refused, and done"
        elif path == "/v1/settings":
            self._check_stored(json.loads(self._request.body)["values"], before, after)
        elif path in _SECTIONS:
            given = json.loads(self._request.body)
            asked = {f"{_SECTIONS[path]}{name}": value for name, value in given.items()}
            kept = {key: value for key, value in asked.items() if value is not None}
            self._check_stored(kept, before, after)

    def _check_stored(
        self, asked: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        answer = self._running.ask(self._running.control, "GET", "/v1/settings")
        shown = {each["key"]: each for each in answer.data["settings"]}
        for key, value in asked.items():
            wanted = shown[key]["default"] if value is None else value
            assert shown[key]["value"] == wanted, key
            assert after.get(key, shown[key]["default"]) == wanted, key
        for key in before.keys() | after.keys():
            assert key in asked or before.get(key) == after.get(key), key


_PATHS: dict[str, Any] = json.loads(msgspec.json.encode(description(ROUTES, __version__)))["paths"]
