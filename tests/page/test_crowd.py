"""Many connections at once: what they cost, and that nobody keeps the others out."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psutil
import pytest

from beekeed.page.server import LIMITS, LIMITS_WITH_TLS
from tests.page.alone import Alone, alone, read

MOST_BYTES = 90 * 2**20  # the unit's MemoryMax is 96M
HANDSHAKE_SECONDS = LIMITS_WITH_TLS.handshake_seconds
ASK = b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def https(tmp_path: Path) -> Iterator[Alone]:
    """The page with HTTPS."""
    with alone(tmp_path, tls=True) as made:
        yield made


@pytest.fixture
def http(tmp_path: Path) -> Iterator[Alone]:
    """The page without."""
    with alone(tmp_path) as made:
        yield made


def many(here: Alone, count: int, address: str, said: bytes = b"") -> list[socket.socket]:
    """Connections from an address, without a handshake, that say something and no more."""
    made = [here.connected(address) for _ in range(count)]
    for each in made:
        each.sendall(said)
    return made


def end(lines: list[socket.socket]) -> None:
    """End them all."""
    for each in lines:
        each.close()


def test_who_never_shakes_hands_keeps_nobody_out(https: Alone) -> None:
    """They hold no more places than there are, for no longer than a handshake may take."""
    process = psutil.Process(https.pid)
    silent = [each for n in range(15) for each in many(https, 24, f"127.0.0.{n + 2}")]
    try:
        assert https.get("/sign-in", address="127.0.0.99").startswith(b"HTTP/1.1 ")
        began = time.monotonic()
        assert process.num_fds() < LIMITS_WITH_TLS.most + 30
        assert process.memory_info().rss < MOST_BYTES
        for each in silent:
            assert read(each) == b""
        assert time.monotonic() - began < HANDSHAKE_SECONDS + 4
    finally:
        end(silent)


def test_with_all_places_taken_over_tls_it_stays_within_its_memory(https: Alone) -> None:
    """Each was served, and stays connected."""
    process = psutil.Process(https.pid)
    each_of = LIMITS_WITH_TLS.most_of_one
    addresses = [f"127.0.0.{n + 2}" for n in range(LIMITS_WITH_TLS.most // each_of)]
    with ExitStack() as stack:
        for address in addresses * each_of:
            line = stack.enter_context(https.browser(address))
            line.sendall(ASK)
            assert line.recv(9) == b"HTTP/1.1 "
        assert process.num_fds() > LIMITS_WITH_TLS.most
        assert process.memory_info().rss < MOST_BYTES, process.memory_info()


def test_one_address_does_not_take_the_places_of_others(http: Alone) -> None:
    """Nor all of its own from itself: who only holds a place goes first."""
    half = many(http, 300, "127.0.0.2", ASK[:30])
    try:
        assert b"Too many" not in http.get("/sign-in", address="127.0.0.3")
        assert psutil.Process(http.pid).num_fds() < LIMITS.most_of_one + 30
        for address in ("127.0.0.2", "127.0.0.3", "127.0.0.1"):
            assert b"Too many" not in http.get("/sign-in", address=address)
    finally:
        end(half)


def test_when_all_is_full_one_goes_of_those_who_hold_most(http: Alone) -> None:
    """And is idle: who has fewer or is served keeps them, and a newcomer is served."""
    watcher, *_ = many(http, 1, "127.0.1.1", ASK.replace(b"/sign-in", b"/live"))
    assert watcher.recv(12) == b"HTTP/1.1 200"
    few = many(http, 2, "127.0.0.2", ASK)
    crowd = [each for n in range(8) for each in many(http, 32, f"127.0.1.{n + 1}", ASK[:30])]
    try:
        assert b"Too many" not in http.get("/sign-in", address="127.0.0.3")
        watcher.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                assert watcher.recv(65536)
        for each in few:
            assert each.recv(65536)
            each.sendall(ASK)
            assert each.recv(9) == b"HTTP/1.1 "
    finally:
        end([watcher, *few, *crowd])


def test_one_address_does_not_watch_in_the_place_of_all(http: Alone) -> None:
    """Six windows of it do; the next is asked to come back, and others watch."""
    watch = ASK.replace(b"/sign-in", b"/live")

    def begun(address: str) -> bytes:
        line = stack.enter_context(closing(http.connected(address)))
        line.sendall(watch)
        return line.recv(12)

    with ExitStack() as stack:
        told = [begun("127.0.0.2") for _ in range(8)]
        assert told == [b"HTTP/1.1 200"] * 6 + [b"HTTP/1.1 503"] * 2
        assert begun("127.0.0.3") == b"HTTP/1.1 200"
