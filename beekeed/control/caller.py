"""Who asks, and by which socket: the socket decides what may be done, the rest is for the books."""

import ipaddress
import socket
import struct
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

_CREDENTIALS = struct.Struct("3i")  # struct ucred of unix(7): process, user, group


class Door(StrEnum):
    """A socket of the daemon."""

    CONTROL = "control"
    """control.sock: for who operates and administers, by its file's mode and group."""
    PAGE = "page"
    """page.sock: for the page's process alone, which asks for browsers."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A program at the other end of a socket, or the browser that it asks for."""

    who: str
    """Its user and process by their numbers, and whence the browser is. Where the daemon runs in
    a user namespace (systemd's PrivateUsers=), users other than root and its own show as 65534:
    one more reason why no right follows from it."""
    door: Door
    address: str | None = None
    """The browser's address as the page's process tells it; None at control.sock."""
    session_id: str = ""
    """The session of a browser that is signed in; empty: of nobody."""


_SIGNED_IN, _SOMEBODY = _BROWSERS = ("signed in at ", "somebody at ")
_CALLER = web.RequestKey("caller", Caller)


def note_caller(request: web.Request, door: Door, address: str = "", session_id: str = "") -> None:
    """Keep who asks with the request; what is told of a browser counts at page.sock only."""
    program = _program(request)
    if door is Door.CONTROL:
        found = Caller(program, door)
    else:
        where = _plain(address)
        who = f"{_SIGNED_IN if session_id else _SOMEBODY}{where} ({program})"
        found = Caller(who, door, where, session_id)
    request[_CALLER] = found


def door_of(who: str) -> Door:
    """Tell by which socket somebody came, of how the books name them."""
    return Door.PAGE if who.startswith(_BROWSERS) else Door.CONTROL


def caller(request: web.Request) -> Caller:
    """Tell who asks."""
    return request[_CALLER]


def _program(request: web.Request) -> str:
    """Name the program at the other end, as the kernel knows it (SO_PEERCRED)."""
    asking = request.transport and request.transport.get_extra_info("socket")
    if not asking:
        return "somebody who has gone"
    held = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process, user, _ = _CREDENTIALS.unpack(held)
    return f"uid {user}, process {process}"


def _plain(address: str) -> str:
    """Give an address in its one spelling; what is none, or a zone, never reaches a log."""
    try:
        return str(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return "an unknown address"
