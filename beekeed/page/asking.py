"""Asks the daemon over page.sock, for a browser or for nobody. Keeps nothing of an answer."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from beekeed.client import Refused, opened

_CONNECTIONS = 32  # page.sock takes 64: two processes of ours may meet as one ends
_PATIENCE_SECONDS = 300  # a check of a slow link takes long
_READING_SECONDS = 10
_LONG_READS = (("preview",), ("report",))  # the box's Moodle is read for it
_SILENCE_SECONDS = 30  # whoever watches hears a sign of life each 10
_ORIGIN = "http://beekeed"

Data = dict[str, Any]


class Daemon:
    """The daemon behind page.sock. Everything that it asks raises Refused."""

    def __init__(self, *, path: str) -> None:
        self._path = path
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Data:
        """Ask for something, or have it done; gives what stands in the envelope."""
        is_short = method == "GET" and path not in _LONG_READS
        seconds = _READING_SECONDS if is_short else _PATIENCE_SECONDS
        patience = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._connected().request(
                method, _target(path), params=query, json=body, headers=headers, timeout=patience
            ) as answer:
                return opened(await answer.json(), answer.status)
        except (OSError, ValueError, TimeoutError, aiohttp.ClientError) as error:
            raise Refused("daemon_silent", {}) from error

    async def events(self) -> AsyncGenerator[Data]:
        """Watch how a run goes on, over one connection; ends with it."""
        patience = aiohttp.ClientTimeout(total=None, sock_read=_SILENCE_SECONDS)
        try:
            async with self._connected().get(_target(("events",)), timeout=patience) as answer:
                if answer.content_type != "text/event-stream":
                    opened(await answer.json(), answer.status)
                async for line in answer.content:
                    name, _, text = line.decode().rstrip("\n").partition(": ")
                    if name == "data":
                        yield json.loads(text)
        except (OSError, ValueError, TimeoutError, aiohttp.ClientError) as error:
            raise Refused("daemon_silent", {}) from error

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(self._path, limit=_CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


async def together(*asked: Any) -> list[Any]:
    """Ask for several things at once; raises the first Refused, when all have ended."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for each in answers:
        if isinstance(each, BaseException):
            raise each
    return answers


def _target(path: tuple[str, ...]) -> str:
    return f"{_ORIGIN}/v1/" + "/".join(quote(part, safe="") for part in path)
