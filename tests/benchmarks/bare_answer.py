"""The least that aiohttp does: an answer of so many bytes, to hold the page's own against.

    python -m tests.benchmarks.bare_answer BYTES

prints where it listens.
"""

import asyncio
import os
import sys

from aiohttp import web


async def serve(size: int) -> None:
    """Answer until a signal ends it."""
    body = os.urandom(size)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    print(f"{host}:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
