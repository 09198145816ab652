"""The one shape of every answer: `{"data": …}` or `{"error": {code, params, sentence}}`."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from beekeed.core.model import Reason
from beekeed.errors import BeekeedError, Code, Param
from beekeed.say import language_of

Time = Annotated[datetime, Meta(tz=True)]
"""A moment in an answer: RFC 3339, in UTC."""

_STATUS: Mapping[Code, HTTPStatus] = {
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    Code.ALREADY_RUNNING: HTTPStatus.CONFLICT,
    Code.NOT_PERMITTED: HTTPStatus.FORBIDDEN,
    Code.SETTING_FIXED: HTTPStatus.CONFLICT,
    Code.NO_LIMIT: HTTPStatus.CONFLICT,
    Code.SYNC_DISABLED: HTTPStatus.CONFLICT,
    Code.STRANGE_HOST: HTTPStatus.MISDIRECTED_REQUEST,
    Code.FROM_BROWSER: HTTPStatus.FORBIDDEN,
    Code.REQUEST_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.REQUEST_TOO_SLOW: HTTPStatus.REQUEST_TIMEOUT,
    Code.ONLY_ON_BOX: HTTPStatus.FORBIDDEN,
    Code.NOT_SIGNED_IN: HTTPStatus.UNAUTHORIZED,
    Code.FORM_STALE: HTTPStatus.FORBIDDEN,
    Code.SIGN_IN_OFF: HTTPStatus.CONFLICT,
    Code.SIGN_IN_HELD: HTTPStatus.TOO_MANY_REQUESTS,
    Code.PASSWORD_WRONG: HTTPStatus.FORBIDDEN,
    Code.PASSWORD_TOO_SHORT: HTTPStatus.BAD_REQUEST,
    Code.PASSWORD_TOO_LONG: HTTPStatus.BAD_REQUEST,
    Code.MAIL_NOT_SET_UP: HTTPStatus.CONFLICT,
    Code.MAIL_ADDRESS_WRONG: HTTPStatus.CONFLICT,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class ReasonView(msgspec.Struct, frozen=True, kw_only=True):
    """A trouble or a reason: its code with its parameters, and what it says in English.

    `sentence`: what happened. `remedy`: what to do about it, empty where there is nothing.
    `who`: who can do that.
    """

    code: Code
    params: Mapping[str, Param]
    sentence: str
    remedy: str
    who: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope of an error."""

    error: ReasonView


def success(data: Any) -> web.Response:
    """Wrap an answer; times are written as RFC 3339 in UTC."""
    return _json({"data": data}, HTTPStatus.OK)


def failure(error: BeekeedError) -> web.Response:
    """Wrap an error."""
    told = Failure(error=reason_view(error.code, error.params))
    response = _json(told, status_of(error.code))
    if error.code is Code.SIGN_IN_HELD:
        response.headers["Retry-After"] = str(error.params["seconds"])
    return response


def failure_bytes(error: BeekeedError) -> bytes:
    """Write an error as a whole answer, for whoever is sent away before a request is read."""
    response = failure(error)
    assert isinstance(response.body, bytes)  # noqa: S101 - _json made it
    head = (
        f"HTTP/1.1 {response.status} {response.reason}\r\n"
        f"Content-Type: {response.content_type}\r\n"
        f"Content-Length: {len(response.body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + response.body


def status_of(code: Code) -> HTTPStatus:
    """Give the HTTP status of a code. Which belongs to which stands here only."""
    return _STATUS.get(code, HTTPStatus.SERVICE_UNAVAILABLE)


def reason_view(code: Code, params: Mapping[str, Param]) -> ReasonView:
    """Show a code with its parameters, and its sentence in English for other programs."""
    said = language_of("en").say(code, params)
    return ReasonView(
        code=code, params=dict(params), sentence=said.what, remedy=said.remedy, who=said.who
    )


def maybe_reason(reason: Reason | None) -> ReasonView | None:
    """Show a reason where there is one."""
    return reason_view(reason.code, reason.params) if reason else None


def _json(value: Any, status: HTTPStatus) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )
