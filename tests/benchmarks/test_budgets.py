"""Nothing that is measured in bytes or counts grows unseen (tests/benchmarks/budgets.toml)."""

import asyncio
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.benchmarks import budgets, bytes_per_action, footprint, read_changes, school_day
from tests.benchmarks.figures import Figure
from tests.conftest import TOLD

IDLE_SECONDS = 5  # beside test_idle.py, where a minute of it is waited for
BUDGETS = budgets.read()


def footprint_figures(folder: Path) -> Sequence[Figure]:
    """Memory and writes of the daemon and its page, without others beside them."""
    return footprint.measure(
        parts=("memory", "sync", "idle"), alone=True, idle_seconds=IDLE_SECONDS
    )


def bytes_figures(folder: Path) -> Sequence[Figure]:
    """Bytes of each kind of change, of a small school."""
    return asyncio.run(bytes_per_action.run(folder, 20, 100)).figures


def reading_figures(folder: Path) -> Sequence[Figure]:
    """The memory of reading 10,000 rows."""
    readings = read_changes.measure(["mariadb"], [50], 200, ["first"])
    return read_changes.figures(readings, 200)


def school_day_figures(folder: Path) -> Sequence[Figure]:
    """Bytes on the wire of a small school day, by the real daemon."""
    options = Namespace(only=["beekeed"], quick=True, seed=1, peers=None)
    return school_day.run(options).figures


MEASURES: Mapping[str, Callable[[Path], Sequence[Figure]]] = {
    "bytes_per_action": bytes_figures,
    "footprint": footprint_figures,
    "read_changes": reading_figures,
    "school_day": school_day_figures,
}
"""What measures the figures whose names begin so, each in a few seconds."""
FOR_ROOT = ("school_day",)
_PARAMS = [
    pytest.param(name, marks=[pytest.mark.root] if name in FOR_ROOT else []) for name in MEASURES
]


@pytest.fixture(scope="module", params=_PARAMS)
def measured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Figure]:
    """The figures of one benchmark that have a budget, measured now."""
    found = MEASURES[request.param](tmp_path_factory.mktemp("measured"))
    figures = {each.name: each for each in found if each.name in BUDGETS}
    wanted = {name for name in BUDGETS if name.startswith(f"{request.param}.")}
    assert figures.keys() == wanted
    return figures


def test_no_figure_passes_its_budget(
    measured: Mapping[str, Figure], request: pytest.FixtureRequest
) -> None:
    """By more than a tenth; where one fell by as much, the end of the run tells it."""
    request.config.stash[TOLD].extend(budgets.wide(list(measured.values()), BUDGETS))
    passed = [
        budgets.complaint(each, BUDGETS[name])
        for name, each in measured.items()
        if budgets.is_passed(each.value, BUDGETS[name])
    ]
    assert not passed, "\n\n".join(passed)


def test_every_budget_is_measured() -> None:
    """By this file, or by the page's (tests/page/test_weight.py)."""
    measures = {*MEASURES, "page_weight"}
    assert {name.partition(".")[0] for name in BUDGETS} == measures


@pytest.mark.parametrize(
    ("value", "is_passed", "is_wide"),
    [(111, True, False), (110, False, False), (90, False, False), (89, False, True)],
)
def test_a_tenth_is_tolerated(value: float, is_passed: bool, is_wide: bool) -> None:
    """Above it fails, below it is told."""
    assert budgets.is_passed(value, 100) is is_passed
    assert budgets.is_wide(value, 100) is is_wide


def test_of_nothing_nothing_is_tolerated() -> None:
    """A single byte passes a budget of none, and nothing is not too little."""
    assert budgets.is_passed(1, 0)
    assert not budgets.is_passed(0, 0)
    assert not budgets.is_wide(0, 0)


def test_who_passes_a_budget_is_told_what_to_do() -> None:
    """Which, how much it is, the command that measures it alone, and the two ways out."""
    figure = Figure("box.bytes", "what a box sends", 1234, "B", "python -m tests.benchmarks.box")
    said = budgets.complaint(figure, 1000)
    for words in ("box.bytes", "1,234 B", "1,000", figure.how, "Mend", "budgets.toml"):
        assert words in said
