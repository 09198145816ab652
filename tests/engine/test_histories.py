"""Nothing is lost and nothing doubled, in a thousand random histories (features.md, 9, 14, 16-20).

`histories/` has how: the engine on its real adapters and its real database, between a sandbox
box and a sandbox online Moodle behind a line with faults. A history that met no fault, or
brought nothing online, does not count. What is shown, each by `watch.py` at every request or
by `ending.py` when all is quiet:

- What the box has is online, or in a list with its reason; no request is left open.
- What the box took back is taken back online, unless that is asked about first.
- A grade, an enrolment, an account or a profile field is not sent to where it is already.
- When nothing changes any more, nothing is written any more.
- Nothing online is taken away; a result is lowered only where the box did, a few at a time.
- A teacher's grade, words, lock or enrolment online stays as it is.
- No account, result, group or enrolment is there that the box never said of that very child.
- Accounts and profiles that are not ours are not touched, and nobody gets a result who is not
  enrolled.
- The profile of an account that we made is the box's, unless a person changed it online.
- No learner is refused an account because of another one in the same call.
- No difference waits for the daily comparison of everything.

Not here: two boxes (test_harmless.py), and that what SQLite committed survives (test_store.py).
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


def play(folder: Path, histories: int, seed: int) -> list[Played]:
    """Play so many histories, in a few processes; a broken rule is shown with its history."""
    command = (sys.executable, "-m", "tests.engine.histories", "--histories")
    logs = [folder / f"{number}.log" for number in range(_PROCESSES)]
    children = []
    for number, log in enumerate(logs):
        with log.open("w") as lines:
            words = (str(histories // _PROCESSES), "--seed", str(seed + number * 10**6))
            child = subprocess.Popen(
                [*command, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=lines, text=True
            )
            children.append(child)
    try:
        return [_played(child, log) for child, log in zip(children, logs, strict=True)]
    finally:
        for child in children:
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()


def _played(child: "subprocess.Popen[str]", log: Path) -> Played:
    out, _ = child.communicate()
    lines = log.read_text()
    assert child.returncode == 0, lines[-20_000:]
    sums = json.loads(out)
    kinds = {name: sums[name] for name in ("faults", "applied", "people")}
    return Played(lines, kinds, sums["counted"])


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


def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Whatever fails: each achievement arrives once, or is listed with its reason.

    Nothing better online gets worse, and nothing is there that no box justifies.
    """
    seed = random.SystemRandom().randrange(10**6)
    histories = 20_000 if pytestconfig.getoption("--full") else 1_000
    assert tell(pytestconfig, seed, play(tmp_path, histories, seed)) >= histories
