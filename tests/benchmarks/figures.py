"""What benchmarks.figures, as everybody who measures hands it on: figures, and how they grow.

A figure is one number of one run, and, where it means little alone, its ratio to another
number of the same run. Its name is what budgets and the JSON know it by, and stays.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured number.

    `what`: a sentence fragment that says what was measured. `beside`: what `ratio` compares it
    with: how many times as much as that it is. `how`: the command that prints it alone.
    """

    name: str
    what: str
    value: float
    unit: str
    how: str
    beside: str = ""
    ratio: float | None = None


@dataclass(frozen=True)
class Plot:
    """How figures grow: for each line its points. Both axes are logarithmic."""

    name: str
    title: str
    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True)
class Findings:
    """All that one benchmark found."""

    title: str
    figures: Sequence[Figure]
    plots: Sequence[Plot] = ()

    def write(self, file: Path) -> None:
        """Put it into a file as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")


def read(file: Path) -> Findings:
    """Give what a benchmark put into a file."""
    data = json.loads(file.read_text())
    return Findings(
        data["title"],
        [Figure(**each) for each in data["figures"]],
        [Plot(**each) for each in data["plots"]],
    )


def table(figures: Sequence[Figure]) -> str:
    """Give figures as a table in Markdown."""
    lines = ["| what | measured | beside | ratio | alone |", "| --- | ---: | --- | ---: | --- |"]
    lines += [
        f"| {each.what} | {shown(each.value)} {each.unit} | {each.beside}"
        f" | {'' if each.ratio is None else shown(each.ratio)} | `{each.how}` |"
        for each in figures
    ]
    return "\n".join(lines) + "\n"


def shown(number: float) -> str:
    """Write a number so that its size can be read, to three digits where it is small."""
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.3g}"
