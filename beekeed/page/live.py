"""Tells browsers how a sync goes on, as server-sent events, from one subscription for them all.

page.sock has few places: however many look, the daemon is watched once, and only while
somebody looks.
"""

import asyncio
import json
from collections import Counter
from contextlib import suppress

from aiohttp import web

from beekeed.client import Refused
from beekeed.connections import is_loopback
from beekeed.page.asking import Daemon, Data

_AGAIN_SECONDS = 2
_SIGN_OF_LIFE_SECONDS = 15
_LOOK_SECONDS = 1  # so often it is seen who has left
_MOST = 64  # and no more than half of the page's places: others are for whoever wants to read
_MOST_OF_ONE = 6  # as many windows of one browser, or browsers of one address; of loopback: all


class Live:
    """Who watches; `most`: how many may be connected."""

    def __init__(self, daemon: Daemon, *, most: int) -> None:
        self._daemon = daemon
        self._most = min(_MOST, most // 2)
        self._latest = b""
        self.state = ""
        """What everybody was told last, but for how far it is; empty while nobody watches."""
        self._turn = asyncio.Event()
        self._watching = Counter[str]()
        self._task: asyncio.Task[None] | None = None
        self._is_over = False

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one browser until it leaves. 503 where too many watch: it asks again later."""
        address = request.remote or ""
        if self._is_over or not self._has_room(address):
            return web.Response(status=503, headers={"Retry-After": "60"})
        named = {"Content-Type": "text/event-stream"}
        if request.method == "HEAD":
            return web.Response(headers=named)
        response = web.StreamResponse(headers=named)
        self._watching[address] += 1
        self._task = self._task or asyncio.create_task(self._watch())
        try:
            await response.prepare(request)
            await self._tell(request, response)
        except ConnectionResetError:  # whoever watched has left
            pass
        finally:
            self._watching -= Counter({address: 1})  # and keeps nobody who has left
            if not self._watching and self._task is not None:
                self._task.cancel()
                self._task, self._latest, self.state = None, b"", ""
        return response

    def _has_room(self, address: str) -> bool:
        is_full = self._watching.total() >= self._most
        return not is_full and (is_loopback(address) or self._watching[address] < _MOST_OF_ONE)

    async def end(self, _: web.Application) -> None:
        """Let everybody go."""
        self._is_over = True
        self._wake()

    async def _tell(self, request: web.Request, response: web.StreamResponse) -> None:
        """Tell what is new; a sign of life where nothing is. Ends soon after the browser left."""
        sent, clock = b"", asyncio.get_running_loop().time
        await response.write(b"retry: 5000\n\n")
        sent_at = clock()
        while not self._is_over and _is_there(request):
            turn = self._turn
            if self._latest != sent or clock() - sent_at >= _SIGN_OF_LIFE_SECONDS:
                await response.write(self._latest if self._latest != sent else b":\n\n")
                sent, sent_at = self._latest, clock()
            with suppress(TimeoutError):
                await asyncio.wait_for(turn.wait(), _LOOK_SECONDS)

    async def _watch(self) -> None:
        """Watch the daemon, again and again where it goes."""
        while True:
            try:
                async for view in self._daemon.events():
                    told = _in_short(view)
                    self.state = f"{told['phase']} {told['event_id']} {told['status']}"
                    self._latest = b"data: %b\n\n" % json.dumps(told).encode()
                    self._wake()
            except Refused:
                pass
            await asyncio.sleep(_AGAIN_SECONDS)

    def _wake(self) -> None:
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()


def _is_there(request: web.Request) -> bool:
    """Tell whether the browser has not left: who goes from page to page leaves one each time."""
    return request.transport is not None and not request.transport.is_closing()


def _in_short(view: Data) -> Data:
    """Give what the script needs to draw, and to see that the page is out of date."""
    run = view["run"] or {}
    return {
        "phase": view["phase"],
        "event_id": run.get("event_id"),
        "status": run.get("status"),
        "done": run.get("steps_done"),
        "total": run.get("steps_total"),
        "sent": run.get("sent_bytes"),
        "received": run.get("received_bytes"),
    }
