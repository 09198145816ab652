"""Opens control.sock and page.sock: who may connect is decided by the file's mode and group."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiohttp import web

from beekeed.connections import Crowd, Limits
from beekeed.control.api import Api
from beekeed.control.caller import Door
from beekeed.control.envelope import failure_bytes
from beekeed.control.routes import application
from beekeed.errors import BeekeedError, Code, ConfigError

_SHUTDOWN_SECONDS = 2
_LINGERING_SECONDS = 2  # how long what a refused request still sends is read and thrown away
LIMITS: Mapping[Door, Limits] = {Door.CONTROL: Limits(most=256), Door.PAGE: Limits(most=64)}
_BACKLOG = 512  # a client that finds it full gets an error at once, and says we do not run


@asynccontextmanager
async def serve(
    api: Api, door: Door, path: Path, group: str, limits: Limits | None = None
) -> AsyncIterator[None]:
    """Serve the API at one of the sockets while the body runs; `limits`: others than its own.

    Raises ConfigError where the socket cannot be made.
    """
    limits = limits or LIMITS[door]
    runner = web.AppRunner(
        application(api, door, limits.body_seconds),
        access_log=None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        keepalive_timeout=limits.quiet_seconds,
        lingering_time=_LINGERING_SECONDS,
    )
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - setup made it
    refusal = failure_bytes(BeekeedError(Code.TOO_MANY_CLIENTS))
    crowd = Crowd(limits=limits, make=runner.server, refusal=refusal)
    try:
        with _bound(path, group) as bound:
            listening = await asyncio.get_running_loop().create_server(
                crowd.connection, sock=bound, backlog=_BACKLOG
            )
            try:
                yield
            finally:
                listening.close()
    finally:
        await runner.cleanup()


@contextmanager
def _bound(path: Path, group: str) -> Iterator[socket.socket]:
    """Make the socket and its file, which goes when the body ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_way(path)
        made = _bind(path, group)
    except (OSError, LookupError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise ConfigError(Code.SOCKET_UNUSABLE, path=str(path), detail=detail) from error
    try:
        yield made
    finally:
        path.unlink(missing_ok=True)


def _make_way(path: Path) -> None:
    """Take away a socket that a kill left over; nothing else, and none that answers."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise ConfigError(Code.SOCKET_IN_USE, path=str(path))


def _bind(path: Path, group: str) -> socket.socket:
    """Make the socket, 0660 from its first moment."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        made.bind(str(path))
        if group:
            shutil.chown(path, group=group)
    except (OSError, LookupError):
        made.close()
        raise
    finally:
        os.umask(before)
    return made
