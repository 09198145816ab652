"""What an online Moodle meets when all boxes of a fleet come back to it after a day away.

    python -m tests.benchmarks.fleet [--boxes 1000] [--seed 1] [--json FILE]

plays it four times on a time that leaps (tests/endurance/fleet): boxes as they are, and boxes
that lack the jitter, or do not hear a Retry-After, or both. All have one daily time, and the
server is busy for 13 minutes with what they bring. It ends with 1 where more than one box in
twenty has to come again on another day, or the jitter spares the server too little.
"""

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.benchmarks.figures import Figure, Findings
from tests.endurance.fleet.play import ALL_MANNERS, Manners, Outcome, missed, play, table

_HOW = "python -m tests.benchmarks.fleet"


def main(arguments: Sequence[str]) -> int:
    """Play it and print what became of it; gives 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog=_HOW, description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # each box says that the server is away
    with ProcessPoolExecutor(2) as pool:
        played = [pool.submit(play, options.boxes, each, options.seed) for each in ALL_MANNERS]
        outcomes = [each.result() for each in played]
    print(table(outcomes))
    if options.json is not None:
        Findings("A fleet that comes back after a day", [*figures(outcomes)]).write(options.json)
    for each in (problems := missed(outcomes)):
        print(f"Missed: {each}", file=sys.stderr)
    return 1 if problems else 0


def figures(outcomes: Sequence[Outcome]) -> Iterator[Figure]:
    """Give each number of each fleet, beside that of boxes as they are."""
    ours = next(each for each in outcomes if each.manners == Manners())
    for each in outcomes:
        name = each.manners.name
        for what, unit, value, beside in (
            ("most_at_once", "connections", each.most_at_once, ours.most_at_once),
            ("refused", "requests", each.refused, ours.refused),
            ("last_in", "s", each.last_in_seconds, ours.last_in_seconds),
            ("late", "boxes", each.late, ours.late),
            ("left", "boxes", each.left, ours.left),
        ):
            is_ratio = each is not ours and beside > 0
            yield Figure(
                name=f"fleet.{name.replace(' ', '_').lower()}.{what}",
                what=f"{_WORDS[what]}, {each.boxes} boxes {name}",
                value=value,
                unit=unit,
                how=f"{_HOW} --boxes {each.boxes}",
                beside="boxes as they are" if is_ratio else "",
                ratio=value / beside if is_ratio else None,
            )


_WORDS = {
    "most_at_once": "most connections to the server at one moment",
    "refused": "requests turned away",
    "last_in": "until the last box that came in at all had brought both days",
    "late": "had to come again on another day",
    "left": "had not brought all two days later",
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
