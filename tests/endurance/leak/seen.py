"""The daemon, in a process that writes down what it holds when it gets SIGUSR1.

`python -m tests.endurance.leak.seen FILE PLANT [python -m beekeed] run ...` runs beekeed as its
own program does; what it holds goes to FILE. PLANT names a leak that is put in to see it
found, or is `none`.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from beekeed import __main__ as program
from beekeed import daemon
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call

_PROGRAM_WORDS = 3  # python -m beekeed


def main() -> int:
    """Run beekeed with what is left of the arguments."""
    file, plant, words = Path(sys.argv[1]), sys.argv[2], sys.argv[3 + _PROGRAM_WORDS :]
    PLANTS[plant]()
    signal.signal(signal.SIGUSR1, lambda *_: write(file))
    return program.main(words)


def write(file: Path) -> None:
    """Write down what is held now; garbage is no leak, and is thrown away first."""
    gc.collect()
    held = {
        "blocks": sys.getallocatedblocks(),
        "tasks": sorted(_name(task) for task in asyncio.all_tasks()),
        "objects": Counter(type(each).__qualname__ for each in gc.get_objects()),
    }
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(held))
    beside.replace(file)


def _name(task: "asyncio.Task[Any]") -> str:
    """Name a task by what it runs, as those without a name of their own are numbered."""
    return getattr(task.get_coro(), "__qualname__", "?")


def _leak(what: Callable[[Any], object]) -> None:
    """Have something done with each answer of the online Moodle that is never undone."""

    class Leaking(Transport):
        async def ask(self, call: Call) -> Any:
            answer = await super().ask(call)
            what(answer)
            return answer

    daemon.Transport = Leaking  # type: ignore[attr-defined]


def _keep_answers() -> None:
    kept: list[object] = []
    _leak(kept.append)


def _forget_tasks() -> None:
    kept = []
    _leak(lambda _: kept.append(asyncio.ensure_future(asyncio.Event().wait())))


def _leave_open() -> None:
    _leak(lambda _: os.open(os.devnull, os.O_RDONLY))


PLANTS: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "answers": _keep_answers,
    "tasks": _forget_tasks,
    "files": _leave_open,
}

if __name__ == "__main__":
    sys.exit(main())
