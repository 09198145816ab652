"""Sync after sync in one process, each with a change: it ends with what it began with.

The real daemon, asked over its control socket; nothing of it is replaced. In the normal check
far fewer syncs, so that the bounds are those of each sync: a small leak shows only among many.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import TOLD
from tests.endurance.leak.held import Bounds, Held, left
from tests.endurance.leak.school import busy_school
from tests.engine.histories.world import memory

MIB = 2**20
LONG, SHORT = Bounds(2 * MIB, blocks=2_000), Bounds(MIB // 2, blocks=1_000)
SYNCS = 10_000
PLANTS = {"answers": "pieces of memory", "tasks": "tasks", "files": "open files"}


def test_it_holds_no_more_after_thousands_of_syncs_than_after_a_few(
    request: pytest.FixtureRequest,
    is_long: bool,
) -> None:
    """No memory, file, task or thread is left, while the database grows with the history.

    SQLite keeps some of it in memory, up to a bound of its own: that is no leak.
    """
    warm_up, syncs, bounds = (200, SYNCS, LONG) if is_long else (30, 70, SHORT)
    with TemporaryDirectory(dir=memory()) as folder, busy_school(Path(folder)) as here:
        here.warm_up(warm_up)
        first = here.held()
        while here.syncs < warm_up + syncs:
            here.sync()
        last = here.held()
        assert here.arrived()
    request.config.stash[TOLD].append(told(first, last))
    assert list(left(first, last, bounds)) == []


def told(first: Held, last: Held) -> str:
    """Tell what was found, for the end of the run."""
    kib = {
        "memory": last.anonymous_bytes - first.anonymous_bytes,
        "beside SQLite's cache": last.uncached_bytes - first.uncached_bytes,
        "database": last.database_bytes - first.database_bytes,
    }
    return (
        f"leak: {last.syncs - first.syncs} syncs with a change each in one process of"
        f" {first.anonymous_bytes / MIB:.1f} MiB:"
        f" {', '.join(f'{name} {more / 1024:+,.0f} KiB' for name, more in kib.items())},"
        f" pieces of memory {last.blocks - first.blocks:+,},"
        f" open files {len(last.files) - len(first.files):+},"
        f" tasks {len(last.tasks) - len(first.tasks):+}"
    )


def test_what_is_not_let_go_is_seen(is_long: bool) -> None:
    """Answers that are kept, a task that waits for ever, a file that stays open."""
    for plant in PLANTS if is_long else ["answers"]:
        with TemporaryDirectory(dir=memory()) as folder, busy_school(Path(folder), plant) as here:
            here.warm_up(10)
            first = here.held()
            for _ in range(20):
                here.sync()
            found = list(left(first, here.held(), SHORT))
        assert any(each.startswith(PLANTS[plant]) for each in found), (plant, found)
