"""One HTTP connection to the online Moodle: a call goes out, a JSON value comes back.

Rule: what is raised tells whether anything can have happened there. LinkDown:
surely nothing was sent. OutcomeUnknown: it was sent, or may have been. What is given up
is taken back as far as it did not arrive: else the kernel would deliver it when the line
is there again, after it was read back that nothing was done.
"""

import socket
import ssl
import struct

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from beekeed.core import certificate, name
from beekeed.core.clocktrust import counts_date
from beekeed.errors import Code, LinkDown, OutcomeUnknown, RemoteGarbled
from beekeed.moodle import wire
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.link import AddressInfo, Line

_DISCARD_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: what was not sent is not, and a reset goes

_CONNECT_SECONDS = 60
_LARGEST_ANSWER = 16 * 2**20  # a course of 1,000 activities is about 1.1 MB raw
_PIECE = 8 * 2**10  # what aiohttp takes from the socket ahead of us: a little, for it is paid


class _Resolver(AbstractResolver):
    """Looks names up for aiohttp, on the line's account."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(remote[0]),
                port=int(remote[1]),
                family=found,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found, _, protocol, _, remote in await self._line.look_up(host, port, family)
        ]

    async def close(self) -> None:
        """Nothing is open."""


class Transport:
    """The way to one site, by a line that pays for it. Nothing is connected before the first call.

    `trust` tells a certificate that is out of date from a clock that is wrong; without it
    nobody does, and nobody hears the Date of an answer.
    """

    def __init__(
        self,
        *,
        address: str,
        token: str,
        timeout_seconds: float,
        line: Line,
        largest_answer: int = _LARGEST_ANSWER,
        trust: ClockTrust | None = None,
    ) -> None:
        self._url = f"{address.rstrip('/')}/webservice/rest/server.php"
        self._token = token
        self._timeout = aiohttp.ClientTimeout(
            total=timeout_seconds, sock_connect=min(_CONNECT_SECONDS, timeout_seconds)
        )
        self._line = line
        self._largest_answer = largest_answer
        self._trust = trust
        self._counts_date = counts_date(address)
        self._session: aiohttp.ClientSession | None = None
        self._is_out = False

    async def ask(self, call: wire.Call) -> wire.Json:
        """Make one call. Raises what `wire.read` raises, LinkDown and OutcomeUnknown."""
        request = wire.encode(call, self._token)
        async with self._line.request(len(request)):
            answer, body = await self._post(request)
        return wire.read(answer.status, answer.headers, body, answer.reason or "")

    async def close(self) -> None:
        """Close the connection, and wait for its end; the next call opens another."""
        await self._let_go()
        await self._line.close()

    def payable_bytes(self) -> int | None:
        """Give the largest request that can be paid now, without the token; None where any can."""
        payable = self._line.payable_bytes()
        return None if payable is None else payable - len(self._token)

    async def _let_go(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=1, socket_factory=self._open_socket, resolver=_Resolver(self._line)
                ),
                read_bufsize=_PIECE,
                trace_configs=[self._trace()],
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "User-Agent": "beekeed",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                skip_auto_headers=("Accept",),
            )
        return self._session

    def _trace(self) -> aiohttp.TraceConfig:
        """Have it noted before the first byte of a request goes out."""
        config = aiohttp.TraceConfig()

        async def note(*_: object) -> None:
            self._is_out = True

        config.on_request_headers_sent.append(note)
        return config

    async def _post(self, body: bytes) -> tuple[aiohttp.ClientResponse, bytes]:
        self._is_out = False
        try:
            async with self._open().post(self._url, data=body, allow_redirects=False) as answer:
                self._hear_date(answer)
                return answer, await self._read(answer)
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._refused(error) from error
        except aiohttp.ClientConnectorDNSError as error:
            raise name.refused(error.os_error.errno, host=error.host) from error
        except UnicodeError as error:  # no name of a computer; nothing was sent
            raise LinkDown(Code.NAME_UNKNOWN, host=self._url) from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            await self._give_up()
            raise self._failed(error) from error

    def _hear_date(self, answer: aiohttp.ClientResponse) -> None:
        """Have whoever knows the time hear the Date of an answer (RFC 9110, 6.6.1)."""
        if self._trust is None or not self._counts_date:
            return
        if (date := wire.date_of(answer.headers)) is not None:
            self._trust.hear(date)

    def _refused(self, error: aiohttp.ClientConnectorCertificateError) -> LinkDown:
        """Tell what is wrong with a certificate: its dates, its name, its issuer, or our clock."""
        number, words = 0, _words(error.certificate_error)
        if isinstance(error.certificate_error, ssl.SSLCertVerificationError):
            number = error.certificate_error.verify_code
            words = error.certificate_error.verify_message
        now = self._trust.moment() if self._trust is not None else None
        return certificate.refused(number, words, host=error.host, now=now)

    def _failed(self, error: Exception) -> LinkDown | OutcomeUnknown:
        """Tell what is known of a request that failed: where it could not be paid, that is why."""
        refusal = self._line.refusal
        if not self._is_out:
            return refusal or LinkDown(Code.NOT_REACHED, detail=_words(error))
        if refusal is not None:
            return OutcomeUnknown(refusal.code, **refusal.params)
        return OutcomeUnknown(Code.NO_ANSWER, detail=_words(error))

    def _open_socket(self, address: AddressInfo) -> socket.socket:
        made = self._line.open_socket(address)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DISCARD_ON_CLOSE)
        return made

    async def _give_up(self) -> None:
        """Close the connection with what it has not sent yet, in the kernel and in asyncio."""
        self._line.discard()
        await self._let_go()

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        """Read a body up to the limit; what is longer is not Moodle, and is cut off."""
        pieces = bytearray()
        async for piece in answer.content.iter_chunked(_PIECE):
            pieces += piece
            await self._line.read_on()
            if len(pieces) > self._largest_answer:
                await self._give_up()
                raise RemoteGarbled(Code.ANSWER_TOO_LARGE, limit=self._largest_answer)
        return bytes(pieces)


def _words(error: BaseException) -> str:
    """Name an error for the log without its arguments' noise."""
    text = str(error.strerror) if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__
