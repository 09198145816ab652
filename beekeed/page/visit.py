"""One request of a browser: who it is, what it sent, and what it may ask the daemon."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from beekeed.client import Refused
from beekeed.page.asking import Daemon, Data
from beekeed.page.form_token import unmasked
from beekeed.say import Language

_COOKIE = "beekeed-session"

Form = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A screen to render. `template` is named like the screen's file."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gone:
    """The browser is to go to another screen of ours (303), so that reload repeats nothing.

    `cookie`: the session to keep from now on; empty: none any more; None: as it was.
    """

    path: str
    cookie: str | None = None


Served = Shown | Gone | web.StreamResponse


class Visit:
    """What a screen's function gets."""

    def __init__(
        self,
        *,
        daemon: Daemon,
        request: web.Request,
        session: Data,
        form: Form,
        language: Language,
        trouble: Refused | None,
    ) -> None:
        self.daemon = daemon
        self.request = request
        self.session = session
        """As `GET /v1/session` tells it."""
        self.form = form
        self.language = language
        self.trouble = trouble
        """Why it is not known who looks."""

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody with the password looks."""
        return bool(self.session["signed_in"])

    def query(self, name: str) -> str:
        """Give a word of the address; empty where there is none."""
        return self.request.query.get(name, "")

    def given(self, name: str) -> str:
        """Give a field of the form; empty where there is none."""
        return self.form.get(name, [""])[0].strip()

    async def get(self, *path: str, **query: str | int) -> Data:
        """Read something for this browser. Raises Refused."""
        return await self.daemon.ask("GET", path, query=query, headers=headers(self.request))

    async def post(self, *path: str, body: Mapping[str, Any] | None = None, **query: str) -> Data:
        """Have something done for this browser, by the form that it sent. Raises Refused."""
        return await self.send("POST", *path, body=body, **query)

    async def send(
        self, method: str, *path: str, body: Mapping[str, Any] | None = None, **query: str
    ) -> Data:
        """Do what is neither a GET nor a POST. Raises Refused."""
        named = headers(self.request) | {"Beekeed-Form": unmasked(self.given("form_token"))}
        return await self.daemon.ask(method, path, query=query, body=body, headers=named)


Serve = Callable[[Visit], Awaitable[Served]]


def cookie_of(request: web.Request) -> str:
    """Name the session's cookie: over TLS so that nobody but this host can have set it.

    What the prefix asks for: draft-ietf-httpbis-rfc6265bis, 4.1.3.2.
    """
    return f"__Host-{_COOKIE}" if request.secure else _COOKIE


def headers(request: web.Request) -> dict[str, str]:
    """Tell the daemon for which browser it is asked: whence, and by which session."""
    named = {"Beekeed-Client": request.remote or ""}
    session_id = request.cookies.get(cookie_of(request), "")
    if session_id.isascii() and session_id.isprintable() and session_id:
        named["Beekeed-Session"] = session_id
    return named
