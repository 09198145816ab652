"""The paid line on loopback: what is held, when, and what is raised where it cannot be paid."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from beekeed.core.model import Bytes, Category, Charge
from beekeed.errors import Code, LinkDown, OutcomeUnknown, RemoteGarbled, StoreBroken
from beekeed.link.line import PaidLine
from beekeed.link.meter import RunMeter
from beekeed.link.uplink import Uplink
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call
from tests import namespaces
from tests.front import ending
from tests.ledger import Purse
from tests.line import paid_line
from tests.link.bench import certificates

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CALL = Call("f", {"text": "x" * 500})
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Keep other tests' packets out of the kernel's counters: what drops is nobody else's."""
    with namespaces.alone():
        yield


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request with two bytes."""
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            await reader.readuntil(b"text=" + b"x" * 500)
            writer.write(HEAD % 2 + b"[]")
    writer.close()


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer without an end."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD % 10**9)
    with contextlib.suppress(OSError):
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()
    writer.close()


async def long(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with half a megabyte."""
    await reader.readuntil(b"text=" + b"x" * 500)
    writer.write(HEAD % 500_000 + b'"' + b"x" * 499_998 + b'"')
    with contextlib.suppress(OSError):
        await writer.drain()
        await reader.read()
    writer.close()


@asynccontextmanager
async def server(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server on loopback."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with ending(writer):
            await serve(reader, writer)

    listening = await asyncio.start_server(served, "127.0.0.1", 0, ssl=context)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"http{'s' if context else ''}://127.0.0.1:{port}"


@asynccontextmanager
async def way_on(address: str, line: PaidLine) -> AsyncIterator[Transport]:
    """A transport on a line."""
    way = Transport(address=address, token="t", timeout_seconds=5, line=line)
    try:
        yield way
    finally:
        await way.close()


async def test_one_connection_is_one_entry() -> None:
    """With all its requests; what was held for it is given back in the end."""
    ledger = Purse()
    async with server(answer) as address, way_on(address, paid_line(ledger)) as way:
        for _ in range(5):
            assert await way.ask(CALL) == []
    (entry,) = ledger.entries.values()
    assert entry.settled
    assert entry.held == 0
    assert 5 * 500 < entry.spent.sent < 6_000
    assert 0 < entry.spent.received < 3_000


async def test_it_is_held_before_anything_leaves() -> None:
    """When the server sees a connection, the ledger has it."""
    ledger = Purse()
    held: list[int] = []

    async def look(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(ledger.charged())
        await answer(reader, writer)

    async with server(look) as address, way_on(address, paid_line(ledger)) as way:
        await way.ask(CALL)
    assert held[0] > 1_000
    assert held[0] > ledger.charged()


async def test_nothing_leaves_that_cannot_be_paid() -> None:
    """The server sees no connection, and nothing is written down."""
    came = []

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer)
        writer.close()

    ledger = Purse(5_000)
    async with server(note) as address, way_on(address, paid_line(ledger)) as way:
        with pytest.raises(LinkDown) as caught:
            await way.ask(CALL)
    assert caught.value.code is Code.LIMIT_REACHED
    assert came == []
    assert ledger.charged() == 0


async def test_an_answer_that_cannot_be_paid_leaves_the_outcome_unknown() -> None:
    """The request was out; no more is spent than the limit, and the books say so."""
    ledger = Purse(100_000)
    async with server(flood) as address, way_on(address, paid_line(ledger)) as way:
        with pytest.raises(OutcomeUnknown) as caught:
            await way.ask(CALL)
    assert caught.value.code is Code.LIMIT_REACHED
    assert 50_000 < ledger.charged() <= 100_000
    assert ledger.most_charged <= 100_000


async def test_a_long_honest_answer_is_paid_on_the_way() -> None:
    """Far more than was held at first; held before it is read."""
    ledger = Purse(2_000_000)
    async with server(long) as address, way_on(address, paid_line(ledger)) as way:
        assert len(str(await way.ask(CALL))) == 499_998
    assert 500_000 < ledger.charged() < 650_000


async def test_without_a_limit_an_endless_answer_is_in_the_books(tmp_path: Path) -> None:
    """What came until it was cut off for its length, and a window more at the most."""
    ledger = Purse()
    line = paid_line(ledger)
    async with server(flood) as address:
        way = Transport(
            address=address, token="t", timeout_seconds=5, line=line, largest_answer=300_000
        )
        with pytest.raises(RemoteGarbled):
            await way.ask(CALL)
        await way.close()
    assert 300_000 < ledger.charged() < 600_000


async def test_a_handshake_that_cannot_be_paid_surely_sent_nothing(tmp_path: Path) -> None:
    """No request was out yet."""

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A handshake message of 64 kB that is never complete, in records of 16 kB.
        writer.write(b"\x16\x03\x03\x40\x00\x02\x00\xff\xff" + b"x" * 16_380)
        with contextlib.suppress(OSError):
            while True:
                writer.write(b"\x16\x03\x03\x40\x00" + b"x" * 16_384)
                await writer.drain()
        writer.close()

    ledger = Purse(30_000)
    async with server(babble) as address:
        encrypted = address.replace("http:", "https:")
        async with way_on(encrypted, paid_line(ledger)) as way:
            with pytest.raises(LinkDown):
                await way.ask(CALL)
    assert ledger.most_charged <= 30_000


class Breaking(Purse):
    """An account that cannot be written any more from some time on."""

    is_broken = False

    async def hold(
        self, entry: int | None, category: Category, run_id: int | None, spent: Bytes, most: int
    ) -> int:
        """See ports.Ledger."""
        if self.is_broken:
            raise StoreBroken(Code.STORE_FULL)
        return await super().hold(entry, category, run_id, spent, most)


async def test_where_nothing_can_be_written_down_a_request_ends_at_once() -> None:
    """It does not wait for its time to be over, though nothing more of its answer is read."""
    ledger = Breaking()

    async def hint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Interim answers without an end: no part of a body, whose reader would see it as well.
        await reader.readuntil(b"text=" + b"x" * 500)
        ledger.is_broken = True
        with contextlib.suppress(OSError):
            while True:
                writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)
                await writer.drain()
        writer.close()

    async with server(hint) as address:
        way = Transport(address=address, token="t", timeout_seconds=60, line=paid_line(ledger))
        async with asyncio.timeout(10) as waiting:
            with pytest.raises(StoreBroken):
                await way.ask(CALL)
        assert not waiting.expired()
        await way.close()


async def test_a_name_is_charged_once_a_run_and_an_address_never() -> None:
    """2,000 bytes, held before the resolver is asked; the next run asks again."""
    ledger = Purse()
    line = paid_line(ledger)
    for _ in range(2):
        for _ in range(3):
            with contextlib.suppress(OSError):
                await line.look_up("moodle.invalid", 443, 0)
    assert {entry.whole for entry in ledger.entries.values()} == {2_000}
    before = len(ledger.entries)
    assert await line.look_up("127.0.0.1", 443, 0)
    assert await line.look_up("localhost", 443, 0)
    assert len(ledger.entries) == before


async def test_a_name_that_was_found_is_not_looked_up_again() -> None:
    """Until the line is closed, which a run does in the end."""
    asked = []

    class Named(PaidLine):
        async def _look_up(self, host: str, port: int, family: int) -> list[object]:  # type: ignore[override]
            asked.append(host)
            return []

    line = Named(ledger=Purse(), category=Category.SYNC, encrypted=False, uplink=Uplink())
    for _ in range(3):
        await line.look_up("moodle.example", 443, 0)
    await line.close()
    await line.look_up("moodle.example", 443, 0)
    assert asked == ["moodle.example"] * 2


async def test_another_day_has_another_entry() -> None:
    """A connection that lasts over midnight is two; nothing counts twice, nothing is missed."""
    ledger = Purse()
    line = paid_line(ledger)
    async with server(answer) as address, way_on(address, line) as way:
        await way.ask(CALL)
        ledger.clock.time += timedelta(days=1)
        await way.ask(CALL)
    first, second = ledger.entries.values()
    assert first.spent.sent > 500
    assert second.spent.sent > 500
    assert first.spent + second.spent == line.spent()


async def test_a_run_has_its_own_bytes() -> None:
    """And beside them everybody's on that line, by the interface's counters."""
    ledger, uplink = Purse(), Uplink()
    line = paid_line(ledger, uplink=uplink)
    meter = RunMeter(line=line, uplink=uplink)
    async with server(answer) as address, way_on(address, line) as way:
        await way.ask(CALL)
        await way.close()
        before, measured = line.spent(), meter.begin(7)
        assert measured.so_far() == Bytes()
        await way.ask(CALL)
    assert measured.so_far() == Bytes(
        line.spent().sent - before.sent, line.spent().received - before.received
    )
    own, line_bytes = measured.so_far(), measured.of_line()
    assert own.sent > 500
    assert line_bytes.sent + line_bytes.received > own.sent + own.received - 400
    assert [entry.run_id for entry in ledger.entries.values()] == [None, 7]


async def test_the_interfaces_counters_can_be_charged_instead() -> None:
    """Where the kernel tells no more, or the owner wants it: everybody's bytes."""
    ledger = Purse(1_000_000)
    line = paid_line(ledger, charge=Charge.LINE)
    assert line.charged_by is Charge.LINE
    async with server(answer) as address, way_on(address, line) as way:
        await way.ask(CALL)
    assert all(entry.settled for entry in ledger.entries.values())
    assert ledger.charged() > 600


async def test_a_bad_certificate_is_paid_for(tmp_path: Path) -> None:
    """Its bytes are no request's, but they came."""
    certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "bad.pem")
    ledger = Purse()
    async with server(answer, context) as address, way_on(address, paid_line(ledger)) as way:
        with pytest.raises(LinkDown) as caught:
            await way.ask(CALL)
    assert caught.value.code is Code.CERTIFICATE_SELF_SIGNED
    assert 1_500 < ledger.charged() < 4_000
