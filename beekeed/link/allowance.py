"""How much a request may cost at the most, and what may still come when it is cut off. Pure.

The peer is taken to be hostile in what it sends, and its kernel to be one that keeps to
TCP: it sends no more than our window allows, no more segments at once than its
congestion window (RFC 5681, RFC 6928), and stops when a reset arrives. We are taken to run
again within a round trip or two: a flood of single bytes over a line as fast as this machine may
pass what is held, and is charged all the same.
"""

from beekeed.link.tcpinfo import TcpInfo

LEAST_WINDOW_BYTES = 8_192
"""Two full segments as the kernel reckons them: with less it would drop what arrives."""
MOST_WINDOW_BYTES = 65_536
"""As much as a line of 600 ms takes at 60 kB/s."""
_WINDOW_SHARE = 16

OPENING_BYTES = 8_500
"""A connection and its TLS handshake: 7.3 kB with a chain of three RSA certificates."""
PLAIN_OPENING_BYTES = 400
ANSWER_BYTES = 1_024
"""What an answer may take at least before more has to be held for it."""
END_BYTES = 1_700
"""A reset, and one full segment that comes again because the reset was lost."""
STEPS_BYTES = (32_768, 4_096)
"""How much more is held at once while an answer is long; the second where the first is too much."""

_PLENTY_BYTES = 2_000_000  # then a power cut may burn a step more, and most answers need no other
_FIRST_SEGMENTS = 20  # twice the initial window of RFC 6928
_GROWTH = 2  # slow start grows until it is twice what was in flight
_ACKNOWLEDGED = 4  # by one acknowledgement, where a few got lost
_HEADER = 72  # IPv6 with timestamps
_SACK = 28  # of an acknowledgement; a reset has less
_SEGMENT = 1_200  # the smallest that is usual
_REQUEST_HEADERS = 600  # of HTTP; TLS adds 22 bytes for each 16 kB


def window_bytes(left: int | None) -> int:
    """Give the receive buffer of a connection when so much is left; None: without a limit."""
    if left is None:
        return MOST_WINDOW_BYTES
    return max(LEAST_WINDOW_BYTES, min(left // _WINDOW_SHARE, MOST_WINDOW_BYTES))


def answer_bytes(left: int | None) -> int:
    """Give what is held for an answer from the start: each time that more is costs a write."""
    return STEPS_BYTES[0] if left is None or left >= _PLENTY_BYTES else ANSWER_BYTES


def request_bytes(body_bytes: int) -> int:
    """Give how many bytes go into the socket for a body, at the most."""
    return body_bytes + body_bytes // 500 + _REQUEST_HEADERS


def sending_bytes(unsent: int, in_flight: int = 0, *, segment: int = _SEGMENT) -> int:
    """Bound what sending costs: everything once, and once more where it gets lost."""
    payload = 2 * unsent + in_flight
    return payload + -(-payload // max(1, segment)) * _HEADER


def coming_bytes(window: int, burst: int = 0, *, header: int = _HEADER) -> int:
    """Bound what a peer may send into a window until our reset arrives, with our replies.

    `burst`: the most segments that it ever had under way.
    """
    segments = min(
        window, max(_FIRST_SEGMENTS, _GROWTH * burst + _ACKNOWLEDGED, window // _SEGMENT)
    )
    return window + segments * (2 * header + _SACK)


def burst(info: TcpInfo, before: TcpInfo | None, window: int) -> int:
    """Bound how many segments were under way at once since `before`.

    What does not fit into the window came in full segments, one after the other.
    """
    segments, payload = info.arrived_since(before)
    return segments - max(0, payload - window) // max(1, info.advmss)


def opening_bytes(*, encrypted: bool) -> int:
    """Bound what it costs to open a connection."""
    return OPENING_BYTES if encrypted else PLAIN_OPENING_BYTES


def most_body_bytes(room: int) -> int:
    """Give the largest body that can be sent for `room`, by `sending_bytes`."""
    per_byte = 2 * (1 + 1 / 500) * (1 + _HEADER / _SEGMENT)
    return max(0, int((room - 2 * _HEADER) / per_byte) - _REQUEST_HEADERS - 1)
