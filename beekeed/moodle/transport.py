"""One HTTP connection to the online Moodle: a call goes out, a JSON value comes back.

Rule: what is raised tells whether anything can have happened there. LinkDown:
surely nothing was sent. OutcomeUnknown: it was sent, or may have been. What is given up
is taken back as far as it did not arrive: else the kernel would deliver it when the line
is there again, after it was read back that nothing was done.
"""

import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from beekeed.core import certificate
from beekeed.core.clocktrust import counts_date
from beekeed.errors import Code, LinkDown, OutcomeUnknown, RemoteGarbled
from beekeed.moodle import wire
from beekeed.ports.clocktrust import ClockTrust

SocketFactory = Callable[[Any], socket.socket]
"""What aiohttp makes its sockets with, of a result of getaddrinfo; the meter's hook."""

_DISCARD_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: what was not sent is not, and a reset goes

_CONNECT_SECONDS = 60
_LARGEST_ANSWER = 16 * 2**20  # a course of 1,000 activities is about 1.1 MB raw
_PIECE = 64 * 2**10


def _new_socket(address: Any) -> socket.socket:
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


class Transport:
    """The way to one site. Nothing is connected before the first call.

    `clock` and `trust` tell a certificate that is out of date from a clock that is wrong.
    """

    def __init__(
        self,
        *,
        address: str,
        token: str,
        timeout_seconds: float,
        socket_factory: SocketFactory = _new_socket,
        largest_answer: int = _LARGEST_ANSWER,
        trust: ClockTrust | None = None,
    ) -> None:
        self._url = f"{address.rstrip('/')}/webservice/rest/server.php"
        self._token = token
        self._timeout = aiohttp.ClientTimeout(
            total=timeout_seconds, sock_connect=min(_CONNECT_SECONDS, timeout_seconds)
        )
        self._socket_factory = socket_factory
        self._largest_answer = largest_answer
        self._trust = trust
        self._counts_date = counts_date(address)
        self._session: aiohttp.ClientSession | None = None
        self._socket: socket.socket | None = None

    async def ask(self, call: wire.Call) -> wire.Json:
        """Make one call. Raises what `wire.read` raises, LinkDown and OutcomeUnknown."""
        answer, body = await self._post(wire.encode(call, self._token))
        return wire.read(answer.status, answer.headers, body, answer.reason or "")

    async def close(self) -> None:
        """Close the connection; the next call opens another."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=1, socket_factory=self._open_socket),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "User-Agent": "beekeed",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                skip_auto_headers=("Accept",),
            )
        return self._session

    async def _post(self, body: bytes) -> tuple[aiohttp.ClientResponse, bytes]:
        try:
            async with self._open().post(self._url, data=body, allow_redirects=False) as answer:
                self._hear_date(answer)
                return answer, await self._read(answer)
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._refused(error) from error
        except aiohttp.ClientConnectorDNSError as error:
            raise LinkDown(Code.NAME_NOT_FOUND, host=error.host) from error
        except UnicodeError as error:  # no name of a computer; nothing was sent
            raise LinkDown(Code.NAME_NOT_FOUND, host=self._url) from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise LinkDown(Code.NOT_REACHED, detail=_words(error)) from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            await self._give_up()
            raise OutcomeUnknown(Code.NO_ANSWER, detail=_words(error)) from error

    def _hear_date(self, answer: aiohttp.ClientResponse) -> None:
        """Have whoever knows the time hear the Date of an answer (RFC 9110, 6.6.1)."""
        if self._trust is None or not self._counts_date:
            return
        with contextlib.suppress(KeyError, ValueError):  # none, or none that can be read
            date = parsedate_to_datetime(answer.headers["Date"])
            self._trust.hear(date.replace(tzinfo=date.tzinfo or UTC))

    def _refused(self, error: aiohttp.ClientConnectorCertificateError) -> LinkDown:
        """Tell what is wrong with a certificate: its dates, its name, its issuer, or our clock."""
        number, words = 0, _words(error.certificate_error)
        if isinstance(error.certificate_error, ssl.SSLCertVerificationError):
            number = error.certificate_error.verify_code
            words = error.certificate_error.verify_message
        now = self._trust.moment() if self._trust is not None else None
        return certificate.refused(number, words, host=error.host, now=now)

    def _open_socket(self, address: Any) -> socket.socket:
        self._socket = self._socket_factory(address)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DISCARD_ON_CLOSE)
        return self._socket

    async def _give_up(self) -> None:
        """Close the connection with what it has not sent yet, in the kernel and in asyncio."""
        if self._socket is not None:
            with contextlib.suppress(OSError):  # closed already
                self._socket.shutdown(socket.SHUT_RDWR)
        await self.close()

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        """Read a body up to the limit; what is longer is not Moodle, and is cut off."""
        pieces = bytearray()
        async for piece in answer.content.iter_chunked(_PIECE):
            pieces += piece
            if len(pieces) > self._largest_answer:
                await self._give_up()
                raise RemoteGarbled(Code.ANSWER_TOO_LARGE, limit=self._largest_answer)
        return bytes(pieces)


def _words(error: BaseException) -> str:
    """Name an error for the log without its arguments' noise."""
    text = str(error.strerror) if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__
