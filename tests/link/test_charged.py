"""What a check costs is held before it goes out, and settled after it."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from beekeed.clock import SystemClock
from beekeed.core.model import Bytes, Category
from beekeed.errors import Code, LinkDown
from beekeed.link.diagnosis import Diagnosis
from beekeed.link.meter import InterfaceMeter
from beekeed.link.route import KernelRoute
from beekeed.link.uplink import Uplink
from tests.engine.school import FakeTrust


class Account:
    """A ledger with so much left, and what was done in it. See ports.Ledger."""

    def __init__(self, left: int, site: "Site") -> None:
        self._left = left
        self._site = site
        self.done: list[tuple[str, int]] = []

    async def left(self, *, extra: bool = False) -> int | None:
        """See ports.Ledger."""
        return self._left

    async def hold(
        self, entry: int | None, category: Category, run_id: int | None, spent: Bytes, most: int
    ) -> int:
        """See ports.Ledger."""
        assert category is Category.CHECK
        assert self._site.visits == 0, "something went out before it was paid for"
        if most > self._left:
            raise LinkDown(Code.LIMIT_REACHED, renews="2026-12-01")
        self.done.append(("hold", most))
        return 7

    async def settle(self, entry: int, spent: Bytes) -> None:
        """See ports.Ledger."""
        assert entry == 7
        self.done.append(("settle", spent.sent + spent.received))


class Site:
    """Something that takes connections on loopback, and answers as a Moodle does."""

    def __init__(self) -> None:
        self.visits = 0
        self.address = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.visits += 1
        if await reader.readline():
            body = b'{"exception":"moodle_exception","errorcode":"invalidtoken"}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site that is there."""
    made = Site()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made


def diagnosis(address: str, account: Account) -> Diagnosis:
    """What is tried."""
    uplink = Uplink()
    return Diagnosis(
        address=address,
        clock=SystemClock(),
        trust=FakeTrust(),
        route=KernelRoute("127.0.0.1"),
        socket_factory=uplink.open_socket,
        meter=InterfaceMeter(uplink=uplink),
        ledger=account,
        timeout_seconds=5,
    )


async def test_a_walk_is_held_first_and_settled_after(site: Site) -> None:
    """At no more than was held."""
    account = Account(100_000, site)
    contact = await diagnosis(site.address, account).walk()
    assert contact.failed is None
    (held, most), (settled, spent) = account.done
    assert (held, settled) == ("hold", "settle")
    assert contact.spent is not None
    assert contact.spent.sent + contact.spent.received == spent
    assert 200 < spent <= most
    assert site.visits == 1


async def test_a_bare_connection_is_held_and_settled_as_well(site: Site) -> None:
    """Whether anything takes it or not."""
    account = Account(100_000, site)
    assert await diagnosis(site.address, account).knock()
    assert [name for name, _ in account.done] == ["hold", "settle"]
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    nowhere = Account(100_000, Site())
    assert not await diagnosis(f"http://127.0.0.1:{port}", nowhere).knock()
    assert [name for name, _ in nowhere.done] == ["hold", "settle"]


async def test_where_nothing_is_left_nothing_goes_out(site: Site) -> None:
    """Neither a walk nor a bare connection; whoever asked is told why."""
    tried = diagnosis(site.address, Account(100, site))
    for attempt in (tried.walk, tried.knock):
        with pytest.raises(LinkDown) as caught:
            await attempt()
        assert caught.value.code is Code.LIMIT_REACHED
    await asyncio.sleep(0)
    assert site.visits == 0
