"""Encryption in front of a server that has none: bytes that pass through, both ways."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext


class Front:
    """Takes encrypted connections and hands on what they bring to a port of `host`.

    `space`: in what its thread makes its sockets. `port` 0: any that is free.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        host: str = "127.0.0.1",
        port: int = 0,
        space: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._context = context
        self._host = host
        self.port = port
        self._space = space
        self.port_behind = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Close everything."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self) -> None:
        with self._space():
            self._loop.run_forever()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._pass_on, self._host, self.port, ssl=self._context)

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with ending(writer):
            behind, to_behind = await asyncio.open_connection(self._host, self.port_behind)
            with ending(to_behind):
                async with asyncio.TaskGroup() as both:
                    both.create_task(_copy(reader, to_behind))
                    both.create_task(_copy(behind, writer))


@contextlib.contextmanager
def ending(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Close a connection at the end; at once where everything is being closed."""
    try:
        yield
    except asyncio.CancelledError:
        writer.transport.abort()
        raise
    finally:
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()
