"""Nothing is lost and nothing doubled, in a thousand random histories (features.md, 9, 14, 16-20).

`histories/` has how: the engine on its real adapters and its real database, between a sandbox
box and a sandbox online Moodle behind a line with faults. A history that met no fault, or
brought nothing online, does not count.
"""

import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import TOLD

ROOT = Path(__file__).parent.parent.parent
_PROCESSES = 2  # the check's cores


@dataclass
class Played:
    """What one process played."""

    lines: str
    sums: dict[str, dict[str, int]]
    counted: int


def play(histories: int, seed: int) -> list[Played]:
    """Play so many histories, in a few processes; a broken rule is shown with its history."""
    command = (sys.executable, "-m", "tests.engine.histories", "--histories")
    children = [
        subprocess.Popen(
            [*command, str(histories // _PROCESSES), "--seed", str(seed + number * 10**6)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(_PROCESSES)
    ]  # fmt: skip
    try:
        return [_played(child) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()


def _played(child: "subprocess.Popen[str]") -> Played:
    out, lines = child.communicate()
    assert child.returncode == 0, lines[-20_000:]
    sums = json.loads(out)
    return Played(lines, {name: sums[name] for name in ("faults", "applied", "people")},
                  sums["counted"])  # fmt: skip


def tell(config: pytest.Config, seed: int, played: list[Played]) -> int:
    """Tell how many histories counted, and what was in them."""
    counted = sum(each.counted for each in played)
    config.stash[TOLD].append(f"{counted} histories from seed {seed}:")
    for name in ("faults", "applied", "people"):
        total: Counter[str] = Counter()
        for each in played:
            sys.stdout.write(each.lines)  # shown where the test fails
            total.update(each.sums[name])
        config.stash[TOLD].append(f"  {name}: {dict(total.most_common())}")
    return counted


def test_nothing_is_lost_and_nothing_doubled(pytestconfig: pytest.Config) -> None:
    """Whatever fails: each achievement arrives once, or is listed with its reason.

    Nothing better online gets worse, and nothing is there that no box justifies.
    """
    seed = random.SystemRandom().randrange(10**6)
    histories = 20_000 if pytestconfig.getoption("--full") else 1_000
    assert tell(pytestconfig, seed, play(histories, seed)) >= histories
