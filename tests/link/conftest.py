"""Lines between namespaces: with a net at the other end, for boxes whose daemons run on it; and
emulated ones, for what plays scenarios on them."""

import contextlib
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import namespaces
from tests.certificates import Certificates
from tests.link.bench import Bench, Played, certificates
from tests.link.idle import Idle
from tests.link.net import HOST, Net
from tests.link.scenarios import Play
from tests.namespaces import ip
from tests.system.wallclock import wall_clock
from tests.system.world import World, world

BENCHES = 6
Player = Callable[[Callable[[random.Random], Play], int], list[Played]]
"""Plays so many scenarios of a kind, and prints the seed."""


@pytest.fixture(scope="module")
def net() -> Iterator[Net]:
    """A line that is up, with a default route and a name service at its other end."""
    with namespaces.line("way", subnet="10.79.0") as line:
        ip("-n", line.box, "route", "add", "default", "via", line.net_address)
        settings = Path("/etc/netns", line.box)
        settings.mkdir(parents=True)
        text = f"nameserver {line.net_address}\noptions timeout:1 attempts:1\n"
        (settings / "resolv.conf").write_text(text)
        made = Net(line)
        yield made
        made.close()
        shutil.rmtree(settings)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates for the site's name."""
    return Certificates(tmp_path_factory.mktemp("certificates") / "made", HOST)


def box(folder: Path, net: Net, address: str, offset: str = "", **environment: str) -> World:
    """A box whose daemon runs on the line, for a site with an address.

    `offset`: how far its clock is off (system.wallclock); empty: it has the machine's.
    """
    made = World(folder, learners=2)
    made.address = address
    made.environment |= environment
    with wall_clock(made, offset) if offset else contextlib.nullcontext():
        made.start_daemon(inside=net.line.box, online__timeout_seconds="5")
    return made


@pytest.fixture(scope="module")
def https(
    net: Net, authority: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A box whose site's address is encrypted, as it should be."""
    folder = tmp_path_factory.mktemp("https")
    made = box(folder, net, f"https://{HOST}", SSL_CERT_FILE=str(authority.known))
    yield made
    made.end()


@pytest.fixture(scope="module")
def http(net: Net, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A box whose site's address is not encrypted, as in trials."""
    made = box(tmp_path_factory.mktemp("http"), net, f"http://{HOST}")
    yield made
    made.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have a process wait for the idle box while there is enough for the others to do."""
    items.sort(key=lambda item: item.path.name != "test_idle.py")


def waiting_for_its_time() -> dict[str, str]:
    """Settings of a box whose daily time and selected hour are yet to come, with mails set up."""
    later = datetime.now(UTC) + timedelta(hours=12)
    return {
        "schedule__enabled": "true",
        "schedule__daily_at": f'"{later:%H:%M}"',
        "schedule__grid_active": "true",
        "schedule__hours": f'["{later:%a-%H}"]'.lower(),
        "mail__notify": '"all"',
        "mail__to": '"school@example.org"',
        "mail__sender": '"box@example.org"',
        "mail__server": f'"{HOST}"',
    }


@pytest.fixture
def idle(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Idle]:
    """A box that waits for its time, with its link up."""
    with namespaces.line("idle", subnet="10.80.0") as line:
        ip("-n", line.box, "route", "add", "default", "via", line.net_address)
        here = World(tmp_path, learners=2)
        here.address = f"https://{HOST}"
        try:
            daemon = here.start_daemon(inside=line.box, **waiting_for_its_time())
            assert here.ctl("link").code == 0
            assert here.ctl("schedule", "--json").json["next_due_at"]
            time.sleep(1)  # what a start does is over
            seconds = 600 if request.config.getoption("--full") else 60
            yield Idle(here, daemon.pid, line, seconds)
        finally:
            here.end()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    """A box and an online Moodle that runs, on loopback; the daemon is not started."""
    with world(tmp_path, learners=2) as made:
        yield made


@pytest.fixture(scope="session")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Bench]]:
    """Lines with both sides on them."""
    folder = tmp_path_factory.mktemp("certificates")
    certificates(folder)
    made: list[Bench] = []
    try:
        for number in range(BENCHES):
            name = f"bk{os.getpid()}{chr(ord('a') + number)}"
            made.append(Bench(name, number, folder))
        yield made
    finally:
        for bench in made:
            bench.close()


@pytest.fixture
def play(benches: list[Bench]) -> Player:
    """Play scenarios, as many at a time as there are lines."""

    def run(kind: Callable[[random.Random], Play], count: int) -> list[Played]:
        seed = int(os.environ.get("BEEKEED_SEED", "0")) or random.SystemRandom().randint(1, 10**9)
        print(f"{count} x {kind.__name__}: BEEKEED_SEED={seed}")
        plays = [kind(random.Random(f"{seed} {number}")) for number in range(count)]
        with ThreadPoolExecutor(len(benches)) as pool:
            shares = [plays[number::BENCHES] for number in range(BENCHES)]
            done = list(pool.map(play_some, benches, shares))
        return [each for some in done for each in some]

    return run


def play_some(bench: Bench, plays: Sequence[Play]) -> list[Played]:
    """Play scenarios one after the other."""
    return [bench.play(each.scenario, each.weather, each.port) for each in plays]
