"""The single steps to a site, each tried by itself: a name, a connection, encryption, an answer.

No token goes this way, so that nothing is lost to whoever answers. Each step raises what its
node of the tree shows.
"""

import asyncio
import contextlib
import http.client
import io
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from beekeed.core import name
from beekeed.core.answer import Answer
from beekeed.errors import Code, LinkDown, OutcomeUnknown, RemoteGarbled
from beekeed.ports.link import AddressInfo

LookUp = Callable[[str, int, int], Awaitable[Sequence[AddressInfo]]]
"""What finds a host's addresses: the line's hook."""
SocketFactory = Callable[[AddressInfo], socket.socket]
"""What makes sockets that do not block: the line's hook."""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_MOST_ADDRESSES = 3
_WINDOW_BYTES = 4_096  # a login page may be large; the kernel doubles it, to the line's least
_ANSWER_BYTES = 8_192
_CLOSING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where a site is, by its address in the settings."""

    host: str
    port: int
    path: str
    encrypted: bool

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.encrypted else 80)
        return host if usual else f"{host}:{self.port}"


async def resolve(site: Site, look_up: LookUp, seconds: float) -> Sequence[AddressInfo]:
    """Look a site's name up. Raises LinkDown."""
    try:
        async with asyncio.timeout(seconds):
            return await look_up(site.host, site.port, socket.AF_UNSPEC)
    except TimeoutError as error:
        raise LinkDown(Code.NAME_NOT_FOUND, host=site.host) from error
    except socket.gaierror as error:
        raise name.refused(error.errno, host=site.host) from error
    except UnicodeError as error:
        raise LinkDown(Code.NAME_UNKNOWN, host=site.host) from error


async def connect(
    site: Site, addresses: Sequence[AddressInfo], make: SocketFactory, seconds: float
) -> socket.socket:
    """Connect to the first of a site's addresses that takes it. Raises LinkDown."""
    trouble = LinkDown(Code.NOT_REACHED, detail="it has no address")
    for address in addresses[:_MOST_ADDRESSES]:
        try:
            return await _connected(address, make, seconds)
        except TimeoutError:
            trouble = LinkDown(Code.CONNECTION_TIMED_OUT, host=site.host, port=site.port)
        except ConnectionRefusedError:
            trouble = LinkDown(Code.CONNECTION_REFUSED, host=site.host, port=site.port)
        except OSError as error:
            trouble = LinkDown(Code.NOT_REACHED, detail=_words(error))
    raise trouble


async def _connected(address: AddressInfo, make: SocketFactory, seconds: float) -> socket.socket:
    made = make(address)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW_BYTES)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(made, address[4])
    except BaseException:
        made.close()
        raise
    return made


async def open_stream(
    connection: socket.socket, site: Site, context: ssl.SSLContext | None, seconds: float
) -> Stream:
    """Read and write through a connection, encrypted where a context is given.

    Raises ssl.SSLCertVerificationError for a certificate that is refused, else LinkDown.
    """
    try:
        return await asyncio.open_connection(
            sock=connection,
            ssl=context,
            server_hostname=site.host if context else None,
            ssl_handshake_timeout=seconds if context else None,
        )
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, EOFError) as error:  # TimeoutError and ssl.SSLError are OSErrors
        connection.close()
        raise LinkDown(Code.ENCRYPTION_FAILED, host=site.host, detail=_words(error)) from error


async def ask(stream: Stream, site: Site, target: str, seconds: float) -> Answer:
    """Ask for a page and give the answer, as far as it came. Raises OutcomeUnknown, RemoteGarbled.

    The connection is closed.
    """
    reader, writer = stream
    request = f"GET {target} HTTP/1.1\r\nHost: {site.authority}\r\nUser-Agent: beekeed\r\n"
    came = bytearray()
    try:
        async with asyncio.timeout(seconds):
            writer.write(f"{request}Connection: close\r\n\r\n".encode())
            while len(came) < _ANSWER_BYTES and (piece := await reader.read(_ANSWER_BYTES)):
                came += piece
    except (OSError, EOFError):  # what came is judged all the same
        pass
    finally:
        await _close(writer)
    if not came:
        raise OutcomeUnknown(Code.SILENT, host=site.host)
    return _read(bytes(came))


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(_CLOSING_SECONDS):
            await writer.wait_closed()
    except (OSError, EOFError):
        writer.transport.abort()


class _Came:
    """What came from a socket, for http.client to read as if from one."""

    def __init__(self, came: bytes) -> None:
        self._came = came

    def makefile(self, *_: object) -> io.BytesIO:
        """See socket.socket."""
        return io.BytesIO(self._came)


def _read(came: bytes) -> Answer:
    response = http.client.HTTPResponse(_Came(came))  # type: ignore[arg-type]
    try:
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        body = _body(response)
    except (http.client.HTTPException, ValueError) as error:
        raise RemoteGarbled(Code.ANSWER_UNREADABLE, what="HTTP") from error
    return Answer(response.status, response.reason, headers, body)


def _body(response: http.client.HTTPResponse) -> bytes:
    """Read a body, or the beginning of one that was cut off."""
    read = bytearray()
    with contextlib.suppress(http.client.HTTPException, ValueError):
        while piece := response.read1(_ANSWER_BYTES):
            read += piece
    return bytes(read)


def _words(error: BaseException) -> str:
    """Name an error without its arguments' noise."""
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    if isinstance(error, TimeoutError | ConnectionAbortedError):  # asyncio's for a handshake
        return "no answer"
    return (isinstance(error, OSError) and error.strerror) or "it hung up"
