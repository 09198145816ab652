"""Why the name of a computer has no address: told by getaddrinfo(3)'s number for it. Pure."""

import socket

from beekeed.errors import Code, LinkDown

_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA})


def refused(number: int | None, *, host: str) -> LinkDown:
    """Give the error for a host that was not found.

    That there is none is known where a name service says so; all else may be the line.
    """
    is_known = number in _NO_SUCH_NAME
    return LinkDown(Code.NAME_UNKNOWN if is_known else Code.NAME_NOT_FOUND, host=host)
