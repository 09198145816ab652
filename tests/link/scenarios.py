"""Scenarios by chance: what a box may meet on its way, honest and hostile."""

import random
from dataclasses import dataclass

from tests.link.client import Request, Scenario
from tests.link.emulator import NET, Weather
from tests.link.server import BAD_TLS, NAME, PLAIN, REFUSED, TLS

HOSTILE = (
    "endless",
    "long_head",
    "drip",
    "redirect",
    "burst_then_drip",
    "reset",
    "hang",
    "last",
)


ENDINGS = ("proper", "proper", "proper", "last", "reset", "hang", "refused", "bad")


@dataclass(frozen=True, slots=True)
class Play:
    """A scenario, the line that it is played on, and the port that it goes to."""

    scenario: Scenario
    weather: Weather
    port: int


def metered(chance: random.Random) -> Play:
    """Something that is metered: each ending a connection can have, on each kind of line."""
    ending = chance.choice(ENDINGS)
    port = {"refused": REFUSED, "bad": BAD_TLS}.get(ending, chance.choice((PLAIN, TLS, TLS)))
    beside = chance.random() < 0.25
    loss = chance.choice((0.0, chance.uniform(0.0, 0.08)))
    least = 0
    if beside and loss:
        # Whose segment arrived twice, only everybody's counters tell. So that one that was not
        # ours is within what is allowed, there is much to transfer.
        ending, port, least = chance.choice(("proper", "last")), TLS, 100_000
    # How many resets answer ours, nothing tells beside a download: a few.
    most = 3_000 if beside and ending == "reset" else 200_000
    requests = [
        Request(size(chance, 60_000), ending, least + size(chance, most))
        for _ in range(chance.randint(1, 4))
    ]
    # A lookup that is given up goes on in its thread, and would be taken for the next one's.
    host = chance.choice(hosts()[:2] if ending == "hang" else hosts())
    scenario = Scenario(
        address=f"{'http' if port == PLAIN else 'https'}://{host}:{port}",
        requests=requests[:1] if ending == "hang" else requests,
        new_connections=chance.random() < 0.3,
        beside=beside,
        timeout_seconds=1.0 if ending == "hang" else 30.0,
    )
    return Play(scenario, Weather(loss, chance.uniform(0.0, 0.06)), port)


def capped(chance: random.Random) -> Play:
    """A server that wants to spend our bytes, and a limit."""
    port = chance.choice((PLAIN, TLS))
    requests = [hostile(chance) for _ in range(chance.randint(1, 6))]
    scenario = Scenario(
        address=f"{'http' if port == PLAIN else 'https'}://{chance.choice(hosts())}:{port}",
        requests=requests,
        limit=chance.choice((chance.randint(0, 200_000), chance.randint(0, 60_000))),
        new_connections=chance.random() < 0.3,
        timeout_seconds=chance.choice((0.5, 2.0)),
        largest_answer=chance.choice((20_000, 10**9)),
    )
    return Play(scenario, weather(chance), port)


def honest(chance: random.Random) -> Play:
    """A server that answers, more requests than the limit pays for, and a limit."""
    requests = [Request(size(chance, 16_000), "proper", size(chance, 6_000)) for _ in range(150)]
    line = weather(chance)
    # A name whose question gets lost is not found, and the run is over.
    host = chance.choice(hosts()[:2] if line.loss else hosts())
    scenario = Scenario(
        address=f"https://{host}:{TLS}",
        requests=requests,
        limit=chance.randint(50_000, 200_000),
        timeout_seconds=30.0,
    )
    return Play(scenario, line, TLS)


def hostile(chance: random.Random) -> Request:
    """A request whose answer is no good."""
    how = chance.choice((*HOSTILE, "proper"))
    small = chance.choice((0, 10, 1_000, 20_000)) if how == "drip" else size(chance, 100_000)
    return Request(size(chance, 30_000), how, small)


def weather(chance: random.Random) -> Weather:
    """A line that loses something every other time."""
    loss = chance.choice((0.0, chance.uniform(0.0, 0.05)))
    return Weather(loss, chance.choice((0.0, chance.uniform(0.0, 0.1))))


def hosts() -> tuple[str, ...]:
    """What leads to the server: by IPv4, by IPv6, and by its name."""
    return (NET[0], f"[{NET[1]}]", NAME)


def size(chance: random.Random, most: int) -> int:
    """A size; small ones are as likely as large ones."""
    return int(10 ** chance.uniform(1.5, len(str(most)) - 1)) % most + 2
