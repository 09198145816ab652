"""Encryption in front of the sandbox: a certificate of its own, and bytes that pass through."""

import asyncio
import contextlib
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system.world import World

_PIECE = 65536


class Front:
    """Takes https connections at `address` and hands on what they bring to another port."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "front.pem"
        self._key = folder / "front.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", str(self._key), "-out", str(self.certificate), "-days", "400",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            check=True, capture_output=True,
        )  # fmt: skip
        self.address = ""
        self.port_behind = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.address = f"https://localhost:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """Close everything."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self._key)
        return await asyncio.start_server(self._pass_on, "127.0.0.1", 0, ssl=context)

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, to_behind = await asyncio.open_connection("127.0.0.1", self.port_behind)
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(reader, to_behind))
            both.create_task(_copy(behind, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


@contextmanager
def encrypted_world(folder: Path, **options: int) -> Iterator[World]:
    """Make a world whose online Moodle is reached over https, by who knows its certificate."""
    front, made = Front(folder), World(folder, **options)
    front.start()
    try:
        made.start_online(wwwroot=front.address)
        front.port_behind = int(made.address.rpartition(":")[2])
        made.address = front.address
        made.environment |= {"SSL_CERT_FILE": str(front.certificate)}
        yield made
    finally:
        made.end()
        front.stop()
