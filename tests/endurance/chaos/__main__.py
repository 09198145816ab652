"""`python -m tests.endurance.chaos --seed N [--rounds R] [--beats B]`: play rounds again."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.endurance.chaos.rounds import draw, play
from tests.endurance.chaos.tally import Tally


def main() -> int:
    """Play so many rounds from a seed on, as root."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--beats", type=int, default=14)
    parser.add_argument("--faults", help="these, in their order, with commas between them")
    options = parser.parse_args()
    whole = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.rounds):
            faults = options.faults.split(",") if options.faults else draw(seed, options.beats)
            began = time.monotonic()
            print(f"seed {seed}: {', '.join(faults)}", flush=True)
            tally = play(seed, faults, Path(folder), f"bkc{os.getpid()}")
            print(f"  {time.monotonic() - began:.1f} s", flush=True)
            whole.add(tally)
    print("\n".join(whole.told()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
