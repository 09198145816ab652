"""Opens control.sock: who may connect is decided by the file's mode and group."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.routes import application
from beekeed.errors import Code, ConfigError

_SHUTDOWN_SECONDS = 2


@asynccontextmanager
async def serve_control(api: Api, path: Path, group: str) -> AsyncIterator[None]:
    """Serve the control API on a unix socket while the body runs.

    Raises ConfigError where the socket cannot be made.
    """
    runner = web.AppRunner(application(api), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        with _bound(path, group) as bound:
            await web.SockSite(runner, bound).start()
            yield
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
