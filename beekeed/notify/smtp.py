"""One connection to the mail server: opened with its first mail, and paid like all else.

Rule: neither the password nor a mail goes out before the certificate is verified, where the
settings ask for encryption. What is raised tells what is known: LinkDown: the server has no
mail of ours. OutcomeUnknown: it may have. RemoteRefused: it said no to it, for good.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from beekeed.core import certificate
from beekeed.core.mail import Mailing, Security
from beekeed.errors import (
    BeekeedError,
    Code,
    LinkDown,
    OutcomeUnknown,
    RemoteGarbled,
    RemoteRefused,
)
from beekeed.notify.letter import Letter
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.link import AddressInfo, Line

if TYPE_CHECKING:  # loaded where there is a mail to send
    import aiosmtplib

_NAME_SECONDS, _CONNECT_SECONDS, _ANSWER_SECONDS, _MAIL_SECONDS = 20.0, 15.0, 60.0, 150.0
_MOST_ADDRESSES = 3
_TALK_BYTES = 1_000
"""What the commands around a mail come to at the most, with a login."""
_LONGEST_ANSWER = 200
_LASTING, _OF_LASTING = 500, 600  # RFC 5321, 4.2.1: 4yz may pass, 5yz will not


@asynccontextmanager
async def connection(
    mailing: Mailing, *, line: Line, password: Callable[[], str], trust: ClockTrust
) -> AsyncIterator["Connection"]:
    """Give a connection to the mail server, and close it in the end; see Connection."""
    made = Connection(mailing, line=line, password=password, trust=trust)
    try:
        yield made
    finally:
        made.close()
        await line.close()


class Connection:
    """The mail server over a line of its own. `password`: reads it when it is needed."""

    def __init__(
        self, mailing: Mailing, *, line: Line, password: Callable[[], str], trust: ClockTrust
    ) -> None:
        self._mailing = mailing
        self._line = line
        self._password = password
        self._trust = trust
        self._client: aiosmtplib.SMTP | None = None
        self._is_handing_over = False

    async def send(
        self, letter: Letter, *, taken: Callable[[], Awaitable[None]], is_last: bool
    ) -> str:
        """Send a mail; gives the server's answer. `taken` is awaited once the server has it.

        Raises BeekeedError as the module says, and what `taken` raises.
        """
        size = len(letter.bytes(eight_bits=False)) + _TALK_BYTES
        with self._naming_troubles():
            async with self._line.request(size), asyncio.timeout(_MAIL_SECONDS):
                client = self._client or await self._open()
                answer = await self._hand_over(client, letter)
                await taken()
                if is_last:
                    await self._quit(client)
        return answer

    def close(self) -> None:
        """Close the connection, if there is one."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _open(self) -> "aiosmtplib.SMTP":
        """Connect, encrypt, log in."""
        import aiosmtplib

        made = await self._connect()
        security = self._mailing.security
        self._client = client = aiosmtplib.SMTP(
            hostname=self._mailing.server,
            sock=made,
            use_tls=security is Security.TLS,
            start_tls=False,
            tls_context=None if security is Security.NONE else ssl.create_default_context(),
            local_hostname=_literal(made),
            timeout=_ANSWER_SECONDS,
        )
        await client.connect()
        await client.ehlo()
        if security is Security.STARTTLS:
            await self._encrypt(client)
        if self._mailing.user:
            await self._log_in(client)
        return client

    async def _connect(self) -> socket.socket:
        """Look the server up, and connect to the first of its addresses that takes it."""
        server, port = self._mailing.server, self._mailing.port
        async with asyncio.timeout(_NAME_SECONDS):
            found = await self._line.look_up(server, port, socket.AF_UNSPEC)
        trouble = OSError("it has no address")
        for address in found[:_MOST_ADDRESSES]:
            try:
                return await self._connected(address)
            except OSError as error:
                trouble = error
        raise trouble

    async def _connected(self, address: AddressInfo) -> socket.socket:
        made = self._line.open_socket(address)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(made, address[4])
        except BaseException:
            made.close()
            raise
        return made

    async def _encrypt(self, client: "aiosmtplib.SMTP") -> None:
        if not client.supports_extension("starttls"):
            raise self._down(Code.MAIL_NOT_ENCRYPTED, "it does not offer STARTTLS")
        await client.starttls()
        await client.ehlo()  # what was said before encryption does not count (RFC 3207, 4.2)

    async def _log_in(self, client: "aiosmtplib.SMTP") -> None:
        import aiosmtplib

        user, password = self._mailing.user, self._password()
        try:
            if "plain" in client.server_auth_methods:  # one question less than the others
                await client.auth_plain(user, password)
            else:
                await client.login(user, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if not _is_lasting(error.code):
                raise
            raise self._login_refused(f"{error.code} {error.message}") from error
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
            raise
        except aiosmtplib.SMTPException as error:  # it has no way to log in that we know
            raise self._login_refused(error.message) from error

    async def _hand_over(self, client: "aiosmtplib.SMTP", letter: Letter) -> str:
        mailing = self._mailing
        takes_eight = client.supports_extension("8bitmime")
        message = letter.bytes(eight_bits=takes_eight)
        options = [] if message.isascii() else ["BODY=8BITMIME"]
        self._is_handing_over = True
        _, answer = await client.sendmail(
            mailing.from_address, [mailing.to], message, mail_options=options
        )
        self._is_handing_over = False
        return f"250 {_short(answer)}"

    async def _quit(self, client: "aiosmtplib.SMTP") -> None:
        """Take leave; what comes of it does not matter any more."""
        import aiosmtplib

        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()

    @contextmanager
    def _naming_troubles(self) -> Iterator[None]:
        """Raise what goes wrong as an error of ours."""
        import aiosmtplib

        try:
            yield
        except BeekeedError:
            raise
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise self._line.refusal or self._named(error) from error

    def _named(self, error: Exception) -> BeekeedError:
        """Name what went wrong, by whether the server answered, and what."""
        import aiosmtplib

        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            error = error.recipients[0]
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return self._answered(error.code, error.message)
        wrong = _of_encryption(error)
        if isinstance(wrong, ssl.SSLCertVerificationError):
            return self._certificate_refused(wrong)
        if wrong is not None:
            return self._down(Code.MAIL_NOT_ENCRYPTED, _words(wrong))
        if self._is_handing_over:
            return OutcomeUnknown(Code.MAIL_BROKE_OFF, server=self._mailing.server)
        if self._client is not None:
            return LinkDown(Code.MAIL_BROKE_OFF, server=self._mailing.server)
        return self._down(Code.MAIL_NOT_REACHED, _words(error))

    def _answered(self, code: int, message: str) -> BeekeedError:
        server, answer = self._mailing.server, f"{code} {_short(message)}"
        if self._is_handing_over and _is_lasting(code):
            return RemoteRefused(Code.MAIL_REFUSED, server=server, answer=answer)
        if code < 0:  # aiosmtplib's own: what came is no answer
            return RemoteGarbled(Code.MAIL_UNREADABLE, server=server, port=self._mailing.port)
        return LinkDown(Code.MAIL_DEFERRED, server=server, answer=answer)

    def _certificate_refused(self, error: ssl.SSLCertVerificationError) -> LinkDown:
        """Tell whether it is the certificate that is wrong, or the box's clock."""
        server = self._mailing.server
        found = certificate.refused(
            error.verify_code, error.verify_message, host=server, now=self._trust.moment()
        )
        if found.code is Code.CLOCK_WRONG:
            return found
        return self._down(Code.MAIL_CERTIFICATE_REFUSED, error.verify_message)

    def _login_refused(self, answer: str) -> LinkDown:
        server, user = self._mailing.server, self._mailing.user
        return LinkDown(Code.MAIL_LOGIN_REFUSED, server=server, user=user, answer=_short(answer))

    def _down(self, code: Code, detail: str) -> LinkDown:
        mailing = self._mailing
        return LinkDown(code, server=mailing.server, port=mailing.port, detail=detail)


def _literal(made: socket.socket) -> str:
    """Name ourselves by our address (RFC 5321, 4.1.3): to find a name out costs bytes."""
    address = made.getsockname()[0].partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _is_lasting(code: int) -> bool:
    return _LASTING <= code < _OF_LASTING


def _of_encryption(error: BaseException) -> ssl.SSLError | None:
    """Find an error of TLS in what was raised for it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause


def _short(answer: str) -> str:
    line = " ".join(answer.split())
    return line if len(line) <= _LONGEST_ANSWER else f"{line[:_LONGEST_ANSWER]} …"


def _words(error: BaseException) -> str:
    """Name an error without its arguments' noise."""
    if isinstance(error, socket.gaierror):
        return "its name was not found"
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return (isinstance(error, OSError) and error.strerror) or str(error) or "it hung up"
