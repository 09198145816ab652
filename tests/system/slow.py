"""A slow line in front of the sandbox: so many bytes a second, each way."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.front import ending
from tests.system.world import World

_PIECE = 1024


class SlowLine:
    """Takes connections at `address` and hands on what they bring, slowly, to another port."""

    def __init__(self, bytes_per_second: int) -> None:
        self._pace = _PIECE / bytes_per_second
        self._asks = threading.Event()
        self.port_behind = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """Close everything."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def slow_down(self, bytes_per_second: int) -> None:
        """Be slower from now on; comes back when a request has begun that has more to come."""
        self._pace = _PIECE / bytes_per_second
        self._asks.clear()
        assert self._asks.wait(30)

    async def _listen(self) -> asyncio.Server:
        # Little room before it: what the box has sent is soon on the line.
        return await asyncio.start_server(self._pass_on, "127.0.0.1", 0, limit=_PIECE)

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with ending(writer):
            behind, to_behind = await asyncio.open_connection("127.0.0.1", self.port_behind)
            with ending(to_behind):
                await asyncio.gather(
                    self._carry(reader, to_behind, self._asks), self._carry(behind, writer)
                )

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        begun: threading.Event | None = None,
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_PIECE):
                if begun is not None and len(piece) == _PIECE:
                    begun.set()
                await asyncio.sleep(self._pace * len(piece) / _PIECE)
                writer.write(piece)
                await writer.drain()
        writer.close()


@contextmanager
def slow_world(
    folder: Path, *, bytes_per_second: int, **options: int
) -> Iterator[tuple[World, SlowLine]]:
    """Make a world with such a line between the box and its online Moodle."""
    line, made = SlowLine(bytes_per_second), World(folder, **options)
    line.start()
    try:
        made.start_online(wwwroot=line.address)
        line.port_behind = int(made.address.rpartition(":")[2])
        made.address = line.address
        yield made, line
    finally:
        made.end()
        line.stop()
