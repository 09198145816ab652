"""Records what a real Moodle answers, as the sandbox's tests hold the sandbox to it.

    python -m tests.live.record SCRIPT FILE

makes the calls that SCRIPT (one of tests/live/scripts) says on the online Moodle that
BEEKEED_LIVE_* names (tests/live/moodle.py), and writes FILE: a line of JSON for each call, with
the keys of tests/data/moodle-4.5.6/exchanges.jsonl and `before`, the steps taken on the site
itself since the call before (tests/live/steps.py). A name that ends in .gz has it compressed.

The site must be as provision/target_courses.php and target_service.php left it, without any
learner, and is not afterwards. Only invented learners are sent; what tells of the machine is not
written. FILE is never overwritten.
"""

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

from tests.live.moodle import LiveMoodle
from tests.live.recorder import Recorder
from tests.live.scripts import SCRIPTS


def main() -> None:
    """Record one script."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.live.record",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("script", choices=sorted(SCRIPTS))
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    if options.file.exists():
        raise SystemExit(f"{options.file} is there already; nothing was done.")
    record = Recorder(LiveMoodle())
    SCRIPTS[options.script](record)
    write(options.file, record.exchanges)
    tell(options.file, record.exchanges)


def write(path: Path, exchanges: list[dict[str, Any]]) -> None:
    """Write the exchanges, one a line; never over a file that is there."""
    lines = "".join(f"{json.dumps(exchange, ensure_ascii=False)}\n" for exchange in exchanges)
    content = lines.encode()
    with path.open("xb") as file:
        # The same exchanges make the same file: no time in it.
        file.write(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def tell(path: Path, exchanges: list[dict[str, Any]]) -> None:
    """Say what was recorded."""
    answers = [exchange["response"] for exchange in exchanges]
    refused = sum(isinstance(answer, dict) and "exception" in answer for answer in answers)
    taken = sum(len(exchange.get("before", ())) for exchange in exchanges)
    print(f"{path}: {len(exchanges)} exchanges, {refused} of them refused; {taken} steps;")
    print(f"{path.stat().st_size} bytes. The site is no longer as it was provisioned.")


if __name__ == "__main__":
    main()
