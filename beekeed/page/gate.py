"""What a browser must be and must not send, before anything else is looked at.

Against DNS rebinding: the page answers only under a name of this box. Against forged requests:
whatever changes something must come from a page of the same origin; the session's cookie
(SameSite=Strict) and the form's token, which the daemon holds against each other, come on top.
`Sec-Fetch-Site` would tell more, but browsers send it to https pages only.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Collection, Mapping

from aiohttp import web
from aiohttp.typedefs import Middleware

from beekeed.page.language import language_for

MOST_BODY_BYTES = 64 * 1024
"""Of a form: a list of some thousand usernames is the largest."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer browsers send "Origin: null" with a form (Fetch standard, 3.2: append a
    # request Origin header), and no form of ours could be told from a forged one.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_OF_EVERYTHING = frozenset({"X-Content-Type-Options", "Cross-Origin-Resource-Policy"})
_NO_DOCUMENTS = frozenset({"text/css", "text/javascript", "text/event-stream"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def gate(names: Collection[str], *, is_encrypted: bool) -> Middleware:
    """Give the middleware that turns away who must not come in; `names`: of this box.

    The addresses of the box need not be among them: the one that the browser reached counts.
    """
    scheme = "https" if is_encrypted else "http"

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        if not is_own(host, _reached(request), names):
            return web.Response(status=421, text=_by_which_name(request, scheme))
        is_served = request.match_info.http_exception is None
        is_form = is_served and request.method not in ("GET", "HEAD")
        if is_form and request.headers.get("Origin", "") != f"{scheme}://{host}":
            said = language_for(request).gettext("This form did not come from this page.")
            return web.Response(status=403, text=f"{said}\n")
        return await handler(request)

    return guarded


def _by_which_name(request: web.Request, scheme: str) -> str:
    """Say how the page is opened: under the address that this browser has found already."""
    language, there = language_for(request), _address(_reached(request))
    lines = [language.gettext("This is not a name of this box.")]
    if there is not None and request.transport is not None:
        shown = f"[{there}]" if there.version == 6 else str(there)
        port = request.transport.get_extra_info("sockname")[1]
        address = f"{scheme}://{shown}:{port}/"
        lines.append(language.gettext("Open {address} instead.", address=address))
    lines.append(
        language.gettext("Technicians: further names of the box stand in the setting page.names.")
    )
    return "\n".join((*lines, ""))


def is_own(host: str, reached: str, names: Collection[str]) -> bool:
    """Tell whether a request's Host is a name or the address of this box; a port is not looked at.

    `reached`: the address of ours that the connection came to.
    """
    name = _without_port(host).lower().removesuffix(".")
    if _same_address(name, reached):
        return True
    return name in names or (name == "localhost" and _is_loopback(reached))


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add to an answer what tells the browser to be careful (a signal of aiohttp).

    Style, script and events are no documents: most of it says nothing of them, and costs bytes.
    """
    for name, value in HEADERS.items():
        if name in _OF_EVERYTHING or response.content_type not in _NO_DOCUMENTS:
            response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.pop("Server", None)


def _reached(request: web.Request) -> str:
    """Tell to which of our addresses the browser connected."""
    name = request.transport and request.transport.get_extra_info("sockname")
    return str(name[0]) if isinstance(name, tuple) else ""


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") < 2 else host


def _same_address(name: str, reached: str) -> bool:
    there = _address(reached)
    return there is not None and _address(name) == there


def _is_loopback(reached: str) -> bool:
    there = _address(reached)
    return there is not None and there.is_loopback


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address; of an IPv4 one that came to an IPv6 socket, the IPv4 one."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found
