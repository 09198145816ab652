"""What a check costs is held before it goes out, and settled after it."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from beekeed.clock import SystemClock
from beekeed.core.model import Bytes, Category
from beekeed.errors import Code, LinkDown
from beekeed.link.diagnosis import Diagnosis
from beekeed.link.route import KernelRoute
from tests.clock import FakeTrust
from tests.front import ending
from tests.ledger import Purse
from tests.line import paid_line


class Account(Purse):
    """A ledger with so much left, which sees that nothing goes out before it is held."""

    def __init__(self, left: int, site: "Site") -> None:
        super().__init__(left)
        self._site = site

    async def hold(
        self, entry: int | None, category: Category, run_id: int | None, spent: Bytes, most: int
    ) -> int:
        """See ports.Ledger."""
        assert category is Category.CHECK
        assert self.entries or self._site.visits == 0, "something went out before it was paid for"
        return await super().hold(entry, category, run_id, spent, most)


class Site:
    """Something that takes connections on loopback, and answers as a Moodle does."""

    def __init__(self) -> None:
        self.visits = 0
        self.address = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.visits += 1
        with ending(writer):
            if await reader.readline():
                body = b'{"exception":"moodle_exception","errorcode":"invalidtoken"}'
                head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
                writer.write(head + body)


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
    return Diagnosis(
        address=address,
        clock=SystemClock(),
        trust=FakeTrust(),
        route=KernelRoute("127.0.0.1"),
        line=paid_line(account, category=Category.CHECK),
        timeout_seconds=5,
    )


async def test_a_walk_is_held_first_and_settled_after(site: Site) -> None:
    """At no more than was held."""
    account = Account(100_000, site)
    contact = await diagnosis(site.address, account).walk()
    assert contact.failed is None
    (entry,) = account.entries.values()
    assert entry.settled
    assert entry.spent == contact.spent
    assert 200 < entry.whole <= account.most_charged
    assert site.visits == 1


async def test_a_bare_connection_is_held_and_settled_as_well(site: Site) -> None:
    """Whether anything takes it or not."""
    account = Account(100_000, site)
    assert await diagnosis(site.address, account).knock()
    assert [each.settled for each in account.entries.values()] == [True]
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    nowhere = Account(100_000, Site())
    assert not await diagnosis(f"http://127.0.0.1:{port}", nowhere).knock()
    assert [each.settled for each in nowhere.entries.values()] == [True]


async def test_where_nothing_is_left_nothing_goes_out(site: Site) -> None:
    """Neither a walk nor a bare connection; whoever asked is told why."""
    tried = diagnosis(site.address, Account(100, site))
    for attempt in (tried.walk, tried.knock):
        with pytest.raises(LinkDown) as caught:
            await attempt()
        assert caught.value.code is Code.LIMIT_REACHED
    await asyncio.sleep(0)
    assert site.visits == 0
