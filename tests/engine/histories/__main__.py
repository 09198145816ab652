"""Plays histories in one process: `python -m tests.engine.histories --histories N --seed S`.

Prints a line for each, and the sums as JSON at the end; a rule that is broken ends it with
the history that breaks it; with --shrink, which takes minutes, with a short one.

A few at a time, each few with a seed of its own: after its tenth example hypothesis would go
on with near copies of the last one.
"""

import argparse
import asyncio
import gc
import sys
import tempfile
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from tests.engine.histories.machine import Lives
from tests.engine.histories.report import Report
from tests.engine.histories.world import make_templates, memory

_AT_ONCE = 10


def main() -> None:
    """Play them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--histories", type=int, required=True, help="so many that count")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--shrink", action="store_true", help="look for the shortest history")
    options = parser.parse_args()
    gc.set_threshold(200_000, 50, 50)  # a twentieth faster
    report = Report(lambda line: sys.stderr.write(line + "\n"))
    settings = hypothesis.settings(
        max_examples=_AT_ONCE,
        stateful_step_count=options.steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, *([Phase.shrink] if options.shrink else [])],
    )
    with tempfile.TemporaryDirectory(dir=memory()) as folder, asyncio.Runner() as runner:
        make_templates(Path(folder))
        Lives.templates, Lives.runner, Lives.report = Path(folder), runner, report
        seed = options.seed
        while report.counted < options.histories:
            report.say(f"seed {seed}")
            run_state_machine_as_test(hypothesis.seed(seed)(Lives), settings=settings)
            seed += 1
    sys.stdout.write(report.as_json() + "\n")


if __name__ == "__main__":
    main()
