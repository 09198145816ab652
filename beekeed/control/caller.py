"""Who asks, for the books only: what somebody may do follows from the socket."""

import socket
import struct
from dataclasses import dataclass

from aiohttp import web

_CREDENTIALS = struct.Struct("3i")  # struct ucred of unix(7): process, user, group


@dataclass(frozen=True, slots=True)
class Caller:
    """A program at the other end of a socket."""

    who: str
    """Its user and process by their numbers. Where the daemon runs in a user namespace
    (systemd's PrivateUsers=), users other than root and its own show as 65534."""


def caller(request: web.Request) -> Caller:
    """Tell who asks, as the kernel knows it (SO_PEERCRED)."""
    asking = request.transport and request.transport.get_extra_info("socket")
    if not asking:
        return Caller("somebody who has gone")
    held = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process, user, _ = _CREDENTIALS.unpack(held)
    return Caller(f"uid {user}, process {process}")
