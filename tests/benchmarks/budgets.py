"""What figures may be at most, as `budgets.toml` has it: the check holds what it measures to it.

Only what is the same on every computer has a budget: bytes, counts, ratios of one run. A tenth
above its budget a figure fails the check. A tenth below, the check tells that the budget can be
lowered, so that what was won is not lost again unseen.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.figures import Figure, shown

FILE = Path(__file__).with_name("budgets.toml")
TOLERANCE = 0.1


def read() -> Mapping[str, float]:
    """Give the budgets by the names of the figures."""
    return tomllib.loads(FILE.read_text())


def is_passed(value: float, most: float) -> bool:
    """Tell whether a figure is above its budget by more than is tolerated."""
    return value > most * (1 + TOLERANCE)


def is_wide(value: float, most: float) -> bool:
    """Tell whether a figure has fallen so far that its budget should."""
    return value < most * (1 - TOLERANCE)


def complaint(figure: Figure, most: float) -> str:
    """Say what is above its budget, how to measure it alone, and what to do."""
    return (
        f"{figure.name} is {shown(figure.value)} {figure.unit}, more than a tenth above its budget"
        f" of {shown(most)} ({figure.what}).\n"
        f"Measure it alone: {figure.how}\n"
        "Mend what made it grow; or, where that is worth it, raise the budget in"
        f" tests/benchmarks/{FILE.name} and give the reason in the commit."
    )


def wide(figures: Sequence[Figure], budgets: Mapping[str, float]) -> list[str]:
    """Say which budgets can be lowered."""
    return [
        f"The budget of {each.name} can be lowered: {shown(each.value)} {each.unit} is more than"
        f" a tenth below {shown(budgets[each.name])}; measure it alone: {each.how}"
        for each in figures
        if is_wide(each.value, budgets[each.name])
    ]
