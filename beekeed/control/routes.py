"""The control API as one table: what each route takes and gives, what serves it, who may.

A line here and the types beside its handler are all that a new route needs: its body and query
are read by them, and the API's description is made from them.
"""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from beekeed.control import asked
from beekeed.control.access import admit, guard_of
from beekeed.control.actions import ActionsAnswer, ActionsQuery, actions
from beekeed.control.api import Api
from beekeed.control.asked import AskedMonth
from beekeed.control.calendar import CalendarAnswer, month
from beekeed.control.caller import Door
from beekeed.control.check import CheckAnswer, check
from beekeed.control.envelope import failure, success
from beekeed.control.events import EventsView, events
from beekeed.control.guard import AcceptAnswer, AcceptQuery, GuardAnswer, accept, guard
from beekeed.control.health import HealthAnswer, health
from beekeed.control.history import (
    HistoryAnswer,
    HistoryQuery,
    RunAnswer,
    RunQuery,
    history,
    run,
)
from beekeed.control.limit import LimitAnswer, LimitAsked, TopUpAsked, limit, set_limit, top_up
from beekeed.control.link import LinkAnswer, LinkQuery, link, try_link
from beekeed.control.mail import MailAnswer, MailTestAnswer, mail, try_mail
from beekeed.control.metrics import metrics
from beekeed.control.openapi import TABLE, openapi
from beekeed.control.password import (
    PasswordAnswer,
    PasswordAsked,
    password,
    set_password,
    unlock,
)
from beekeed.control.preview import PreviewAnswer, PreviewAsked, preview
from beekeed.control.report import ReportAnswer, report
from beekeed.control.route import Right, Route
from beekeed.control.schedule import ScheduleAnswer, ScheduleAsked, schedule, set_schedule
from beekeed.control.session import (
    SessionAnswer,
    SignedInAnswer,
    SignedOutAnswer,
    SignInAsked,
    session,
    sign_in,
    sign_out,
)
from beekeed.control.set_aside import (
    ConfirmAnswer,
    ConfirmAsked,
    RetryAnswer,
    SetAsideAnswer,
    confirm,
    retry,
    set_aside,
)
from beekeed.control.settings import (
    SettingsAnswer,
    SettingsAsked,
    SettingsHistoryAnswer,
    SettingsHistoryQuery,
    set_settings,
    settings,
    settings_history,
)
from beekeed.control.status import StatusAnswer, status
from beekeed.control.stop import StopAnswer, stop
from beekeed.control.sync import SyncAnswer, SyncAsked, sync
from beekeed.control.usage import UsageAnswer, usage
from beekeed.control.verify import VerifyAnswer, verify
from beekeed.control.waiting import WaitingAnswer, WaitingQuery, waiting
from beekeed.errors import BeekeedError, Code
from beekeed.say import clean

log = logging.getLogger(__name__)

_BUSY = (Code.ALREADY_RUNNING,)
_OFF = (Code.SYNC_DISABLED,)
_NO_SUCH = (Code.NOT_FOUND,)

ROUTES = (
    Route("GET", "/v1/status", status, Right.READ, StatusAnswer),
    Route("POST", "/v1/sync", sync, Right.ADMINISTER, SyncAnswer, body=SyncAsked, codes=_OFF),
    Route("POST", "/v1/stop", stop, Right.ADMINISTER, StopAnswer),
    Route(
        "GET", "/v1/preview", preview, Right.ADMINISTER, PreviewAnswer,
        query=PreviewAsked, codes=_BUSY,
    ),
    Route("POST", "/v1/verify", verify, Right.ADMINISTER, VerifyAnswer, codes=_BUSY + _OFF),
    Route("GET", "/v1/runs", history, Right.READ, HistoryAnswer, query=HistoryQuery),
    Route(
        "GET", "/v1/runs/{event_id}", run, Right.READ, RunAnswer, query=RunQuery, codes=_NO_SUCH
    ),
    Route(
        "GET", "/v1/runs/{event_id}/actions", actions, Right.ADMINISTER, ActionsAnswer,
        query=ActionsQuery, codes=_NO_SUCH,
    ),
    Route("GET", "/v1/calendar", month, Right.READ, CalendarAnswer, query=AskedMonth),
    Route("GET", "/v1/schedule", schedule, Right.READ, ScheduleAnswer),
    Route(
        "POST", "/v1/schedule", set_schedule, Right.ADMINISTER, ScheduleAnswer,
        body=ScheduleAsked, codes=(Code.SETTING_FIXED,),
    ),
    Route("GET", "/v1/usage", usage, Right.READ, UsageAnswer, query=AskedMonth),
    Route("GET", "/v1/limit", limit, Right.READ, LimitAnswer),
    Route(
        "POST", "/v1/limit", set_limit, Right.ADMINISTER, LimitAnswer,
        body=LimitAsked, codes=(Code.SETTING_FIXED,),
    ),
    Route(
        "POST", "/v1/limit/top-up", top_up, Right.ADMINISTER, LimitAnswer,
        body=TopUpAsked, codes=(Code.NO_LIMIT,),
    ),
    Route(
        "GET", "/v1/waiting", waiting, Right.ADMINISTER, WaitingAnswer,
        query=WaitingQuery, codes=_NO_SUCH,
    ),
    Route("GET", "/v1/set-aside", set_aside, Right.ADMINISTER, SetAsideAnswer),
    Route("POST", "/v1/set-aside/retry", retry, Right.ADMINISTER, RetryAnswer),
    Route(
        "POST", "/v1/set-aside/confirm", confirm, Right.ADMINISTER, ConfirmAnswer,
        body=ConfirmAsked,
    ),
    Route("GET", "/v1/guard", guard, Right.ADMINISTER, GuardAnswer),
    Route(
        "POST", "/v1/guard/accept", accept, Right.ADMINISTER, AcceptAnswer,
        query=AcceptQuery, codes=_NO_SUCH,
    ),
    Route("GET", "/v1/settings", settings, Right.ADMINISTER, SettingsAnswer),
    Route(
        "POST", "/v1/settings", set_settings, Right.ADMINISTER, SettingsAnswer,
        body=SettingsAsked, codes=(Code.SETTING_FIXED,),
    ),
    Route(
        "GET", "/v1/settings/history", settings_history, Right.ADMINISTER, SettingsHistoryAnswer,
        query=SettingsHistoryQuery,
    ),
    Route("GET", "/v1/mail", mail, Right.ADMINISTER, MailAnswer),
    Route(
        "POST", "/v1/mail/test", try_mail, Right.ADMINISTER, MailTestAnswer,
        codes=(Code.MAIL_NOT_SET_UP, Code.MAIL_ADDRESS_WRONG),
    ),
    Route("GET", "/v1/link", link, Right.READ, LinkAnswer, query=LinkQuery),
    Route("POST", "/v1/link", try_link, Right.ADMINISTER, LinkAnswer, codes=_BUSY),
    Route("POST", "/v1/check", check, Right.ADMINISTER, CheckAnswer, codes=_BUSY),
    Route("GET", "/v1/events", events, Right.READ, EventsView, media="text/event-stream"),
    Route("GET", "/v1/health", health, Right.READ, HealthAnswer),
    Route("GET", "/v1/metrics", metrics, Right.READ, media="text/plain"),
    Route("GET", "/v1/report", report, Right.ADMINISTER, ReportAnswer),
    Route("GET", "/v1/session", session, Right.READ, SessionAnswer),
    Route(
        "POST", "/v1/session", sign_in, Right.READ, SignedInAnswer, body=SignInAsked,
        codes=(Code.PASSWORD_WRONG, Code.SIGN_IN_OFF, Code.SIGN_IN_HELD),
    ),
    Route("DELETE", "/v1/session", sign_out, Right.ADMINISTER, SignedOutAnswer),
    Route("GET", "/v1/password", password, Right.CONTROL, PasswordAnswer),
    Route(
        "POST", "/v1/password", set_password, Right.CONTROL, PasswordAnswer, body=PasswordAsked,
        codes=(Code.PASSWORD_TOO_SHORT, Code.PASSWORD_TOO_LONG),
    ),
    Route("POST", "/v1/password/unlock", unlock, Right.CONTROL, PasswordAnswer),
    Route("GET", "/v1/openapi.json", openapi, Right.READ),
)  # fmt: skip


def application(api: Api, door: Door, body_seconds: float = 10) -> web.Application:
    """Build the web application that serves the table at one of the sockets."""
    middlewares = [_in_envelope, guard_of(body_seconds)]
    app = web.Application(client_max_size=asked.MOST_BODY_BYTES, middlewares=middlewares)
    app[TABLE] = ROUTES
    app.on_shutdown.append(_end_watching(api))
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(api, route, door))
    return app


def _end_watching(api: Api) -> Callable[[web.Application], Awaitable[None]]:
    async def end(_: web.Application) -> None:
        api.watchers.close()

    return end


def _handler(
    api: Api, route: Route, door: Door
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        admit(request, route.right, door, api.signing)
        await asked.read(request, route.body, route.query)
        answer = await route.serve(api, request)
        return answer if isinstance(answer, web.StreamResponse) else success(answer)

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
        log.exception("cannot serve %s %s", request.method, clean(request.path))
        return failure(BeekeedError(Code.INTERNAL))
