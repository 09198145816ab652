"""`POST`, `GET` and `DELETE /v1/session`: signing in, who is, and signing out.

The page's process keeps the session's ID in the browser's cookie and sends it with each request
(`Beekeed-Session`), with the form's token where something is changed (`Beekeed-Form`), and tells
where the browser is (`Beekeed-Client`).
"""

from datetime import datetime
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import Asked, body_of
from beekeed.control.caller import caller
from beekeed.errors import BeekeedError, Code


class SignInAsked(Asked, frozen=True, kw_only=True):
    """The administrator's password."""

    password: str


class SignedInAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A session that was opened, for the browser that asked."""

    schema: Literal["beekeed.signed-in/1"] = "beekeed.signed-in/1"
    session_id: str
    form_token: str
    until: datetime
    seconds_left: int


class SessionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with a browser; `form_token` and what follows are null where nobody is in.

    `seconds_to_next_try`: for how long its address must wait after wrong passwords.
    """

    schema: Literal["beekeed.session/1"] = "beekeed.session/1"
    sign_in_on: bool
    signed_in: bool
    seconds_to_next_try: int
    form_token: str | None
    until: datetime | None
    seconds_left: int | None


class SignedOutAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The session has ended."""

    schema: Literal["beekeed.signed-out/1"] = "beekeed.signed-out/1"


async def sign_in(api: Api, request: web.Request) -> SignedInAnswer:
    """Open a session for who knows the password. Nobody at control.sock ever waits."""
    asked = body_of(request, SignInAsked)
    ticket = await api.signing.sign_in(asked.password, caller(request).address)
    return SignedInAnswer(
        session_id=ticket.session_id,
        form_token=ticket.form_token,
        until=ticket.until,
        seconds_left=ticket.seconds_left,
    )


async def session(api: Api, request: web.Request) -> SessionAnswer:
    """Tell whether the browser is signed in, and whether it could be."""
    asking = caller(request)
    ticket = api.signing.ticket(asking.session_id) if asking.session_id else None
    wait = 0 if asking.address is None else api.signing.seconds_to_next_try(asking.address)
    return SessionAnswer(
        sign_in_on=api.signing.is_on,
        signed_in=ticket is not None,
        seconds_to_next_try=wait,
        form_token=ticket.form_token if ticket else None,
        until=ticket.until if ticket else None,
        seconds_left=ticket.seconds_left if ticket else None,
    )


async def sign_out(api: Api, request: web.Request) -> SignedOutAnswer:
    """End the browser's session."""
    asking = caller(request)
    if not asking.session_id:
        raise BeekeedError(Code.NOT_SIGNED_IN)
    api.signing.sign_out(asking.session_id)
    return SignedOutAnswer()
