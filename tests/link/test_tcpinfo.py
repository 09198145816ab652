"""What a connection cost, from the kernel's figures: a table of cases."""

import dataclasses
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core.model import Bytes
from beekeed.link import allowance, tcpinfo
from beekeed.link.tcpinfo import Doubled, TcpInfo

QUIET = TcpInfo(
    state=1,
    timestamps=True,
    snd_mss=1448,
    silent_seconds=0.0,
    rtt_seconds=0.05,
    least_rtt_seconds=0.04,
    advmss=1448,
    total_retrans=0,
    bytes_acked=1_001,
    bytes_received=2_000,
    segs_out=5,
    segs_in=4,
    notsent_bytes=0,
    data_segs_in=2,
    data_segs_out=1,
    bytes_sent=1_000,
    bytes_retrans=0,
    dsack_dups=0,
    rcv_ooopack=0,
)
NEVER = dataclasses.replace(QUIET, timestamps=False, bytes_acked=0, bytes_received=0, bytes_sent=0)


@pytest.mark.parametrize(
    ("info", "ipv6", "sent", "received"),
    [
        (QUIET, False, 1_000 + 5 * 52 + 8, 2_000 + 4 * 52 + 8),
        (QUIET, True, 1_000 + 5 * 72 + 8, 2_000 + 4 * 72 + 8),
        (
            dataclasses.replace(QUIET, timestamps=False),
            False,
            1_000 + 5 * 40 + 20,
            2_000 + 4 * 40 + 20,
        ),
        # A SYN that three times nobody answered, and one that was refused.
        (dataclasses.replace(NEVER, segs_out=3, segs_in=0), False, 180, 0),
        (dataclasses.replace(NEVER, segs_out=1, segs_in=1), True, 80, 60),
    ],
)
def test_on_a_line_that_loses_nothing_it_is_exact(
    info: TcpInfo, ipv6: bool, sent: int, received: int
) -> None:
    """Payload, headers with timestamps, and the options of the first segments."""
    assert tcpinfo.cost(info, ipv6=ipv6) == Bytes(sent, received)


def test_what_got_lost_makes_it_a_bound() -> None:
    """Acknowledgements that name what is missing are larger, either way."""
    clean = tcpinfo.cost(QUIET, ipv6=False)
    early = tcpinfo.cost(dataclasses.replace(QUIET, rcv_ooopack=3), ipv6=False)
    again = tcpinfo.cost(dataclasses.replace(QUIET, total_retrans=1), ipv6=False)
    assert early.sent >= clean.sent + 3 * 28
    assert again.received >= clean.received + 2 * 28


def test_what_arrived_twice_counts_twice() -> None:
    """As much as there is room for; a segment without data has no bytes, but an answer."""
    now = dataclasses.replace(QUIET, data_segs_in=3)
    assert tcpinfo.doubled(None, now, repeats=1, ahead=0) == Doubled(1, 1_448)
    assert tcpinfo.doubled(None, now, repeats=0, ahead=0) == Doubled(0, 0)
    assert tcpinfo.doubled(None, now, repeats=9, ahead=0) == Doubled(4, 2_344)
    assert tcpinfo.doubled(now, now, repeats=9, ahead=0) == Doubled(0, 0)
    bare = dataclasses.replace(now, segs_in=5)
    assert tcpinfo.doubled(now, bare, repeats=9, ahead=0) == Doubled(1, 0)


def test_bytes_that_came_ahead_leave_room_for_what_came_twice() -> None:
    """A gap is filled: they are counted only now, by a segment that came long ago."""
    before = dataclasses.replace(QUIET, segs_in=6, data_segs_in=4, rcv_ooopack=2)
    now = dataclasses.replace(before, segs_in=8, data_segs_in=6, bytes_received=2_000 + 3 * 1_448)
    assert tcpinfo.doubled(before, now, repeats=1, ahead=0).payload == 0
    assert tcpinfo.doubled(before, now, repeats=1, ahead=2 * 1_448).payload == 1_448


def test_no_more_is_charged_than_came_beside() -> None:
    """Of what is not counted; what is counted is charged in any case."""
    twice, counted = Doubled(1, 1_448), tcpinfo.cost(QUIET, ipv6=False).received
    for beside, charged in ((None, 1_648), (5_000, 1_648), (1_000, 1_000), (0, 0)):
        cost = tcpinfo.cost(QUIET, ipv6=False, twice=twice, ahead=100, late=100, beside=beside)
        assert cost.received == counted + charged


def test_what_waits_behind_a_gap_was_received() -> None:
    """Until the gap is filled, the kernel does not count its bytes."""
    behind = dataclasses.replace(QUIET, data_segs_in=5, rcv_ooopack=3)
    ahead = tcpinfo.ahead_bytes(0, QUIET, behind)
    assert ahead == 3 * 1_448
    filled = dataclasses.replace(behind, data_segs_in=6, bytes_received=2_000 + 4 * 1_448)
    assert tcpinfo.ahead_bytes(ahead, behind, filled) == 0


def test_a_kernel_that_tells_too_little_is_known() -> None:
    """Linux 4.19 gives 224 bytes; what it lacks reads as nothing."""
    assert not tcpinfo.tells_cost(bytes(224))
    assert tcpinfo.tells_cost(bytes(232))
    assert tcpinfo.parse(b"\1" + bytes(103)).state == tcpinfo.State.ESTABLISHED


def test_the_fields_stand_where_the_kernel_puts_them() -> None:
    """A connection of our own, whose figures are known."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        served, _ = server.accept()
        with served:
            client.sendall(b"x" * 3_000)
            assert len(served.recv(3_000, socket.MSG_WAITALL)) == 3_000
            served.sendall(b"y" * 500)
            assert len(client.recv(500, socket.MSG_WAITALL)) == 500
            info = tcpinfo.parse(
                client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, tcpinfo.LENGTH)
            )
    assert (info.state, info.bytes_sent, info.bytes_received) == (1, 3_000, 500)
    assert (info.data_segs_in, info.bytes_retrans, info.rcv_ooopack) == (1, 0, 0)
    assert info.in_flight_bytes == 0
    assert info.is_connected


@given(st.integers(0, 2_000_000))
def test_the_largest_request_that_can_be_paid_is_paid(room: int) -> None:
    """What `most_body_bytes` says fits, fits."""
    body = allowance.most_body_bytes(room)
    if body:
        assert allowance.sending_bytes(allowance.request_bytes(body)) <= room


@given(st.one_of(st.none(), st.integers(-100, 10**8)))
def test_a_window_is_small_where_little_is_left(left: int | None) -> None:
    """But never so small that what arrives would be dropped."""
    window = allowance.window_bytes(left)
    assert allowance.LEAST_WINDOW_BYTES <= window <= allowance.MOST_WINDOW_BYTES
    if left is not None and left < 100_000:
        assert window == allowance.LEAST_WINDOW_BYTES


@given(st.integers(0, 10**6), st.integers(0, 3_000))
def test_what_may_come_has_room_for_the_window(window: int, burst: int) -> None:
    """And for the headers of as many segments as a peer may have under way."""
    coming = allowance.coming_bytes(window, burst)
    assert coming >= window
    assert coming - window <= window * 172
