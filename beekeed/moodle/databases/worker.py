"""A session in a thread of its own, for an event loop that must never wait for a database.

The rule: whoever stops waiting breaks off what the thread does, so that neither a
server that hangs nor a stop in the middle of a long question holds anybody up.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from beekeed.errors import BeekeedError, Code, DeviceUnreadable
from beekeed.moodle.databases import new_session
from beekeed.moodle.databases.session import Session, Values
from beekeed.moodle.login import Login

_GRACE_SECONDS = 30  # beyond the server's own limit, for a server that hangs
_TABLE = re.compile(r"\{(\w+)\}")

Result = TypeVar("Result")


@asynccontextmanager
async def working(login: Callable[[], Login], statement_seconds: int) -> AsyncIterator["Worker"]:
    """Connect to the box's database in a new thread; `login` is asked there.

    Raises what `login` raises, and DeviceUnreadable.
    """
    with_thread = ThreadPoolExecutor(1, thread_name_prefix="device")
    worker = Worker(thread=with_thread, patience_seconds=statement_seconds + _GRACE_SECONDS)
    try:
        await worker.connect(login, statement_seconds)
        yield worker
    finally:
        await worker.end()


class Worker:
    """One session and its thread. Made by `working`; every method raises DeviceUnreadable."""

    def __init__(self, *, thread: ThreadPoolExecutor, patience_seconds: float) -> None:
        self._thread = thread
        self._patience_seconds = patience_seconds
        self._session: Session | None = None
        self._is_broken = False
        self.prefix = ""
        """What the names of Moodle's tables begin with."""

    async def connect(self, login: Callable[[], Login], statement_seconds: int) -> None:
        """Connect, and fix what is seen."""

        def open_session() -> None:
            found = login()
            self.prefix = found.prefix
            self._session = new_session(found, statement_seconds)
            self._session.connect()

        await self._in_thread(open_session)

    async def end(self) -> None:
        """Close the session; one that was broken off closes when its thread comes back."""
        session = self._session
        if session is not None and self._is_broken:
            self._thread.submit(session.close)
        elif session is not None:
            with contextlib.suppress(DeviceUnreadable):
                await self._in_thread(session.close)
        self._thread.shutdown(wait=not self._is_broken)

    async def ask(self, question: Callable[[Session], Result]) -> Result:
        """Ask the session something."""
        session = self._session
        assert session is not None  # noqa: S101 - connect() came first
        return await self._in_thread(lambda: question(session))

    async def select(self, sql: str, *values: Any) -> list[Values]:
        """Run one SELECT; `{table}` in it stands for a table with the prefix."""

        def select(session: Session) -> list[Values]:
            text = _TABLE.sub(lambda found: session.quoted(f"{self.prefix}{found[1]}"), sql)
            return session.select(text, values)

        return await self.ask(select)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        doing = asyncio.get_running_loop().run_in_executor(self._thread, work)
        doing.add_done_callback(_note_taken)
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await asyncio.shield(doing)
        except BeekeedError:
            raise
        except TimeoutError as error:
            self._abort()
            raise DeviceUnreadable(Code.DEVICE_SLOW) from error
        except asyncio.CancelledError:
            self._abort()
            raise
        except Exception as error:
            explained = self._session.explained(error) if self._session else None
            if explained is None:
                raise
            raise explained from error

    def _abort(self) -> None:
        self._is_broken = True
        if self._session is not None:
            self._session.abort()


def _note_taken(done: "asyncio.Future[Any]") -> None:
    """Take note of how it ended: nobody waits for what was broken off."""
    if not done.cancelled():
        done.exception()
