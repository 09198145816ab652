"""What one line of the API's table says: who may, what it takes, what it gives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.errors import Code

Answered = msgspec.Struct | web.StreamResponse
"""What a handler gives: an answer for the envelope, or a whole response of another format."""

Serve = Callable[[Api, web.Request], Awaitable[Answered]]


class Right(StrEnum):
    """What a caller must be allowed to do; `access.py` decides who is."""

    READ = "read"
    """Anybody: what it shows has no learner's name and no person's address."""
    ADMINISTER = "administer"
    """Who is at control.sock, or signed in at page.sock."""
    CONTROL = "control"
    """Who is at control.sock only: what a stolen session must not do."""


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table; the description of the API is made from it (`openapi.py`).

    `answer`: what stands in the envelope; for another `media` than JSON there is no envelope.
    `body` and `query`: what it takes (see `asked.py`); None: nothing. `codes`: errors that
    it has of its own, beside those that any may have.
    """

    method: str
    path: str
    serve: Serve
    right: Right
    answer: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    codes: tuple[Code, ...] = ()
    media: str = "application/json"
