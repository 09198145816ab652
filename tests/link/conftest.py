"""Lines between namespaces, two at a time, and what plays scenarios on them."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.link.bench import Bench, Played, certificates
from tests.link.scenarios import Play

BENCHES = 6
Player = Callable[[Callable[[random.Random], Play], int], list[Played]]
"""Plays so many scenarios of a kind, and prints the seed."""


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
