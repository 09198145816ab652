"""What a TCP connection cost at IP level, from the kernel's `struct tcp_info`. Pure.

Exact on a line that loses nothing; an upper bound where it does. Offsets are those of
Linux's include/uapi/linux/tcp.h, which only ever grows at its end.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from beekeed.core.model import Bytes

LENGTH = 256
"""How much of it to ask for: more than any kernel has."""

_NEEDED = 228  # up to tcpi_rcv_ooopack (Linux 5.4)
_TIMESTAMPS = 1  # TCPI_OPT_TIMESTAMPS

_TIMESTAMP_BYTES = 12
_SYN_OPTIONS = 20  # segment size, SACK, timestamps, window scale
_MOST_SACK = 28  # three blocks beside timestamps
_STRAY_SACK = 28  # one that no counter tells of


class State(IntEnum):
    """The states of a connection that mean something to us (include/net/tcp_states.h)."""

    ESTABLISHED = 1
    SYN_SENT = 2
    SYN_RECEIVED = 3
    FIN_WAIT_1 = 4
    FIN_WAIT_2 = 5
    CLOSED = 7
    CLOSE_WAIT = 8


ENDS_WITH_RESET = frozenset(
    {
        State.ESTABLISHED,
        State.SYN_RECEIVED,
        State.FIN_WAIT_1,
        State.FIN_WAIT_2,
        State.CLOSE_WAIT,
    }
)
"""Where the kernel tells the peer when a connection is dropped (tcp_need_reset)."""


@dataclass(frozen=True, slots=True)
class TcpInfo:
    """The fields of `struct tcp_info` that we use, by its names."""

    state: int
    timestamps: bool
    snd_mss: int
    silent_seconds: float
    """Since data last came."""
    rtt_seconds: float
    """With its variation."""
    least_rtt_seconds: float
    advmss: int
    total_retrans: int
    bytes_acked: int
    """With the SYN and the FIN, as one each."""
    bytes_received: int
    """With the peer's FIN, as one. What arrived twice counts once."""
    segs_out: int
    segs_in: int
    notsent_bytes: int
    data_segs_in: int
    """What arrived twice counts twice."""
    data_segs_out: int
    bytes_sent: int
    """With what was sent again."""
    bytes_retrans: int
    dsack_dups: int
    """How much of what was sent again the peer had already."""
    rcv_ooopack: int

    @property
    def is_connected(self) -> bool:
        """Whether the peer ever took the connection."""
        return self.bytes_acked > 0 or self.bytes_received > 0

    def arrived_since(self, before: "TcpInfo | None") -> tuple[int, int]:
        """Give how many segments with data came since, and how many new bytes with them."""
        if before is None:
            return self.data_segs_in, self.bytes_received
        return (
            self.data_segs_in - before.data_segs_in,
            self.bytes_received - before.bytes_received,
        )

    @property
    def in_flight_bytes(self) -> int:
        """What was sent and is not acknowledged, each byte once."""
        return max(0, self.bytes_sent - self.bytes_retrans - max(0, self.bytes_acked - 1))


def tells_cost(raw: bytes) -> bool:
    """Tell whether a kernel gives all that `cost` needs."""
    return len(raw) >= _NEEDED


def parse(raw: bytes) -> TcpInfo:
    """Read what `getsockopt(IPPROTO_TCP, TCP_INFO)` gave; what the kernel does not give is 0."""
    raw = raw.ljust(_NEEDED, b"\0")

    def u32(offset: int) -> int:
        return int(struct.unpack_from("=I", raw, offset)[0])

    def u64(offset: int) -> int:
        return int(struct.unpack_from("=Q", raw, offset)[0])

    return TcpInfo(
        state=raw[0],
        timestamps=bool(raw[5] & _TIMESTAMPS),
        snd_mss=u32(16),
        silent_seconds=u32(52) / 1_000,
        rtt_seconds=(u32(68) + u32(72)) / 1_000_000,
        least_rtt_seconds=u32(148) / 1_000_000,
        advmss=u32(84),
        total_retrans=u32(100),
        bytes_acked=u64(120),
        bytes_received=u64(128),
        segs_out=u32(136),
        segs_in=u32(140),
        notsent_bytes=u32(144),
        data_segs_in=u32(152),
        data_segs_out=u32(156),
        bytes_sent=u64(200),
        bytes_retrans=u64(208),
        dsack_dups=u32(216),
        rcv_ooopack=u32(224),
    )


def plain_header_bytes(*, ipv6: bool) -> int:
    """Give the size of a segment's headers without options."""
    return 60 if ipv6 else 40


def opening_bytes(*, ipv6: bool) -> int:
    """Give the size of a segment that opens a connection, or takes it: headers and options."""
    return plain_header_bytes(ipv6=ipv6) + _SYN_OPTIONS


def header_bytes(info: TcpInfo, *, ipv6: bool) -> int:
    """Give the size of a segment's headers on an established connection."""
    return plain_header_bytes(ipv6=ipv6) + (_TIMESTAMP_BYTES if info.timestamps else 0)


@dataclass(frozen=True, slots=True)
class Doubled:
    """What arrived twice, at the most: such segments, and their bytes without headers."""

    segments: int = 0
    """Also those without data: a FIN."""
    payload: int = 0

    def __add__(self, other: "Doubled") -> "Doubled":
        return Doubled(self.segments + other.segments, self.payload + other.payload)


NOTHING_TWICE = Doubled()


def doubled(before: TcpInfo | None, now: TcpInfo, *, repeats: int, ahead: int) -> Doubled:
    """Bound what arrived twice between two looks.

    `repeats`: how many segments did so in the whole namespace. Of ours it can be no more than
    there is room for between our segments and our bytes. `ahead`: of those bytes so many may
    have come before the first look.
    """
    segments, payload = now.arrived_since(before)
    room = max(0, segments * now.advmss - max(0, payload - ahead))
    arrived = now.segs_in - (before.segs_in if before else 0)
    return Doubled(min(repeats, arrived), min(min(repeats, segments) * now.advmss, room))


def ahead_bytes(ahead: int, before: TcpInfo | None, now: TcpInfo) -> int:
    """Bound what arrived ahead of something lost, from how it was at an earlier look.

    `bytes_received` has it only when the gap is filled, which may be never.
    """
    segments, payload = now.arrived_since(before)
    early = now.rcv_ooopack - (before.rcv_ooopack if before else 0)
    return max(0, ahead + min(segments * now.advmss - payload, early * now.advmss))


def cost(
    info: TcpInfo,
    *,
    ipv6: bool,
    twice: Doubled = NOTHING_TWICE,
    ahead: int = 0,
    late: int = 0,
    beside: int | None = None,
) -> Bytes:
    """Give what a connection cost so far.

    `twice`: what arrived twice, as `doubled` gives it; `ahead`: as `ahead_bytes` does; `late`:
    what came when there was no socket any more. Of all that is not counted, no more is believed
    than what was received `beside` what is (`Beside.since`).
    """
    counted = _counted(info, ipv6=ipv6)
    uncounted = _uncounted(info, twice) + Bytes(received=ahead + late)
    received = uncounted.received
    return counted + Bytes(uncounted.sent, received if beside is None else min(received, beside))


def _counted(info: TcpInfo, *, ipv6: bool) -> Bytes:
    """Give what the kernel counted: on a line that loses nothing, all."""
    if not info.is_connected:
        plain = plain_header_bytes(ipv6=ipv6)
        return Bytes(info.segs_out * opening_bytes(ipv6=ipv6), info.segs_in * plain)
    header = header_bytes(info, ipv6=ipv6)
    syn = _syn_bytes(info)
    return Bytes(
        info.bytes_sent + info.segs_out * header + syn,
        info.bytes_received + info.segs_in * header + syn,
    )


def _syn_bytes(info: TcpInfo) -> int:
    """Give how much larger a SYN is than other segments."""
    return _SYN_OPTIONS - (_TIMESTAMP_BYTES if info.timestamps else 0)


def _uncounted(info: TcpInfo, twice: Doubled) -> Bytes:
    """Bound what it did not: what arrived twice, and options of what tells of losses."""
    if not info.is_connected:
        return Bytes()
    sent, received = _MOST_SACK * twice.segments, twice.payload
    sent += _syn_bytes(info) * info.total_retrans  # each may have been a SYN
    if info.rcv_ooopack:
        sent += _MOST_SACK * info.rcv_ooopack + _STRAY_SACK
    if info.total_retrans > info.dsack_dups:
        acknowledgements = info.segs_in - info.data_segs_in
        received += _MOST_SACK * max(0, acknowledgements) + _STRAY_SACK
    else:  # nothing got lost: each was answered by saying so
        received += _MOST_SACK * info.dsack_dups
    return Bytes(sent, received)


def surely_received(info: TcpInfo, *, ipv6: bool) -> int:
    """Give what a connection received at the least: a FIN is no byte, a reset has no timestamps."""
    return max(0, _counted(info, ipv6=ipv6).received - 1 - _TIMESTAMP_BYTES)
