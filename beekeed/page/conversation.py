"""A browser's connection, as aiohttp serves it: what is no request is answered like all else.

aiohttp names itself in such an answer, gives none of our headers, and logs a traceback for it:
whoever sends nonsense, again and again, would wear out the box's card.
"""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from beekeed.connections import Limits
from beekeed.page.gate import HEADERS
from beekeed.page.rarely import Rarely
from beekeed.say import LANGUAGES, language_of

_LINGERING_SECONDS = 2  # how long what a refused request still sends is read and thrown away


class Conversation(web.RequestHandler):
    """One connection. `server`: aiohttp's; `faults`: logs what is wrong with us."""

    __slots__ = ("_faults",)

    def __init__(self, server: web.Server, *, limits: Limits, faults: Rarely) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # as aiohttp's AppRunner has it
            keepalive_timeout=limits.quiet_seconds,
            lingering_time=_LINGERING_SECONDS,
        )
        self._faults = faults

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's own words
    ) -> web.StreamResponse:
        """Answer what cannot be read, in a word, and end the connection."""
        if status >= 500:
            self.log_exception("cannot serve a request", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError  # too late for another answer
        said = [language_of(code).gettext("This is no request.") for code in LANGUAGES]
        answer = web.Response(status=status, text="\n".join((*said, "")), headers=HEADERS)
        answer.headers.update({"Cache-Control": "no-store", "Server": "beekeed"})
        answer.force_close()
        return answer

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Log what is our fault, and seldom: not what a browser sent."""
        error = kwargs.get("exc_info")
        if not isinstance(error, HttpProcessingError | web.RequestPayloadError):
            self._faults.log(str(args[0]), error)
