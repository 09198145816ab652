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
from beekeed.page.assets import Assets, takes_gzip
from beekeed.page.gate import MOST_BODY_BYTES, Handler, add_headers, gate
from beekeed.page.language import chosen, language_for
from beekeed.page.live import Live
from beekeed.page.rarely import Rarely
from beekeed.page.rendering import Pages
from beekeed.page.screens import OWN, SCREENS, Screen
from beekeed.page.sharing import Shared
from beekeed.page.theme import theme_for
from beekeed.page.visit import Form, Gone, Served, Shown, Visit, cookie_of, headers
from beekeed.say import clean

_LONGEST = 80  # letters
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
    assets = Assets()
    live = Live(daemon, most=crowd.limits.most)
    service = _Service(daemon, Pages(assets), live, crowd.limits.body_seconds)
    app = web.Application(
        client_max_size=MOST_BODY_BYTES,
        middlewares=[
            _known(crowd),
            _careful(service, faults),
            gate(names, is_encrypted=is_encrypted),
        ],
    )
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(live.end)
    for screen in SCREENS:
        handler = service.handler(screen)
        app.router.add_route(screen.method, screen.path, handler)
        if screen.method == "GET":
            app.router.add_route("HEAD", screen.path, _as_get(handler))
    places = {screen.path for screen in SCREENS if screen.method == "GET"}
    for path in OWN.keys() - places:
        app.router.add_get(path, _to_own)
    app.router.add_get("/live", live.serve)
    app.router.add_get("/static/{name}", assets.serve)
    return app


def _as_get(handler: Handler) -> Handler:
    """Serve a HEAD as the GET that it asks about; aiohttp leaves the body out."""

    async def serve(request: web.Request) -> web.StreamResponse:
        return await handler(request.clone(method="GET"))

    return serve


async def _to_own(request: web.Request) -> web.StreamResponse:
    """Lead who asks for the answer to a form, as reload and a bookmark do, to the form."""
    return web.Response(status=303, headers={"Location": OWN[request.path]})


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
            except Exception:  # noqa: BLE001 - whatever aiohttp makes of what is no form
                return await self._unread(request, "form_unreadable", 400)
            if screen.is_shared and cookie_of(request) not in request.cookies:
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
        return _page(request, *await self._shared.get(key, lambda: self._made(request, screen)))

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
            visit, _trouble("not_found", {"what": f"page {_cut(clean(request.path))}"}, 404)
        )

    async def _visit(self, request: web.Request, form: Form) -> Visit:
        """Find out who looks; nobody is known, where the daemon cannot tell."""
        trouble, session = None, NOBODY
        try:
            session = await self._daemon.ask("GET", ("session",), headers=headers(request))
        except Refused as refused:
            trouble = refused
        return Visit(
            daemon=self._daemon,
            request=request,
            session=session,
            form=form,
            language=language_for(request),
            trouble=trouble,
        )

    def _answer(self, visit: Visit, served: Served) -> web.StreamResponse:
        if isinstance(served, web.StreamResponse):
            return served
        if isinstance(served, Gone):
            return _see_other(visit, served)
        return _page(visit.request, self._pages.render(visit, served), served)


def _cut(text: str) -> str:
    """Say no more of a long text than lets it be known again."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _page(request: web.Request, text: str, shown: Shown) -> web.Response:
    answer = web.Response(
        text=text, content_type="text/html", status=shown.status, headers=shown.headers
    )
    answer.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    if len(text) > _SMALL_BYTES and takes_gzip(request):
        answer.enable_compression(
            web.ContentCoding.gzip
        )  # also beside a form's token: see form_token.py
    return answer


async def _serve(screen: Screen, visit: Visit) -> Served:
    """Have a screen or an action served; what the daemon refuses is said."""
    if visit.trouble is not None and screen.asks:
        return _refused(visit.trouble)
    if screen.needs_session and not visit.is_signed_in:
        return _to_sign_in(visit)
    try:
        return await screen.serve(visit)
    except Refused as refused:
        if refused.code == "not_signed_in":
            return _to_sign_in(visit)
        return _refused(refused)


def _to_sign_in(visit: Visit) -> Gone:
    """Lead to the password, and from there back to what was wanted.

    Of a form that comes too late nothing is kept: it would be sent again without its sender.
    """
    if visit.request.method == "GET":
        return Gone(f"/sign-in?{urlencode({'then': visit.request.path_qs})}")
    return Gone(f"/sign-in?{urlencode({'then': OWN[visit.request.path], 'ended': 'yes'})}")


def _refused(refused: Refused) -> Shown:
    return _trouble(refused.code, refused.params, refused.status)


def _trouble(code: str, params: object, status: int) -> Shown:
    return Shown("trouble", {"reason": {"code": code, "params": params}}, status)


def _see_other(visit: Visit, gone: Gone) -> web.Response:
    answer = web.Response(status=303, headers={"Location": gone.path})
    name = cookie_of(visit.request)
    if gone.cookie:
        answer.set_cookie(
            name, gone.cookie, httponly=True, samesite="Strict", secure=visit.request.secure
        )
    elif gone.cookie is not None:
        answer.del_cookie(name, httponly=True, samesite="Strict", secure=visit.request.secure)
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


def _careful(service: _Service, faults: Rarely) -> Middleware:
    """Give the middleware that sees that nobody ever sees a traceback."""

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status == 404 and error is request.match_info.http_exception:
                return await service.nothing(request)
            said = language_for(request).gettext(
                "This is not there, or cannot be asked for in this way ({status}).",
                status=error.status,
            )
            allowed = {"Allow": error.headers["Allow"]} if error.status == 405 else {}
            return web.Response(status=error.status, text=f"{said}\n", headers=allowed)
        except Exception as error:  # noqa: BLE001 - it is logged
            faults.log(f"cannot serve {request.method} {clean(request.path)[:80]}", error)
            said = language_for(request).gettext("This page is broken: please tell its makers.")
            return web.Response(status=500, text=f"{said}\n")

    return serve
