"""One request and its answer: faults, the database, the account of bytes.

The one rule: each exchange has a connection to the database of its own, as each PHP process has,
and what a request did is committed before its answer leaves. No transaction is open while a
request is held.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from beekeed.sandbox import faults
from beekeed.sandbox.answering import PATH, Answer, Asked, answer, read_asked
from beekeed.sandbox.errors import NotBuilt
from beekeed.sandbox.parameters import Contract
from beekeed.sandbox.rest import Form, parse_form
from beekeed.sandbox.wire import Request, chunk, encode_answer

_POLL_SECONDS = 0.02
_FORM = "application/x-www-form-urlencoded"

_T = TypeVar("_T")


@dataclass(frozen=True)
class Site:
    """What every exchange with a site shares; `clock` gives Unix seconds."""

    database: Path
    contract: Contract
    clock: Callable[[], float]


class Exchange:
    """Conducts one request of a connection, from what was read to what goes out."""

    def __init__(
        self,
        site: Site,
        db: sqlite3.Connection,
        request: Request,
        writer: asyncio.StreamWriter,
        remote: str,
    ) -> None:
        self._site = site
        self._db = db
        self._request = request
        self._writer = writer
        self._remote = remote
        self._row_id = 0

    async def conduct(self) -> None:
        """Answers the request, or does to it what a switch says."""
        asked = await self._in_database(self._receive)
        await self._while_on("hold_before", asked)
        if await self._in_database(lambda db: faults.take(db, "cut_before", asked)):
            self._writer.transport.abort()
            return
        other = await self._in_database(lambda db: faults.instead(db, asked))
        if other is not None:
            await self._send(other)
            return
        made = await self._in_database(lambda db: self._answer(db, asked))
        await self._while_on("hold_after", asked)
        await self._let_go(asked, made)

    async def _let_go(self, asked: Asked, made: Answer) -> None:
        """Sends an answer whose work is committed, or fails to."""
        if await self._in_database(lambda db: faults.take(db, "cut_after", asked)):
            self._writer.transport.abort()
            return
        other = await self._in_database(faults.afterwards)
        made = other or made
        if await self._in_database(lambda db: faults.take(db, "garbage", asked)):
            made = replace(made, body=made.body[: len(made.body) // 2])
        endless = await self._in_database(lambda db: faults.take(db, "endless", asked))
        await (self._send_endlessly(made) if endless else self._send(made))

    async def _in_database(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Does something with the database in a thread, so that others are served meanwhile."""
        working = asyncio.ensure_future(asyncio.to_thread(work, self._db))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            # The thread goes on: its connection may not be closed under it.
            await asyncio.wait([working])
            raise

    def _receive(self, db: sqlite3.Connection) -> Asked:
        """Reads what is asked and notes that it came; no token is noted."""
        limit = faults.max_input_vars(db)
        asked = read_asked(self._read_form(limit))
        is_service = self._request.path == PATH
        cursor = db.execute(
            "INSERT INTO sandbox_request (at, function, functions, calls, bytes_up)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                self._site.clock(),
                asked.function if is_service else self._request.path[:100],
                " ".join(sorted(asked.functions)) if is_service else "",
                asked.calls if is_service else 0,
                self._request.bytes_up,
            ),
        )
        self._row_id = cursor.lastrowid or 0
        return asked

    def _read_form(self, limit: int) -> Form:
        """$_GET and $_POST together, the latter before the former."""
        form = parse_form(self._request.query.encode("latin-1"), limit)
        if self._request.headers.get("content-type", "").lower().startswith(_FORM):
            form |= parse_form(self._request.body, limit)
        return form

    async def _while_on(self, switch: str, asked: Asked) -> None:
        """Waits while a switch holds this request."""
        # Another process ends this in the file: there is nobody here who could set an Event.
        while await self._is_on(switch, asked):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)

    async def _is_on(self, switch: str, asked: Asked) -> bool:
        return await self._in_database(lambda db: faults.is_on(db, switch, asked))

    def _answer(self, db: sqlite3.Connection, asked: Asked) -> Answer:
        if self._request.path != PATH:
            return _page(self._request.path)
        try:
            return answer(
                db,
                self._site.contract,
                asked,
                host=self._request.headers.get("host", ""),
                remote=self._remote,
                now=int(self._site.clock()),
            )
        except NotBuilt as error:
            text = f"The sandbox does not build this: {error}\n"
            return Answer(501, "text/plain; charset=utf-8", text.encode())

    async def _send(self, made: Answer) -> None:
        """Notes the answer, then sends it: who has the answer finds it noted."""
        encoded = encode_answer(made, self._request, date=faults.date(self._db))
        await self._note(made.status, len(encoded))
        self._writer.write(encoded)
        await self._writer.drain()

    async def _send_endlessly(self, made: Answer) -> None:
        """Begins the answer and goes on with blanks until the client has had enough."""
        begun = encode_answer(made, self._request, endless=True)
        sent = 0
        try:
            while not self._writer.is_closing():
                part = chunk(b" " * 1024) if sent else begun
                self._writer.write(part)
                sent += len(part)
                await self._writer.drain()
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            await self._note(made.status, sent)

    async def _note(self, status: int, bytes_down: int) -> None:
        def noted(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE sandbox_request SET status = ?, bytes_down = ? WHERE id = ?",
                (status, bytes_down, self._row_id),
            )

        await self._in_database(noted)


def _page(path: str) -> Answer:
    """What stands beside the web services: a front page, and nothing else."""
    if path in ("/", "/index.php"):
        page = b'<!DOCTYPE html>\n<html lang="en"><head><title>Home</title></head></html>\n'
        return Answer(200, "text/html; charset=utf-8", page)
    return Answer(404, "text/html", b"<html><h1>404 Not Found</h1></html>\n")
