"""Serves the table of screens: the way of one request, and what goes wrong on it.

A browser never sees a traceback, nor anything of the daemon's but sentences.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Middleware

from beekeed.client import Refused
from beekeed.connections import Crowd
from beekeed.page.asking import Daemon, Data
from beekeed.page.assets import Assets
from beekeed.page.gate import MOST_BODY_BYTES, Handler, add_headers, gate
from beekeed.page.language import chosen, language_for
from beekeed.page.live import Live
from beekeed.page.rarely import Rarely
from beekeed.page.rendering import Pages
from beekeed.page.screens import SCREENS, Screen
from beekeed.page.sharing import Shared
from beekeed.page.theme import theme_for
from beekeed.page.visit import COOKIE, Form, Gone, Served, Shown, Visit, headers
from beekeed.say import clean

_SMALL_BYTES = 1000  # what is shorter is not compressed
NOBODY: Data = {
    "sign_in_on": False,
    "signed_in": False,
    "seconds_to_next_try": 0,
    "form_token": None,
    "until": None,
    "seconds_left": None,
}
"""Who looks while the daemon cannot tell."""


def application(
    daemon: Daemon, names: Collection[str], *, is_encrypted: bool, crowd: Crowd, faults: Rarely
) -> web.Application:
    """Build the page; `names`: under which it may be opened, beside the box's addresses."""
    app = web.Application(
        client_max_size=MOST_BODY_BYTES,
        middlewares=[_known(crowd), _careful(faults), gate(names, is_encrypted=is_encrypted)],
    )
    assets = Assets()
    live = Live(daemon, most=crowd.limits.most)
    service = _Service(daemon, Pages(assets), live, crowd.limits.body_seconds)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(live.end)
    for screen in SCREENS:
        app.router.add_route(screen.method, screen.path, service.handler(screen))
    app.router.add_get("/live", live.serve)
    app.router.add_get("/static/{name}", assets.serve)
    app.router.add_route("*", "/{rest:.*}", service.nothing)
    return app


class _Service:
    """Conducts one request after another."""

    def __init__(self, daemon: Daemon, pages: Pages, live: Live, body_seconds: float) -> None:
        self._daemon = daemon
        self._pages = pages
        self._live = live
        self._shared = Shared[tuple[str, Shown]]()
        self._body_seconds = body_seconds

    def handler(self, screen: Screen) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Give what serves a line of the table."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if choice := chosen(request):
                return choice
            try:
                async with asyncio.timeout(self._body_seconds):
                    form = await _form(request)
            except TimeoutError:
                return await self._unread(request, "request_too_slow", 408)
            except web.HTTPRequestEntityTooLarge:
                return await self._unread(request, "request_too_large", 413)
            if screen.is_shared and COOKIE not in request.cookies:
                return await self._same_for_all(request, screen)
            visit = await self._visit(request, form)
            served = await _serve(screen, visit)
            if screen.method == "POST":
                self._shared.forget()
            return self._answer(visit, served)

        return handle

    async def _same_for_all(self, request: web.Request, screen: Screen) -> web.StreamResponse:
        """Answer who cannot be signed in; who was told live of something new, with that."""
        language, theme = language_for(request).code, theme_for(request)
        key = (request.path_qs, language, theme, self._live.state)
        return _page(*await self._shared.get(key, lambda: self._made(request, screen)))

    async def _made(self, request: web.Request, screen: Screen) -> tuple[str, Shown]:
        visit = await self._visit(request, {})
        served = await _serve(screen, visit)
        assert isinstance(served, Shown)  # noqa: S101 - what is shared leads nowhere
        return self._pages.render(visit, served), served

    async def _unread(self, request: web.Request, code: str, status: int) -> web.StreamResponse:
        """Say why a form was not read, and let the connection go."""
        visit = await self._visit(request, {})
        answer = self._answer(visit, _trouble(code, {"most": MOST_BODY_BYTES}, status))
        answer.force_close()
        return answer

    async def nothing(self, request: web.Request) -> web.StreamResponse:
        """Say that there is no such page."""
        if choice := chosen(request):
            return choice
        visit = await self._visit(request, {})
        return self._answer(
            visit, _trouble("not_found", {"what": f"page {clean(request.path)}"}, 404)
        )

    async def _visit(self, request: web.Request, form: Form) -> Visit:
        """Find out who looks; nobody, where the daemon cannot tell."""
        try:
            named = headers(request)
            session = await self._daemon.ask("GET", ("session",), headers=named)
        except Refused:
            session = NOBODY
        return Visit(
            daemon=self._daemon,
            request=request,
            session=session,
            form=form,
            language=language_for(request),
        )

    def _answer(self, visit: Visit, served: Served) -> web.StreamResponse:
        if isinstance(served, web.StreamResponse):
            return served
        if isinstance(served, Gone):
            return _see_other(visit, served)
        return _page(self._pages.render(visit, served), served)


def _page(text: str, shown: Shown) -> web.Response:
    answer = web.Response(
        text=text, content_type="text/html", status=shown.status, headers=shown.headers
    )
    answer.headers["Vary"] = "Accept-Language, Cookie"
    if len(text) > _SMALL_BYTES:
        answer.enable_compression()  # also beside a form's token: see form_token.py
    return answer


async def _serve(screen: Screen, visit: Visit) -> Served:
    """Have a screen or an action served; what the daemon refuses is said."""
    if screen.needs_session and not visit.is_signed_in:
        return _to_sign_in(visit)
    try:
        return await screen.serve(visit)
    except Refused as refused:
        if refused.code == "not_signed_in":
            return _to_sign_in(visit)
        return _trouble(refused.code, refused.params, refused.status)


def _to_sign_in(visit: Visit) -> Gone:
    """Lead to the password, and from there back to what was wanted."""
    wanted = visit.request.path_qs if visit.request.method == "GET" else "/"
    return Gone(f"/sign-in?{urlencode({'then': wanted})}")


def _trouble(code: str, params: object, status: int) -> Shown:
    return Shown("trouble", {"reason": {"code": code, "params": params}}, status)


def _see_other(visit: Visit, gone: Gone) -> web.Response:
    answer = web.Response(status=303, headers={"Location": gone.path})
    if gone.cookie:
        answer.set_cookie(
            COOKIE, gone.cookie, httponly=True, samesite="Strict", secure=visit.request.secure
        )
    elif gone.cookie is not None:
        answer.del_cookie(COOKIE, httponly=True, samesite="Strict")
    return answer


async def _form(request: web.Request) -> Form:
    """Read the fields of a form; a file counts as its text."""
    if request.method == "GET":
        return {}
    form: dict[str, list[str]] = {}
    for name, given in (await request.post()).items():
        text = given if isinstance(given, str) else _text(given)
        form.setdefault(name, []).append(text)
    return form


def _text(given: web.FileField | bytes | bytearray) -> str:
    content = given.file.read() if isinstance(given, web.FileField) else bytes(given)
    return content.decode("utf-8-sig", errors="replace")


def _known(crowd: Crowd) -> Middleware:
    """Give the middleware that tells the crowd whose request is being answered."""

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        with crowd.busy(request.transport):
            return await handler(request)

    return serve


def _careful(faults: Rarely) -> Middleware:
    """Give the middleware that sees that nobody ever sees a traceback."""

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            said = language_for(request).gettext(
                "This is not there, or cannot be asked for in this way ({status}).",
                status=error.status,
            )
            return web.Response(status=error.status, text=f"{said}\n")
        except Exception as error:  # noqa: BLE001 - it is logged
            faults.log(f"cannot serve {request.method} {clean(request.path)[:80]}", error)
            said = language_for(request).gettext("This page is broken: please tell its makers.")
            return web.Response(status=500, text=f"{said}\n")

    return serve
