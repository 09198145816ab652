"""`GET` and `POST /v1/password`, and `POST /v1/password/unlock`: with which people sign in.

At control.sock only: whoever stole a session could else lock out whom it was stolen from.
"""

from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import Asked, body_of


class PasswordAsked(Asked, frozen=True, kw_only=True):
    """The password to set; null: none, so that nobody can sign in."""

    password: str | None


class PasswordAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one is set, and how many are signed in with it."""

    schema: Literal["beekeed.password/1"] = "beekeed.password/1"
    is_set: bool
    sessions: int


async def password(api: Api, _: web.Request) -> PasswordAnswer:
    """Tell whether a password is set."""
    return PasswordAnswer(is_set=api.signing.is_on, sessions=api.signing.count())


async def set_password(api: Api, request: web.Request) -> PasswordAnswer:
    """Set it or take it away; whoever was signed in is so no more."""
    asked = body_of(request, PasswordAsked)
    await api.signing.set_password(asked.password)
    return await password(api, request)


async def unlock(api: Api, request: web.Request) -> PasswordAnswer:
    """Let everybody try again who waits after wrong passwords."""
    api.signing.unlock()
    return await password(api, request)
