"""What a browser and the page say to each other, counted on the way between them."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.front import ending

_QUIET_SECONDS = 0.3

T = TypeVar("T")


@dataclass
class Exchange:
    """A request and its answer: the bytes of TCP's streams, heads and bodies."""

    path: str
    up: int = 0
    down: int = 0

    @property
    def bytes(self) -> int:
        """Both ways."""
        return self.up + self.down


class Relay:
    """Passes everything on to the page, and keeps what each request cost; `host`: the page's."""

    def __init__(self, host: str) -> None:
        place, _, port = host.rpartition(":")
        self._behind = (place, int(port))
        self._exchanges: list[Exchange] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        """Where a browser is to look."""

    def taken(self) -> list[Exchange]:
        """Give what passed since the last time, when nothing passes any more."""
        return self._run(self._taken())

    def close(self) -> None:
        """Let everybody go."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, wanted: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(wanted, self._loop).result(30)

    async def _taken(self) -> list[Exchange]:
        before = -1
        while before != (now := sum(each.bytes for each in self._exchanges)):
            before = now
            await asyncio.sleep(_QUIET_SECONDS)
        taken, self._exchanges = self._exchanges, []
        return taken

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        under_way = [Exchange("")]
        with contextlib.suppress(OSError, asyncio.CancelledError), ending(out):
            far, up = await asyncio.open_connection(*self._behind)
            with ending(up):
                await asyncio.gather(
                    self._ask(near, up, under_way), self._answer(far, out, under_way)
                )

    async def _ask(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, under_way: list[Exchange]
    ) -> None:
        """Pass requests on. Browsers send the next on a connection when the last was answered."""
        while data := await source.read(65536):
            if under_way[-1].down or not under_way[-1].path:
                under_way.append(Exchange(data.split(b" ", 2)[1].decode()))
                self._exchanges.append(under_way[-1])
            under_way[-1].up += len(data)
            target.write(data)
        target.close()

    async def _answer(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, under_way: list[Exchange]
    ) -> None:
        while data := await source.read(65536):
            under_way[-1].down += len(data)
            target.write(data)
        target.close()
