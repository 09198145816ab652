"""What comes late, or again, is charged: segment by segment, from a peer that is made by hand."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from beekeed.link.beside import Beside
from beekeed.link.counters import Resets
from beekeed.link.flow import Flow
from beekeed.link.sockets import MeteredSocket
from beekeed.link.uplink import received_bytes
from tests.link.peer import ACK, DEVICE, FIN, PEER, PSH, RST, SEGMENT, SYN, Peer, Segment, device

pytestmark = pytest.mark.root

RTT_SECONDS = 0.02
WINDOW, MOST = 65_536, 100_000
SEGMENTS = 8


class Box:
    """Makes connections, and follows each to its end as a tab does."""

    def __init__(self) -> None:
        self._resets = Resets()
        self._beside = Beside(everybody=partial(received_bytes, DEVICE))
        self.ending: asyncio.Task[None] | None = None

    def socket(self) -> MeteredSocket:
        """A socket to the peer, which is not connected."""
        address = socket.AF_INET, socket.SOCK_STREAM, 0, "", (PEER, 80)
        return MeteredSocket(
            address, window=WINDOW, gate=self, resets=self._resets, beside=self._beside
        )

    def readable(self, wanted: int) -> int:
        """See Gate."""
        return wanted

    def closed(self, flow: Flow) -> None:
        """See Gate."""
        self.ending = asyncio.create_task(flow.finish())

    async def connect(self, peer: Peer) -> tuple[MeteredSocket, Segment]:
        """A connection to the peer; gives what the box sent last as well."""
        made = self.socket()
        loop = asyncio.get_running_loop()
        _, last = await asyncio.gather(
            loop.sock_connect(made, (PEER, 80)), peer.accept(RTT_SECONDS)
        )
        return made, last

    async def over(self) -> None:
        """Wait until the last connection that was closed costs nothing more."""
        assert self.ending is not None
        await self.ending


@pytest.fixture
def box() -> Box:
    """The side whose bytes are counted."""
    return Box()


@pytest.fixture
def line() -> Iterator[int]:
    """A line that nobody else uses."""
    with device() as made:
        yield made


@pytest.fixture
async def peer(line: int) -> AsyncIterator[Peer]:
    """The other side."""
    made = Peer(line)
    yield made
    asyncio.get_running_loop().remove_reader(line)


def charged(made: MeteredSocket) -> int:
    """What a connection is charged."""
    cost = made.flow.cost()
    return cost.sent + cost.received


async def test_what_arrives_again_while_we_look_is_charged(box: Box, peer: Peer) -> None:
    """However often, and whichever counter was just read."""
    made, last = await box.connect(peer)
    peer.send(last, PSH | ACK, data=SEGMENT)

    def repeat() -> None:
        for _ in range(60):
            time.sleep(0.002)
            peer.send(last, PSH | ACK, data=SEGMENT)

    again = threading.Thread(target=repeat)
    again.start()
    while again.is_alive():
        made.flow.look()
    made.flow.look()
    came = peer.received_by(last.port)
    assert came <= made.flow.cost().received <= came * 1.02
    made.flow.drop()
    made.close()
    await box.over()
    assert peer.bytes_of(last.port) <= charged(made) <= peer.bytes_of(last.port) * 1.04


async def test_what_arrives_again_behind_a_gap_is_charged(box: Box, peer: Peer) -> None:
    """Also where the gap was filled in the meantime, so that more is counted than came."""
    made, last = await box.connect(peer)
    for number in (1, 2):
        peer.send(last, PSH | ACK, at=number * SEGMENT, data=SEGMENT)
    made.flow.look()
    for number in (0, 2):
        peer.send(last, PSH | ACK, at=number * SEGMENT, data=SEGMENT)
    made.flow.look()
    await end_it(box, peer, made, last, at=3 * SEGMENT)
    assert peer.bytes_of(last.port) <= charged(made) <= peer.bytes_of(last.port) + 250


async def test_what_waited_behind_a_gap_is_charged_once(box: Box, peer: Peer) -> None:
    """When it was read, nothing waits, whatever others receive."""
    made, last = await box.connect(peer)
    for number in (1, 2, 0):
        peer.send(last, PSH | ACK, at=number * 100, data=100)
        made.flow.look()
    made.recv(MOST)
    made.flow.look()
    with await somebody_receives(peer):
        made.flow.drop()
        made.close()
        await box.over()
    assert peer.bytes_of(last.port) <= charged(made) <= peer.bytes_of(last.port) + 250


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_a_last_acknowledgement_that_gets_lost_is_charged(
    box: Box, peer: Peer, times: int
) -> None:
    """Each time: it is asked for again when no socket is there to count it."""
    made, last = await box.connect(peer)
    made.close()
    ours = await peer.wait_for(FIN)
    await asyncio.sleep(RTT_SECONDS)
    peer.send(ours, FIN | ACK)
    for _ in range(times):
        await asyncio.sleep(0.3)
        peer.send(ours, FIN | ACK)
    await box.over()
    assert peer.bytes_of(last.port) <= charged(made) <= peer.bytes_of(last.port) + 250


async def test_a_last_acknowledgement_that_is_asked_for_much_too_late_is_charged(
    box: Box, peer: Peer
) -> None:
    """Once: what asks for it may get lost as well."""
    made, last = await box.connect(peer)
    made.close()
    ours = await peer.wait_for(FIN)
    peer.send(ours, FIN | ACK)
    await box.over()
    before = len(peer.segments)
    peer.send(ours, FIN | ACK)
    await peer.wait_for(ACK, after=before)
    assert peer.bytes_of(last.port) <= charged(made) <= peer.bytes_of(last.port) + 250


@pytest.mark.parametrize("busy_seconds", [0.0, 0.2])
async def test_a_last_segment_that_is_acknowledged_twice_is_charged(
    box: Box, peer: Peer, busy_seconds: float
) -> None:
    """Where ours went out again, as it was only slow: the second meets no socket any more.

    Also where we were kept from seeing that it was over.
    """
    made, last = await box.connect(peer)
    peer.send(last, FIN | ACK)
    await asyncio.sleep(0)
    made.close()
    ours = await peer.wait_for(FIN, count=2)
    peer.send(ours, ACK, at=1)
    if not busy_seconds:
        await asyncio.sleep(0.05)
    peer.send(ours, ACK, at=1)
    time.sleep(busy_seconds)
    await box.over()
    assert peer.bytes_of(last.port) <= charged(made) <= peer.bytes_of(last.port) + 250


async def test_who_takes_a_connection_too_late_costs_no_more_than_that(
    box: Box, peer: Peer
) -> None:
    """It had been given up; what others receive meanwhile is theirs.

    Once more is charged: our reset may get lost, and the peer tries again for a minute.
    """
    made = box.socket()
    trying = asyncio.create_task(asyncio.get_running_loop().sock_connect(made, (PEER, 80)))
    syn = await peer.wait_for(SYN)
    trying.cancel()
    made.close()
    with await somebody_receives(peer):
        peer.send(syn, SYN | ACK)
        await box.over()
    assert peer.bytes_of(syn.port) == 60 + 60 + 40
    peer.send(syn, SYN | ACK)
    await peer.wait_for(RST, port=syn.port, count=2)
    assert charged(made) == peer.bytes_of(syn.port) == 60 + 2 * (60 + 40)


async def test_who_takes_a_connection_much_too_late_is_charged(box: Box, peer: Peer) -> None:
    """Where that got lost, it is tried again for a minute, which nobody waits for; twice it may."""
    made = box.socket()
    trying = asyncio.create_task(asyncio.get_running_loop().sock_connect(made, (PEER, 80)))
    syn = await peer.wait_for(SYN)
    trying.cancel()
    made.close()
    await box.over()
    for count in (1, 2):
        peer.send(syn, SYN | ACK)
        await peer.wait_for(RST, count=count)
    assert peer.bytes_of(syn.port) <= charged(made) <= peer.bytes_of(syn.port) + 250


async def test_each_segment_that_a_reset_meets_is_charged(box: Box, peer: Peer) -> None:
    """Another answers it; also where we were kept from seeing it at once."""
    made, last = await box.connect(peer)
    under_way = await fill(peer, last)
    made.recv(MOST)
    peer.send(last, RST | ACK, at=SEGMENTS * SEGMENT)
    made.flow.drop()
    time.sleep(0.3)  # as a machine does that has much else to do
    made.close()
    for each in under_way:
        peer.send(each, RST)
    await box.over()
    assert peer.bytes_of(last.port) <= charged(made) <= peer.bytes_of(last.port) + 250


async def test_a_reset_that_answers_our_end_is_charged(box: Box, peer: Peer) -> None:
    """It meets all that was under way as well."""
    made, last = await box.connect(peer)
    under_way = await fill(peer, last)
    made.close()
    for each in (*under_way, await peer.wait_for(FIN)):
        peer.send(each, RST, at=SEGMENTS * SEGMENT)
    await box.over()
    assert peer.bytes_of(last.port) <= charged(made) <= peer.bytes_of(last.port) + 250


async def test_a_reset_that_answers_what_was_dropped_is_charged(box: Box, peer: Peer) -> None:
    """Nobody answers a reset, so that nothing tells of it but the interface."""
    made, last = await box.connect(peer)
    before = len(peer.segments)
    made.send(b"x" * 100)
    data = await peer.wait_for(PSH, after=before)
    made.flow.drop()
    made.close()
    peer.send(data, RST)
    await box.over()
    assert peer.bytes_of(last.port) <= charged(made) <= peer.bytes_of(last.port) + 250


async def somebody_receives(peer: Peer) -> socket.socket:
    """Have somebody else's connection receive as much as might be taken for ours."""
    others = socket.socket()
    others.setblocking(False)
    connecting = asyncio.get_running_loop().sock_connect(others, (PEER, 80))
    _, last = await asyncio.gather(connecting, peer.accept())
    for number in range(3):
        peer.send(last, PSH | ACK, at=number * SEGMENT, data=SEGMENT)
    return others


async def fill(peer: Peer, last: Segment) -> list[Segment]:
    """Send some segments, and give what acknowledges them."""
    before = len(peer.segments)
    for number in range(SEGMENTS):
        peer.send(last, PSH | ACK, at=number * SEGMENT, data=SEGMENT)
        await asyncio.sleep(0)
    await peer.wait_for(ACK, after=before, count=SEGMENTS // 2)
    return peer.segments[before:]


async def end_it(box: Box, peer: Peer, made: MeteredSocket, last: Segment, at: int) -> None:
    """Close a connection from the peer's side, and then from ours."""
    peer.send(last, FIN | ACK, at=at)
    await asyncio.sleep(0)
    made.close()
    peer.send(await peer.wait_for(FIN), ACK, at=at + 1)
    await box.over()
