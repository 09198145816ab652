"""A real mail server for tests: aiosmtpd in a thread, on loopback or in a network namespace.

It keeps what it took, byte for byte, and answers as a test tells it.
"""

import asyncio
import email
import email.policy
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.link.net import inside

_LONGEST_HOLD_SECONDS = 60


@dataclass(frozen=True)
class Taken:
    """A message that the server took."""

    sender: str
    to: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, read."""
        read = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        return read

    @property
    def parts(self) -> dict[str, str]:
        """Its parts by their type, decoded."""
        return {
            part.get_content_type(): part.get_content()
            for part in self.message.walk()
            if not part.is_multipart()
        }

    @property
    def text(self) -> str:
        """Its plain text, unfolded."""
        return " ".join(self.parts["text/plain"].split())

    @property
    def everything(self) -> str:
        """All its bytes, as they came and decoded, with its headers."""
        headers = "\n".join(f"{name}: {value}" for name, value in self.message.items())
        return "\n".join([self.raw.decode(), headers, *self.parts.values()])


class MailServer:
    """What a test tells the server, and what came of it.

    `answers`: what to say instead of yes, by command ("MAIL", "RCPT", "DATA"). `taken`: what
    was accepted; `came`: every message that came, also those that were refused.
    """

    def __init__(self) -> None:
        self.port = 0
        self.answers: dict[str, str] = {}
        self.taken: list[Taken] = []
        self.came: list[Taken] = []
        self.connections = 0
        self.transports: list[asyncio.Transport] = []
        self.logins: list[tuple[str, str]] = []
        self.commands: list[str] = []
        self.hidden: set[str] = set()
        """Extensions that it does not offer."""
        self.greeted: Callable[[], None] = lambda: None
        """Called when somebody connects."""
        self.is_held = False
        """Whether a message that came waits for its answer."""

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, _: Envelope, hostname: str, offered: list[str]
    ) -> list[str]:
        """See aiosmtpd."""
        session.host_name = hostname
        self.commands.append(f"EHLO {hostname}")
        return [each for each in offered if each[4:] not in self.hidden]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """See aiosmtpd."""
        self.commands.append(f"MAIL {' '.join(options)}")
        if "MAIL" not in self.answers:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """See aiosmtpd."""
        if "RCPT" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        """See aiosmtpd."""
        raw = envelope.original_content or b""
        came = Taken(str(envelope.mail_from), list(envelope.rcpt_tos), raw)
        self.came.append(came)
        try:
            await self._hold()
        except asyncio.CancelledError:  # the sender is gone, and the mail is here
            self.taken.append(came)
            raise
        answer = self.answers.get("DATA", "250 taken")
        if answer.startswith("250"):
            self.taken.append(came)
        return answer

    async def _hold(self) -> None:
        for _ in range(_LONGEST_HOLD_SECONDS * 100):
            if not self.is_held:
                return
            await asyncio.sleep(0.01)


class _Counting(SMTP):
    """Counts connections, and can say something else than a greeting."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        is_new = transport.get_extra_info("ssl_object") is None or self.transport is None
        self.event_handler.connections += is_new
        self.event_handler.transports.append(transport)
        self.event_handler.greeted()
        super().connection_made(transport)

    async def push(self, status: str | bytes) -> None:
        """Say something else where the greeting was to come, if a test says so."""
        said = status.decode() if isinstance(status, bytes) else status
        if said.startswith("220") and self.session is not None and not self.session.host_name:
            said = self.event_handler.answers.get("greeting", said)
        await super().push(said)


@contextmanager
def mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
    host: str = "127.0.0.1",
    space: str = "",
    port: int = 0,
) -> Iterator[MailServer]:
    """Have a mail server run. `space`: in which network namespace; `login`: who may send."""
    made = MailServer()
    loop = asyncio.new_event_loop()

    def check(
        _: SMTP, __: Session, ___: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        made.logins.append(given)
        return AuthResult(success=given == login, handled=False)

    def protocol() -> SMTP:
        return _Counting(
            made,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=check if login else None,
            auth_required=login is not None and starttls is not None,
            auth_require_tls=starttls is not None,
            hostname="mail.test",
            loop=loop,
        )

    def run() -> None:
        with inside(space) if space else nullcontext():
            loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    opening = loop.create_server(protocol, host, port, ssl=tls)
    server = asyncio.run_coroutine_threadsafe(opening, loop).result(10)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.is_held = False
        asyncio.run_coroutine_threadsafe(_end(server, made), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(server: asyncio.Server, made: MailServer) -> None:
    server.close()
    for _ in range(3):  # who was accepted in this very moment has a transport by then
        await asyncio.sleep(0)
    for transport in made.transports:
        transport.abort()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def mail_settings(port: int, host: str = "127.0.0.1", **settings: str) -> dict[str, str]:
    """Give the settings of a box that mails each sync there, as World takes them."""
    made = {
        "mail__notify": '"all"',
        "mail__to": '"school@example.org"',
        "mail__sender": '"box@example.org"',
        "mail__server": f'"{host}"',
        "mail__port": str(port),
        "mail__security": '"none"',
    }
    return made | settings
