"""Where the way to the online Moodle ends: the tree of nodes, looked at or walked.

To look costs nothing: it is what the kernel shows, and how far the last contact came. A walk
is paid as a check.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

from beekeed.clock import Clock
from beekeed.core import certificate
from beekeed.core.link import (
    Contact,
    Interface,
    Node,
    Source,
    Tree,
    as_known,
    first_failure,
    grown,
    without,
)
from beekeed.errors import LinkDown
from beekeed.link.interfaces import interfaces
from beekeed.link.line import PaidLine
from beekeed.link.probe import Site
from beekeed.link.route import KernelRoute
from beekeed.link.walk import Walk
from beekeed.ports.clocktrust import ClockTrust


class Diagnosis:
    """See ports.Diagnosis. `address`: the site's; `timeout_seconds`: the most for one step.

    `line`: one of its own, for walks alone.
    """

    def __init__(
        self,
        *,
        address: str,
        clock: Clock,
        trust: ClockTrust,
        route: KernelRoute,
        line: PaidLine,
        timeout_seconds: float = 60.0,
    ) -> None:
        self._address = address
        self._site = site_at(address)
        self._clock = clock
        self._trust = trust
        self._route = route
        self._line = line
        self._longest = timeout_seconds
        self._unneeded = _unneeded(self._site)
        self._turn = asyncio.Lock()
        self.latest: Contact | None = None

    def look(self, contact: Contact | None) -> Tree:
        """See ports.Diagnosis."""
        return without(as_known(self._route.findings(), contact), self._unneeded)

    def interfaces(self) -> Sequence[Interface]:
        """See ports.Diagnosis."""
        return interfaces()

    async def walk(self) -> Contact:
        """See ports.Diagnosis."""
        async with self._turn:
            at = self._clock.now()
            found = self._route.findings()
            before = self._line.spent()
            if first_failure(found) is None:
                async with self._paid():
                    found = (*found, *await self._walk().go())
            spent = self._line.spent() - before
            tree = without(grown(found), self._unneeded)
            self.latest = Contact(at, Source.CHECK, tree, spent)
            return self.latest

    async def knock(self) -> bool:
        """See ports.Diagnosis."""
        async with self._turn, self._paid():
            return await self._walk().connects()

    def _walk(self) -> Walk:
        return Walk(
            self._site,
            self._address,
            look_up=self._line.look_up,
            make=self._line.open_socket,
            refused=self._refused,
            longest_seconds=self._longest,
        )

    def _refused(self, error: ssl.SSLCertVerificationError) -> LinkDown:
        return certificate.refused(
            error.verify_code,
            error.verify_message,
            host=self._site.host,
            now=self._trust.moment(),
        )

    @asynccontextmanager
    async def _paid(self) -> AsyncIterator[None]:
        """Hold what a check may cost before it begins, and wait until all of it has ended."""
        try:
            async with self._line.request(0):
                yield
        finally:
            await self._line.close()


def site_at(address: str) -> Site:
    """Read where a site is from its address."""
    parts = urlsplit(address)
    encrypted = parts.scheme == "https"
    port = parts.port or (443 if encrypted else 80)
    host = (parts.hostname or "").encode("idna").decode("ascii")
    return Site(host, port, parts.path.rstrip("/"), encrypted)


def _unneeded(site: Site) -> frozenset[Node]:
    nodes = set() if site.encrypted else {Node.ENCRYPTION}
    try:
        ip_address(site.host)
    except ValueError:
        return frozenset(nodes)
    return frozenset(nodes | {Node.NAME})
