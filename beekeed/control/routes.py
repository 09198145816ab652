"""The control API as one table: method, path, what serves it, and who may."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiohttp import web

from beekeed.control.actions import actions
from beekeed.control.api import Api
from beekeed.control.calendar import month
from beekeed.control.check import check
from beekeed.control.envelope import failure, success
from beekeed.control.guard import accept, guard
from beekeed.control.history import history, run
from beekeed.control.limit import limit, set_limit, top_up
from beekeed.control.link import link, try_link
from beekeed.control.preview import preview
from beekeed.control.set_aside import confirm, retry, set_aside
from beekeed.control.settings import set_settings, settings, settings_history
from beekeed.control.status import status
from beekeed.control.stop import stop
from beekeed.control.sync import sync
from beekeed.control.usage import usage
from beekeed.control.verify import verify
from beekeed.errors import BeekeedError, Code

log = logging.getLogger(__name__)

Serve = Callable[[Api, web.Request], Awaitable[Any]]


class Right(StrEnum):
    """What a caller must be allowed to do. control.sock's file mode allows both."""

    READ = "read"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table."""

    method: str
    path: str
    serve: Serve
    right: Right


ROUTES = (
    Route("GET", "/v1/status", status, Right.READ),
    Route("POST", "/v1/sync", sync, Right.ADMINISTER),
    Route("POST", "/v1/stop", stop, Right.ADMINISTER),
    Route("GET", "/v1/preview", preview, Right.ADMINISTER),
    Route("POST", "/v1/verify", verify, Right.ADMINISTER),
    Route("GET", "/v1/runs", history, Right.READ),
    Route("GET", "/v1/runs/{event_id}", run, Right.READ),
    Route("GET", "/v1/runs/{event_id}/actions", actions, Right.ADMINISTER),
    Route("GET", "/v1/calendar", month, Right.READ),
    Route("GET", "/v1/usage", usage, Right.READ),
    Route("GET", "/v1/limit", limit, Right.READ),
    Route("POST", "/v1/limit", set_limit, Right.ADMINISTER),
    Route("POST", "/v1/limit/top-up", top_up, Right.ADMINISTER),
    Route("GET", "/v1/set-aside", set_aside, Right.ADMINISTER),
    Route("POST", "/v1/set-aside/retry", retry, Right.ADMINISTER),
    Route("POST", "/v1/set-aside/confirm", confirm, Right.ADMINISTER),
    Route("GET", "/v1/guard", guard, Right.ADMINISTER),
    Route("POST", "/v1/guard/accept", accept, Right.ADMINISTER),
    Route("GET", "/v1/settings", settings, Right.ADMINISTER),
    Route("POST", "/v1/settings", set_settings, Right.ADMINISTER),
    Route("GET", "/v1/settings/history", settings_history, Right.ADMINISTER),
    Route("GET", "/v1/link", link, Right.READ),
    Route("POST", "/v1/link", try_link, Right.ADMINISTER),
    Route("POST", "/v1/check", check, Right.ADMINISTER),
)


def application(api: Api) -> web.Application:
    """Build the web application that serves the table."""
    app = web.Application(client_max_size=16 * 2**10, middlewares=[_in_envelope])
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(api, route.serve))
    return app


def _handler(api: Api, serve: Serve) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return success(await serve(api, request))

    return handle


@web.middleware
async def _in_envelope(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn every error into the envelope; nobody outside ever sees a traceback."""
    try:
        return await handler(request)
    except BeekeedError as error:
        return failure(error)
    except web.HTTPException:
        return failure(BeekeedError(Code.NOT_FOUND, what=f"{request.method} {request.path}"))
    except Exception:
        log.exception("cannot serve %s %s", request.method, request.path)
        return failure(BeekeedError(Code.INTERNAL))
