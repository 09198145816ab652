"""Runs the benchmarks one after the other, and writes what they found into one report."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import figures, plots
from tests.benchmarks.figures import Findings

BENCHMARKS = {
    "school_day": "bytes and seconds of a school day, beside other ways to send it",
    "footprint": "memory, start, idleness and writes, beside other daemons",
    "read_changes": "finding changes on boxes of up to a million rows",
    "bytes_per_action": "bytes of each kind of change, beside plain calls",
    "fleet": "a thousand boxes that come back to a server together",
    "page_weight": "bytes, requests and memory of the status page",
}
ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "build" / "bench"


def main(arguments: Sequence[str]) -> int:
    """Run what is named, or all; gives 1 where one of them missed a target."""
    listed = "\n".join(f"  {name:18}{what}" for name, what in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="packaging/bench",
        description=f"{__doc__}\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to run")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the report goes")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - BENCHMARKS.keys():
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    options.folder.mkdir(parents=True, exist_ok=True)
    missed = [name for name in options.names or BENCHMARKS if not run(name, options.folder)]
    write(options.folder)
    print(f"\nThe report: {options.folder / 'report.md'}")
    if missed:
        print(f"A target is missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def run(name: str, folder: Path) -> bool:
    """Run one benchmark; tells whether it met its targets."""
    print(f"\n== {name}: {BENCHMARKS[name]}", flush=True)
    findings = folder / f"{name}.json"
    findings.unlink(missing_ok=True)
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", "--json", str(findings)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def write(folder: Path) -> None:
    """Put what benchmarks found, now and before, into one table, and draw how it grows."""
    files = [folder / f"{name}.json" for name in BENCHMARKS]
    each = [figures.read(file) for file in files if file.exists()]
    together = Findings(
        "beekeed, measured",
        [figure for findings in each for figure in findings.figures],
        [plot for findings in each for plot in findings.plots],
    )
    together.write(folder / "report.json")
    text = f"# {together.title}\n\nRatios are to what stands beside, of the same run.\n"
    text += "".join(f"\n## {one.title}\n\n{figures.table(one.figures)}" for one in each)
    for plot in together.plots:
        plots.draw(plot, folder / f"{plot.name}.svg")
        text += f"\n![{plot.title}]({plot.name}.svg)\n"
    (folder / "report.md").write_text(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
