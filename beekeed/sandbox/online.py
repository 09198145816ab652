"""The sandbox's online Moodle: serves a database's web services over HTTP.

The one rule: everything it knows stands in its database, so that a test in another process sees
and changes it by SQL while it runs: Moodle's settings in Moodle's tables, faults in
sandbox_switch, and what was asked in sandbox_request.
"""

import argparse
import asyncio
import contextlib
import json
import secrets
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from beekeed.sandbox.database import connect
from beekeed.sandbox.exchange import Exchange, Site
from beekeed.sandbox.parameters import read_contract
from beekeed.sandbox.school import make_online
from beekeed.sandbox.site import set_config
from beekeed.sandbox.wire import HEAD_LIMIT, BadRequest, read_request


class SandboxOnline:
    """Serves the Moodle whose database is given.

    `wwwroot` is the address that clients must use, the one it listens at unless told; a request
    with another Host is redirected there, as Moodle does. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        database: Path,
        *,
        wwwroot: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._site = Site(database, read_contract(), clock)
        self._wwwroot = wwwroot
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._idle: list[tuple[int, sqlite3.Connection]] = []  # with the file's number

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens, and answers the address: http://HOST:PORT."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=HEAD_LIMIT)
        bound = self._server.sockets[0].getsockname()
        address = f"http://{bound[0]}:{bound[1]}"
        await asyncio.to_thread(self._set_wwwroot, self._wwwroot or address)
        return address

    async def stop(self) -> None:
        """Closes the listener and every connection, the held ones too."""
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None
        while self._idle:
            self._idle.pop()[1].close()

    def _set_wwwroot(self, address: str) -> None:
        with contextlib.closing(connect(self._site.database)) as db:
            set_config(db, "wwwroot", address)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a coroutine of asyncio's server is a task)
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (asyncio.CancelledError, BadRequest, ConnectionError):
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of a connection one after the other."""
        remote = str(writer.get_extra_info("peername")[0])
        while (request := await read_request(reader)) is not None:
            with self._database() as db:
                await Exchange(self._site, db, request, writer, remote).conduct()
            if writer.is_closing() or not request.keeps_alive:
                return

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """One that nobody else uses meanwhile; opening it takes longer than most answers.

        Another file may have been put in the place of the one that was opened.
        """
        file = self._site.database.stat().st_ino
        db = None
        while self._idle and db is None:
            of, kept = self._idle.pop()
            if of == file:
                db = kept
            else:
                kept.close()
        db = db or connect(self._site.database)
        try:
            yield db
        except BaseException:
            db.close()
            raise
        self._idle.append((file, db))


def main(argv: Sequence[str]) -> int:
    """`beekeed sandbox-online`: serves a database until SIGTERM or SIGINT.

    Prints one line of JSON with the address as soon as it listens. With --create it makes the
    database first, and writes the new token to --token-file, for the owner only.
    """
    parser = argparse.ArgumentParser(prog="beekeed sandbox-online")
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--wwwroot", help="the address that clients must use")
    parser.add_argument("--create", action="store_true", help="make the database first")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--token-file", type=Path)
    options = parser.parse_args(argv)
    if options.create:
        _create(options.database, options.seed, options.token_file)
    asyncio.run(_serve(options))
    return 0


def _create(database: Path, seed: int, token_file: Path | None) -> None:
    token = secrets.token_hex(16)
    make_online(database, now=int(time.time()), seed=seed, token=token)
    if token_file is not None:
        token_file.touch(mode=0o600)
        token_file.write_text(token + "\n", encoding="ascii")


async def _serve(options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    online = SandboxOnline(options.database, wwwroot=options.wwwroot)
    address = await online.start(options.host, options.port)
    sys.stdout.write(json.dumps({"address": address}) + "\n")
    sys.stdout.flush()
    await stopped.wait()
    await online.stop()
