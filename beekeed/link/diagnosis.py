"""Where the way to the online Moodle ends: the tree of nodes, looked at or walked.

To look costs nothing: it is what the kernel shows, and how far the last contact came. A walk
is metered as a check.
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
from beekeed.core.model import Bytes, Category
from beekeed.errors import LinkDown
from beekeed.link.interfaces import interfaces
from beekeed.link.probe import KNOCK_BYTES, MOST_BYTES, Site, SocketFactory
from beekeed.link.route import KernelRoute
from beekeed.link.walk import Walk
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.ledger import Ledger
from beekeed.ports.link import Meter


class Diagnosis:
    """See ports.Diagnosis. `address`: the site's; `timeout_seconds`: the most for one step.

    What a walk costs is measured by `meter`, and charged to `ledger` where one is given.
    """

    def __init__(
        self,
        *,
        address: str,
        clock: Clock,
        trust: ClockTrust,
        route: KernelRoute,
        socket_factory: SocketFactory,
        meter: Meter,
        ledger: Ledger | None = None,
        timeout_seconds: float = 60.0,
    ) -> None:
        self._address = address
        self._site = site_at(address)
        self._clock = clock
        self._trust = trust
        self._route = route
        self._make = socket_factory
        self._meter = meter
        self._ledger = ledger
        self._longest = timeout_seconds
        self._unneeded = _unneeded(self._site)
        self._turn = asyncio.Lock()
        self._spent = Bytes()
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
            spent = Bytes()
            if first_failure(found) is None:
                async with self._charged(MOST_BYTES):
                    found = (*found, *await self._walk().go())
                spent = self._spent
            tree = without(grown(found), self._unneeded)
            self.latest = Contact(at, Source.CHECK, tree, spent)
            return self.latest

    async def knock(self) -> bool:
        """See ports.Diagnosis."""
        async with self._turn, self._charged(KNOCK_BYTES):
            return await self._walk().connects()

    def _walk(self) -> Walk:
        return Walk(
            self._site,
            self._address,
            make=self._make,
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
    async def _charged(self, most: int) -> AsyncIterator[None]:
        """Hold what a check may cost before it begins, and settle what it did cost."""
        measured = self._meter.begin()
        if self._ledger is None:
            yield
            self._spent = measured.so_far()
            return
        entry = await self._ledger.hold(None, Category.CHECK, None, Bytes(), most)
        try:
            yield
        finally:
            self._spent = measured.so_far()
            await self._ledger.settle(entry, self._spent)


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
