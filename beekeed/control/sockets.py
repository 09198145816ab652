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
    made = _bind(path, group)
    try:
        yield made
    finally:
        path.unlink(missing_ok=True)


def _bind(path: Path, group: str) -> socket.socket:
    """Make the socket, 0660 from its first moment."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        made.bind(str(path))
        if group:
            shutil.chown(path, group=group)
    except (OSError, LookupError) as error:
        made.close()
        detail = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            Code.SETTING_WRONG,
            file="the settings",
            key="daemon.control_socket",
            detail=f"{path}: {detail}",
            example='control_socket = "/run/beekeed/control.sock"',
        ) from error
    finally:
        os.umask(before)
    return made
