"""The one shape of every answer: `{"data": …}` or `{"error": {code, params, sentence}}`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from beekeed.errors import BeekeedError, Code
from beekeed.say import say

_STATUS: Mapping[Code, HTTPStatus] = {
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    Code.ALREADY_RUNNING: HTTPStatus.CONFLICT,
    Code.NOT_PERMITTED: HTTPStatus.FORBIDDEN,
    Code.SETTING_FIXED: HTTPStatus.CONFLICT,
    Code.NO_LIMIT: HTTPStatus.CONFLICT,
}


def success(data: Any) -> web.Response:
    """Wrap a view, a dataclass or plain values; times are written as RFC 3339 in UTC."""
    return _json({"data": data}, HTTPStatus.OK)


def failure(error: BeekeedError) -> web.Response:
    """Wrap an error. Which HTTP status belongs to which code stands here only."""
    status = _STATUS.get(error.code, HTTPStatus.SERVICE_UNAVAILABLE)
    return _json({"error": reason_view(error.code, error.params)}, status)


def reason_view(code: str, params: Mapping[str, str | int]) -> dict[str, Any]:
    """Show a code with its parameters, and its sentence in English for other programs."""
    said = say(code, params)
    return {
        "code": code,
        "params": dict(params),
        "sentence": said.what,
        "remedy": said.remedy,
        "who": said.who,
    }


def _json(value: Any, status: HTTPStatus) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )
