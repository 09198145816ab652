"""One walk over the way to the online Moodle, from its name to its answer, node by node.

Rule: without a certificate that was verified nothing goes out but the handshake, and the
token never does.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace

from beekeed.core.answer import login_page, misfit
from beekeed.core.certificate import DATED
from beekeed.core.link import Finding, Node, State, held
from beekeed.core.model import Reason
from beekeed.errors import BeekeedError, Code, LinkDown
from beekeed.link import probe
from beekeed.link.probe import LookUp, Site, SocketFactory
from beekeed.ports.link import AddressInfo

_NAME_SECONDS, _CONNECT_SECONDS, _ANSWER_SECONDS = 20.0, 15.0, 30.0
_LOGIN_PAGE_SECONDS = 3.0
# Moodle answers this with a refusal of 120 bytes, and runs nothing.
_SERVICE = "/webservice/rest/server.php?moodlewsrestformat=json"


class Walk:
    """One walk to a site; `address`: its own in the settings.

    `refused` makes an error of what OpenSSL says of a certificate; `longest_seconds` is the
    most that a step takes.
    """

    def __init__(
        self,
        site: Site,
        address: str,
        *,
        look_up: LookUp,
        make: SocketFactory,
        refused: Callable[[ssl.SSLCertVerificationError], LinkDown],
        longest_seconds: float,
    ) -> None:
        self._site = site
        self._address = address
        self._look_up = look_up
        self._make = make
        self._refused = refused
        self._longest = longest_seconds
        self._node = Node.NAME
        self._addresses: Sequence[AddressInfo] = ()
        self._found: list[Finding] = []

    async def go(self) -> list[Finding]:
        """Go as far as it goes: the last finding is the failure, or that a Moodle answered."""
        try:
            stream = await self._open()
            answer = await probe.ask(
                stream, self._site, self._site.path + _SERVICE, self._at_most(_ANSWER_SECONDS)
            )
            reason = misfit(answer, self._address)
        except BeekeedError as error:
            reason = Reason(error.code, error.params)
        if reason is None:
            self._hold()
        else:
            reason = await self._login_page(reason) or reason
            self._found.append(Finding(self._node, State.FAILED, reason))
        return self._found

    async def connects(self) -> bool:
        """Tell whether anything takes a connection there; nothing is sent through it."""
        try:
            self._addresses = await self._resolve()
            (await self._connect()).close()
        except LinkDown:
            return False
        return True

    async def _open(self) -> probe.Stream:
        """Look up the name, connect, and encrypt where the address says so."""
        self._addresses = await self._resolve()
        self._hold(address=str(self._addresses[0][4][0]))
        connection = await self._connect()
        self._hold(address=str(connection.getpeername()[0]), port=self._site.port)
        context = ssl.create_default_context() if self._site.encrypted else None
        seconds = self._at_most(_CONNECT_SECONDS)
        try:
            stream = await probe.open_stream(connection, self._site, context, seconds)
        except ssl.SSLCertVerificationError as error:
            raise self._refused(error) from error
        self._hold(protocol=_protocol(stream))
        return stream

    async def _resolve(self) -> Sequence[AddressInfo]:
        return await probe.resolve(self._site, self._look_up, self._at_most(_NAME_SECONDS))

    async def _connect(self) -> socket.socket:
        seconds = self._at_most(_CONNECT_SECONDS)
        return await probe.connect(self._site, self._addresses, self._make, seconds)

    def _hold(self, **facts: str | int) -> None:
        """Note that the node held, and come to the next."""
        self._found.append(held(self._node, **facts))
        following = list(Node)[list(Node).index(self._node) + 1 :]
        self._node = following[0] if following else self._node

    async def _login_page(self, reason: Reason) -> Reason | None:
        """See whether the network's own page stands where the encrypted way fails.

        It shows on the port without encryption, whose visitors it catches.
        """
        is_caught = self._node in (Node.CONNECTION, Node.ENCRYPTION) and reason.code not in DATED
        if not (self._site.encrypted and is_caught):
            return None
        site = replace(self._site, port=80, encrypted=False)
        addresses = [(*each[:4], (each[4][0], 80, *each[4][2:])) for each in self._addresses]
        seconds = self._at_most(_LOGIN_PAGE_SECONDS)
        try:
            connection = await probe.connect(site, addresses[:1], self._make, seconds)
            stream = await probe.open_stream(connection, site, None, seconds)
            answer = await probe.ask(stream, site, "/", seconds)
        except BeekeedError:
            return None
        where = login_page(answer, site.host)
        return Reason(Code.CAPTIVE_PORTAL, {"where": where}) if where is not None else None

    def _at_most(self, seconds: float) -> float:
        return min(seconds, self._longest)


def _protocol(stream: probe.Stream) -> str:
    encryption = stream[1].get_extra_info("ssl_object")
    return str(encryption.version()) if encryption else ""
