"""Who may do what: decided here, and nowhere else, for each request.

Rights follow from the socket that a request came by. Whoever the mode and group of
control.sock let in may do everything. page.sock is the page's process's: what it asks is
anonymous and may only read, unless it hands on a session that this daemon opened. A peer's
user decides nothing: where the daemon runs in a user namespace (systemd's PrivateUsers=yes)
each user but root and its own shows as 65534. It is noted beside what was done.

The page's process may be broken into: all that it can do is read what anybody on the
learners' network may read, and use a session while its browser uses it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from beekeed.control.asked import MOST_BODY_BYTES
from beekeed.control.caller import Door, caller, note_caller
from beekeed.control.route import Right
from beekeed.control.signing import Signing, is_form_token
from beekeed.errors import BeekeedError, Code

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HOST = "beekeed"
"""What every request names as its Host: no name that a browser could be led to."""
SESSION_HEADER = "Beekeed-Session"
FORM_HEADER = "Beekeed-Form"
ADDRESS_HEADER = "Beekeed-Client"
"""The address of the browser that the page's process asks for."""
_OF_BROWSERS = ("Origin", "Referer")


def guard_of(body_seconds: float) -> Middleware:
    """Give the middleware that refuses what no client of ours sends.

    A browser that was led to a socket (by a proxy, say) names itself by its headers. The body
    is read here: it must be small and come soon, whatever becomes of the request.
    """

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.getall("Host", []) != [HOST]:
            raise BeekeedError(Code.STRANGE_HOST)
        if any(name in request.headers for name in _OF_BROWSERS):
            raise BeekeedError(Code.FROM_BROWSER)
        await _read(request, body_seconds)
        return await handler(request)

    return guarded


async def _read(request: web.Request, seconds: float) -> None:
    """Have aiohttp read the body and keep it for whoever reads it again.

    Raises BeekeedError, also where the client leaves before its end: nobody hears that.
    """
    try:
        async with asyncio.timeout(seconds):
            await request.read()
    except TimeoutError as error:
        raise BeekeedError(Code.REQUEST_TOO_SLOW) from error
    except web.HTTPRequestEntityTooLarge as error:
        raise BeekeedError(Code.REQUEST_TOO_LARGE, most=MOST_BODY_BYTES) from error
    except (web.RequestPayloadError, ConnectionResetError) as error:
        raise BeekeedError(Code.BAD_REQUEST, detail="its body cannot be read") from error


def admit(request: web.Request, right: Right, door: Door, signing: Signing) -> None:
    """Let a request pass that may do what its route does, and note who asks.

    Raises BeekeedError ONLY_ON_BOX, NOT_SIGNED_IN or FORM_STALE.
    """
    if door is Door.PAGE:
        _admit_browser(request, right, signing)
    else:
        note_caller(request, door)
    if request.method != "GET" and right is not Right.READ:
        resource = request.match_info.route.resource
        who = caller(request).who
        log.info("%s %s by %s", request.method, resource and resource.canonical, who)


def _admit_browser(request: web.Request, right: Right, signing: Signing) -> None:
    """Decide for a browser that the page's process asks for."""
    given = request.headers.get(SESSION_HEADER, "")
    session_id = given if given and signing.use(given) else ""
    note_caller(request, Door.PAGE, request.headers.get(ADDRESS_HEADER, ""), session_id)
    if right is Right.CONTROL:
        raise BeekeedError(Code.ONLY_ON_BOX)
    if right is Right.ADMINISTER and not session_id:
        raise BeekeedError(Code.NOT_SIGNED_IN)
    form = request.headers.get(FORM_HEADER, "")
    if session_id and request.method != "GET" and not is_form_token(session_id, form):
        raise BeekeedError(Code.FORM_STALE)
