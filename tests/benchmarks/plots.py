"""Draws how figures grow, as SVG."""

from pathlib import Path

from tests.benchmarks.figures import Plot

_MARKS = "os^vDPX*"


def draw(plot: Plot, file: Path) -> None:
    """Draw a plot on logarithmic axes; the same numbers give the same bytes."""
    import matplotlib as mpl  # only packaging/bench has it

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams["svg.hashsalt"] = plot.name
    mpl.rcParams["svg.fonttype"] = "none"
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for mark, (name, points) in zip(_MARKS * 3, plot.lines.items(), strict=False):
        axes.plot(*zip(*points, strict=True), marker=mark, label=name)
    axes.set(xscale="log", yscale="log", xlabel=plot.x, ylabel=plot.y, title=plot.title)
    low, high = axes.get_ylim()
    if high < low * 10:  # what hardly grows is to look so
        middle = (low * high) ** 0.5
        axes.set_ylim(middle / 10**0.5, middle * 10**0.5)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
