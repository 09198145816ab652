"""The moments of a run that a fault can meet, each reached in the real daemon from outside.

All are of one request, the one that carries all grades: sending it twice blindly would
take back what a teacher corrected in between. The sandbox holds what comes before it, or
its answer; strace stops the daemon at its own database.
"""

import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from tests.mailserver import MailServer
from tests.system.freeze import frozen
from tests.system.world import World

GRADE = "core_grades_update_grades"
_BEFORE = "gradereport_user_get_grade_items"  # asked right before grades are sent
_KIND = 4  # of grades, in our store
_PATIENCE_SECONDS = 60

Daemon = subprocess.Popen[str]
Moment = Callable[[World, Daemon], AbstractContextManager[None]]
"""Starts a sync and yields when the moment is there; afterwards the daemon goes on."""


def asked(here: World, function: str) -> int:
    """How many requests with a function reached the online Moodle."""
    sql = "SELECT count(*) FROM sandbox_request WHERE ' ' || functions || ' ' LIKE ?"
    return int(here.on_online(sql, f"% {function} %")[0][0])


def peek(here: World, sql: str) -> list[tuple[Any, ...]]:
    """Read what of our database is on disk: of a copy, so that nothing mends the original."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / here.state.name
        for end in ("", "-wal"):
            original = here.state.with_name(here.state.name + end)
            if original.exists():
                shutil.copyfile(original, copy.with_name(copy.name + end))
        with closing(sqlite3.connect(copy)) as db:
            return db.execute(sql).fetchall()


def grades(here: World) -> tuple[bool, bool, bool]:
    """Whether there are intents of grades, receipts of grades, and grades online."""
    intents = peek(here, f"SELECT count(*) FROM intent WHERE kind = {_KIND}")
    receipts = peek(here, f"SELECT count(*) FROM receipt WHERE kind = {_KIND}")
    online = here.on_online("SELECT count(*) FROM mdl_grade_grades WHERE finalgrade IS NOT NULL")
    return intents != [(0,)], receipts != [(0,)], online != [(0,)]


def _until_held(here: World, function: str) -> None:
    here.until(
        "SELECT count(*) FROM sandbox_request WHERE functions LIKE ? AND status IS NULL",
        f"%{function}%",
    )


@contextmanager
def held(here: World, switch: str, function: str) -> Iterator[None]:
    """Start a sync, and hold it at a request until the end of the block."""
    here.switch(switch, function)
    here.ctl("sync")
    _until_held(here, function)
    try:
        yield
    finally:
        here.switch(switch, None)


@contextmanager
def _frozen(
    here: World, daemon: Daemon, hold: tuple[str, str], call: str, *, done: bool, nth: int = 1
) -> Iterator[None]:
    """Start a sync, and stop the daemon at its first or nth write after a request was held."""
    log = here.state_inside.with_name(here.state.name + "-wal")
    with ExitStack() as holding:
        holding.enter_context(held(here, *hold))
        with frozen(daemon.pid, log, call, done=done, nth=nth) as still:
            holding.close()
            still.wait()
            yield


@contextmanager
def intending(here: World, daemon: Daemon) -> Iterator[None]:
    """Nothing is written yet of the intents, and the request did not go out."""
    with _frozen(here, daemon, ("hold_before", _BEFORE), "pwrite64", done=False):
        assert grades(here) == (False, False, False)
        assert asked(here, GRADE) == 0
        yield


@contextmanager
def planned(here: World, daemon: Daemon) -> Iterator[None]:
    """The intents are on disk, and the request did not go out."""
    with _frozen(here, daemon, ("hold_before", _BEFORE), "fdatasync", done=True):
        assert grades(here) == (True, False, False)
        assert asked(here, GRADE) == 0
        yield


@contextmanager
def reserved(here: World, daemon: Daemon) -> Iterator[None]:
    """What the request may cost is on disk as well, and it did not go out."""
    with _frozen(here, daemon, ("hold_before", _BEFORE), "fdatasync", done=True, nth=2):
        assert grades(here) == (True, False, False)
        assert asked(here, GRADE) == 0
        ((spent, held),) = peek(here, "SELECT sent + received, held FROM ledger_entry")
        ((up, down),) = here.on_online("SELECT sum(bytes_up), sum(bytes_down) FROM sandbox_request")
        assert spent > up + down  # so it was written after the answer to the request before
        assert held > 0
        yield


@contextmanager
def sent(here: World, daemon: Daemon) -> Iterator[None]:
    """The request reached the online Moodle, which did nothing of it yet."""
    with held(here, "hold_before", GRADE):
        assert grades(here) == (True, False, False)
        yield


@contextmanager
def done(here: World, daemon: Daemon) -> Iterator[None]:
    """The request reached the online Moodle, which did all of it and did not answer yet."""
    with held(here, "hold_after", GRADE):
        _until_done(here)
        assert grades(here) == (True, False, True)
        yield


def _until_done(here: World) -> None:
    here.until("SELECT count(*) FROM mdl_grade_grades WHERE finalgrade IS NOT NULL")


@contextmanager
def answered(here: World, daemon: Daemon) -> Iterator[None]:
    """The answer is here, and nothing is written of the receipts."""
    with _frozen(here, daemon, ("hold_after", GRADE), "pwrite64", done=False):
        assert grades(here) == (True, False, True)
        assert _answers(here) == [(200,)]
        yield


@contextmanager
def recorded(here: World, daemon: Daemon) -> Iterator[None]:
    """The receipts are on disk, and nothing more was done."""
    with _frozen(here, daemon, ("hold_after", GRADE), "fdatasync", done=True):
        assert grades(here) == (False, True, True)
        assert peek(here, "SELECT count(*) FROM run WHERE ended_at IS NULL") == [(1,)]
        yield


@contextmanager
def handed_over(here: World, mail: MailServer) -> Iterator[None]:
    """The mail about a sync is at the mail server, which says nothing yet."""
    mail.is_held = True
    here.ctl("sync")
    _until_came(mail)
    try:
        yield
    finally:
        mail.is_held = False


@contextmanager
def accepted(here: World, daemon: Daemon, mail: MailServer) -> Iterator[None]:
    """The mail server took the mail about a sync, and nothing is written of that."""
    log = here.state_inside.with_name(here.state.name + "-wal")
    with ExitStack() as holding:
        holding.enter_context(handed_over(here, mail))
        with frozen(daemon.pid, log, "pwrite64", done=False) as still:
            holding.close()
            still.wait()
            assert len(mail.taken) == 1
            assert peek(here, "SELECT state FROM mail") == [("waiting",)]
            yield


def _until_came(mail: MailServer) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not mail.came:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _answers(here: World) -> list[tuple[Any, ...]]:
    sql = "SELECT status FROM sandbox_request WHERE functions LIKE ?"
    return here.on_online(sql, f"%{GRADE}%")
