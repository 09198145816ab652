"""The real daemon answers as its description says, whatever it is asked."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
import urllib3
from requests.adapters import HTTPAdapter
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from beekeed import __version__
from beekeed.client import _UnixConnection
from beekeed.control.openapi import description
from beekeed.control.routes import ROUTES
from tests.system.world import World, world

DESCRIBED: dict[str, Any] = json.loads(msgspec.json.encode(description(ROUTES, __version__)))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

config = schemathesis.Config.from_dict(
    {
        "generation": {"max-examples": 12, "deterministic": True, "database": "none"},
        "phases": {"coverage": {"enabled": True}},
    }
)
# Events never end: tests/system/test_events.py has them.
schema = schemathesis.openapi.from_dict(DESCRIBED, config=config).exclude(path="/v1/events")


class _Pool(urllib3.HTTPConnectionPool):
    """Connections to one unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("beekeed")
        self._path = path

    def _new_conn(self) -> Any:
        made = urllib3.connection.HTTPConnection("beekeed")
        unix = _UnixConnection(self._path)
        unix.connect()
        made.sock = unix.sock
        return made


class _Adapter(HTTPAdapter):
    """Takes every request to one unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._pool = _Pool(path)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> Any:
        """Give the socket's pool."""
        return self._pool


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A daemon that has synchronized."""
    with world(tmp_path_factory.mktemp("openapi")) as made:
        made.start_daemon()
        made.sync()
        yield made


@pytest.fixture(scope="module")
def session(running: World) -> Iterator[requests.Session]:
    """What takes requests to its socket."""
    with requests.Session() as made:
        made.mount("http://", _Adapter(str(running.socket)))
        yield made


def test_what_is_served_is_what_is_checked(session: requests.Session) -> None:
    """At /v1/openapi.json, without an envelope."""
    answer = session.get("http://beekeed/v1/openapi.json")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json() == DESCRIBED


@schema.parametrize()
def test_every_route_keeps_to_its_description(case: Any, session: requests.Session) -> None:
    """No mistake of ours, no status and no answer that is not described; bad input is refused."""
    response = case.call(base_url="http://beekeed", session=session)
    case.validate_response(response, checks=CHECKS)


@pytest.mark.parametrize(
    ("method", "target", "body", "said"),
    [
        ("GET", "runs?limit=1&limit=2", b"", "something is given twice"),
        ("GET", "runs?limti=1", b"", "there is no limti here; it takes limit, offset, skipped"),
        ("GET", "runs?limit=many", b"", "limit must be a whole number, not text"),
        ("GET", "status?verbose=1", b"", "there is no verbose here; it takes nothing"),
        ("POST", "guard/accept", b"", "which is missing"),
        ("POST", "guard/accept?which=a&kind=x", b"", "kind cannot be 'x'"),
        ("POST", "limit", b"{}", "it says nothing to change"),
        ("POST", "limit", b'{"bytes": null}', "bytes must be a whole number, not null"),
    ],
)
def test_a_slip_is_refused_with_a_sentence(
    session: requests.Session, method: str, target: str, body: bytes, said: str
) -> None:
    """That says what is wrong, to whoever wrote the request."""
    answer = session.request(method, f"http://beekeed/v1/{target}", data=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["params"]) == ("bad_request", {"detail": said})


def test_nothing_of_that_was_a_mistake_of_ours(running: World) -> None:
    """Nor is there anything in the log that only a mistake leaves there."""
    assert "Traceback" not in running.log()
    assert "cannot serve" not in running.log()
