"""Each fault in each phase of a run, with the real daemon: nothing lost, nothing doubled.

`TABLE` is the promise, one row a cell: when the fault comes, what of it a person reads in
the history, and what is left for the next sync. Every cell goes on from there: the fault
is over, the daemon starts again if it is gone, and one sync later all is as if nothing
had happened.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from beekeed.client import Client
from beekeed.errors import Code
from tests.mailserver import MailServer
from tests.system import phases
from tests.system.phases import GRADE, Daemon, Moment, asked, grades, peek
from tests.system.trouble import Answered, Cut, Fault, Full, Kill, Step, Switched
from tests.system.world import World, world


class Phase(StrEnum):
    """How far the request with the grades got."""

    PLANNED = "planned"
    RESERVED = "reserved"
    SENT = "sent"
    ANSWERED = "answered"
    RECORDED = "recorded"


class Left(StrEnum):
    """What the fault leaves, and so what the next sync does."""

    UNSENT = "neither intents nor grades online: they are sent"
    UNDONE = "intents, no grades online: that is read back, and they are sent"
    DONE = "intents, and the grades are online: that is read back, and they are not sent"
    RECORDED = "receipts: the rest is sent"
    NOTHING = "the sync went to its end: nothing is sent"


@dataclass(frozen=True)
class Cell:
    """One row: what comes when, and what then.

    `ends`: status and reason of the run that was hit, as the history shows them later.
    `full`: much like another, and slow.
    """

    phase: Phase
    at: Moment
    fault: Fault
    ends: tuple[str, Code | None]
    left: Left
    full: bool = False


def status(switch: str, value: str) -> Switched:
    """A server that gives up: with a status, and the time when it wants to be asked again."""
    return Switched(value.split()[0], switch, value)


def garbage(switch: str) -> Switched:
    """Answers that are none of Moodle's."""
    return Switched("garbage", switch, "*")


_CUT_OFF = ("error", Code.INTERRUPTED)
_OFFLINE = ("error", Code.NOT_REACHED)
_FAILED = ("error", Code.SERVER_BUSY)
_BUSY = ("error", Code.ASKED_TO_WAIT)
_NOT_A_MOODLE = ("error", Code.NOT_A_MOODLE)
_UNREADABLE = ("error", Code.ANSWER_UNREADABLE)
_WELL = ("completed", None)

_LATER = "503 3600"
_SOON = 7  # seconds; a request is given up after 5
_NOW = int(time.time())

_P, _H, _S, _A, _R = Phase
_FAULTS = ("SIGKILL", "link cut", "500", "503", "garbage", "clock step", "disk full")

# fmt: off
TABLE = [
    # The intents are on disk, and the request is not out.
    Cell(_P, phases.planned, Kill("SIGKILL"), _CUT_OFF, Left.UNDONE),
    Cell(_P, phases.planned, Cut("link cut", _SOON), _WELL, Left.NOTHING, full=True),
    Cell(_P, phases.planned, Cut("link cut"), _OFFLINE, Left.UNDONE, full=True),
    Cell(_P, phases.planned, status("status", "500 1"), _FAILED, Left.UNDONE, full=True),
    Cell(_P, phases.planned, status("status", _LATER), _BUSY, Left.UNDONE, full=True),
    # A captive portal gets the request.
    Cell(_P, phases.planned, garbage("html"), _NOT_A_MOODLE, Left.UNDONE, full=True),
    Cell(_P, phases.planned, Step("clock step", "+400d"), _WELL, Left.NOTHING, full=True),
    # There is no room for the intents: nothing may go out.
    Cell(_P, phases.intending, Full("disk full"), _CUT_OFF, Left.UNSENT, full=True),

    # What the request may cost is held as well, and it is not out.
    Cell(_H, phases.reserved, Kill("SIGKILL"), _CUT_OFF, Left.UNDONE),
    Cell(_H, phases.reserved, Cut("link cut", _SOON), _WELL, Left.NOTHING, full=True),
    Cell(_H, phases.reserved, status("status", "500 1"), _FAILED, Left.UNDONE, full=True),
    Cell(_H, phases.reserved, status("status", _LATER), _BUSY, Left.UNDONE, full=True),
    Cell(_H, phases.reserved, garbage("html"), _NOT_A_MOODLE, Left.UNDONE, full=True),
    Cell(_H, phases.reserved, Step("clock step", "+400d"), _WELL, Left.NOTHING, full=True),
    Cell(_H, phases.reserved, Full("disk full"), _CUT_OFF, Left.DONE, full=True),

    # The request is there, and has no answer.
    Cell(_S, phases.done, Kill("SIGKILL"), _CUT_OFF, Left.DONE),
    Cell(_S, phases.done, Cut("link cut", _SOON), _WELL, Left.NOTHING, full=True),
    Cell(_S, phases.done, Cut("link cut"), _OFFLINE, Left.DONE, full=True),
    # PHP fails at the very end.
    Cell(_S, phases.done, status("status_after", "500 1"), _FAILED, Left.DONE),
    # A busy server refuses before it does anything.
    Cell(_S, phases.sent, status("status", _LATER), _BUSY, Left.UNDONE),
    # The answer breaks off in the middle, and so does each after it.
    Cell(_S, phases.done, garbage("garbage"), _UNREADABLE, Left.DONE),
    Cell(_S, phases.sent, Step("clock step", "-20y"), _WELL, Left.NOTHING, full=True),
    Cell(_S, phases.done, Full("disk full"), _CUT_OFF, Left.DONE, full=True),

    # The answer is here, and no receipt. What is wrong out there meets the next request.
    Cell(_A, phases.answered, Kill("SIGKILL"), _CUT_OFF, Left.DONE),
    Cell(_A, phases.answered, Cut("link cut", _SOON), _WELL, Left.NOTHING, full=True),
    Cell(_A, phases.answered, status("status", "500 1"), _FAILED, Left.RECORDED, full=True),
    Cell(_A, phases.answered, status("status", _LATER), _BUSY, Left.RECORDED, full=True),
    Cell(_A, phases.answered, garbage("garbage"), _UNREADABLE, Left.RECORDED, full=True),
    Cell(_A, phases.answered, Step("clock step", "+400d"), _WELL, Left.NOTHING, full=True),
    Cell(_A, phases.answered, Full("disk full"), _CUT_OFF, Left.DONE),

    # The receipts are on disk, and the rest of the run is to come.
    Cell(_R, phases.recorded, Kill("SIGKILL"), _CUT_OFF, Left.RECORDED),
    Cell(_R, phases.recorded, Cut("link cut", _SOON), _WELL, Left.NOTHING, full=True),
    Cell(_R, phases.recorded, status("status_after", "500 1"), _FAILED, Left.RECORDED, full=True),
    Cell(_R, phases.recorded, status("status", _LATER), _BUSY, Left.RECORDED, full=True),
    Cell(_R, phases.recorded, garbage("html"), _NOT_A_MOODLE, Left.RECORDED, full=True),
    Cell(_R, phases.recorded, Step("clock step", "-20y"), _WELL, Left.NOTHING, full=True),
    Cell(_R, phases.recorded, Full("disk full"), _CUT_OFF, Left.RECORDED, full=True),
]
# fmt: on

_WRITTEN = (
    "mdl_user",
    "mdl_user_enrolments",
    "mdl_role_assignments",
    "mdl_grade_grades",
    "mdl_assign_grades",
    "mdl_assignfeedback_comments",
    "mdl_course_modules_completion",
    "mdl_groups",
    "mdl_groups_members",
    "mdl_user_info_data",
)
_GRADES = "mdl_grade_grades"
_BY_US = "(SELECT itemtype FROM mdl_grade_items WHERE id = NEW.itemid) = 'mod'"
"""Moodle reckons totals, and what a grade weighs in them, anew when it likes."""


def count_writes(here: World) -> None:
    """Have the online database itself note every row that is written from now on."""
    here.on_online("CREATE TABLE written (what TEXT NOT NULL)")
    for table in _WRITTEN:
        own = _BY_US if table == _GRADES else "1"
        of = "OF rawgrade, finalgrade" if table == _GRADES else ""
        for how in ("INSERT", f"UPDATE {of}"):
            here.on_online(
                f"CREATE TRIGGER {how[:6]}_{table} AFTER {how} ON {table} WHEN {own}"
                f" BEGIN INSERT INTO written VALUES ('{how[:6]} {table}'); END"
            )


@dataclass(frozen=True)
class Result:
    """What a box's work comes to: rows written online, and what our own database says of it."""

    written: Counter[str]
    accounts: list[tuple[Any, ...]]
    receipts: list[tuple[Any, ...]]
    actions: Counter[tuple[Any, ...]]


def result(here: World) -> Result:
    """Look at both sides; no times and no numbers of runs."""
    key = "kind, course_id, part_id, learner_id"
    return Result(
        Counter(what for (what,) in here.on_online("SELECT what FROM written")),
        here.in_state("SELECT username, online_id, made_by_us FROM account ORDER BY username"),
        here.in_state(f"SELECT {key}, value, online_value FROM receipt ORDER BY {key}"),
        Counter(here.in_state(f"SELECT {key}, code, value, before, after FROM action")),
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    """What the same box's work comes to without a fault."""
    with world(tmp_path_factory.mktemp("undisturbed"), learners=4, now=_NOW) as here:
        count_writes(here)
        here.start_daemon()
        assert here.sync()["status"] == "completed"
        yield result(here)


def as_parameter(cell: Cell) -> Any:
    """Give a row its name, and its marks."""
    marks = [pytest.mark.full] if cell.full else []
    return pytest.param(cell, id=f"{cell.phase}-{cell.fault.name}-{cell.ends[0]}", marks=marks)


@pytest.mark.root
@pytest.mark.parametrize("cell", [as_parameter(cell) for cell in TABLE])
def test_after_a_fault_all_is_as_if_nothing_had_happened(
    tmp_path: Path, undisturbed: Result, cell: Cell
) -> None:
    """The table's row, cell by cell: how the run ends, what is left, what the next one does."""
    here = World(tmp_path, learners=4, now=_NOW)
    count_writes(here)
    with ExitStack() as stack:
        daemon = cell.fault.begin(here, stack)
        with ExitStack() as fault:
            with cell.at(here, daemon):
                fault.enter_context(cell.fault.strikes(here, daemon))
            wait_for_end(here, daemon, cell)
            assert left(here) is cell.left
        began = asked(here, GRADE)
        check_history(here, daemon, cell)
        assert here.sync()["status"] == "completed"
        assert (asked(here, GRADE) > began) == (cell.left in (Left.UNSENT, Left.UNDONE))
        check_end(here, undisturbed, cell)


_LONGEST_SECONDS = 240  # what passes is waited out for two minutes


def wait_for_end(here: World, daemon: Daemon, cell: Cell) -> None:
    """Wait until the run is over, or the daemon where that is what ends it."""
    if cell.ends is _CUT_OFF:
        daemon.wait(20)
        return
    ((run,),) = peek(here, "SELECT event_id FROM run")
    deadline = time.monotonic() + _LONGEST_SECONDS
    while Client(str(here.socket)).get("runs", run, wait=60)["ended_at"] is None:
        assert time.monotonic() < deadline


def left(here: World) -> Left:
    """Tell what is left after a fault: here, online, and still to be sent."""
    rest = peek(here, "SELECT count(*) FROM change") != [(0,)]
    match (*grades(here), rest):
        case (False, False, False, True):
            return Left.UNSENT
        case (True, False, False, True):
            return Left.UNDONE
        case (True, False, True, True):
            return Left.DONE
        case (False, True, True, True):
            return Left.RECORDED
        case (False, True, True, False):
            return Left.NOTHING
        case other:
            raise AssertionError(other)


def check_history(here: World, daemon: Daemon, cell: Cell) -> None:
    """Start the daemon again if it is gone; the history says how the run ended.

    One that was asked to leave the site alone does, until it starts again.
    """
    if cell.ends is _BUSY:
        daemon.terminate()
        daemon.wait(20)
    if daemon.poll() is not None:
        here.start_daemon()
    run = here.ctl("history", "--json").json["runs"][0]
    reason = run["reason"]["code"] if run["reason"] else None
    assert (run["status"], reason) == cell.ends
    assert (run["duration_seconds"] or 0) < _LONGEST_SECONDS  # whatever the wall clock says


def check_end(here: World, undisturbed: Result, cell: "Cell | MailCell") -> None:
    """Everything is online and was written once, and another sync sends nothing."""
    assert here.compare().verified
    assert result(here) == undisturbed
    assert here.in_state("SELECT count(*) FROM intent") == [(0,)]
    assert here.in_state("PRAGMA integrity_check") == [("ok",)]
    today = "SELECT max(last_day) < unixepoch() / 86400 FROM closed_days"
    assert here.in_state(today) == [(1 if cell.fault.confirms_clock else None,)]
    requests = here.on_online("SELECT count(*) FROM sandbox_request")
    assert here.sync()["actions"] == []
    assert here.on_online("SELECT count(*) FROM sandbox_request") == requests
    assert "Traceback" not in here.log()


class Arrives(StrEnum):
    """How often the mail about the sync that was hit arrives, in the end."""

    ONCE = "once"
    TWICE = "twice, with one Message-ID: SMTP cannot tell that the server has it"


@dataclass(frozen=True)
class MailCell:
    """One row of the phase `mailed`: the sync has ended, and the mail about it is on its way.

    `accepted`: the server took it, and nobody noted that; else it says nothing yet. `ends`:
    whether the daemon does.
    """

    accepted: bool
    fault: Fault
    arrives: Arrives
    ends: bool = False
    full: bool = False


_MAIL_FAULTS = ("SIGKILL", "link cut", "421", "451", "garbage", "clock step", "disk full")

# fmt: off
MAILED = [
    MailCell(False, Kill("SIGKILL"), Arrives.TWICE, ends=True, full=True),
    MailCell(True, Kill("SIGKILL"), Arrives.TWICE, ends=True),
    MailCell(False, Cut("link cut", _SOON), Arrives.ONCE, full=True),
    MailCell(False, Cut("link cut"), Arrives.TWICE, full=True),
    MailCell(False, Answered("421", "421 4.3.2 closing"), Arrives.ONCE, full=True),
    MailCell(False, Answered("451", "451 4.3.0 try later"), Arrives.ONCE),
    MailCell(False, Answered("garbage", "<html>"), Arrives.ONCE, full=True),
    MailCell(False, Step("clock step", "+400d"), Arrives.ONCE, full=True),
    MailCell(True, Full("disk full"), Arrives.TWICE, ends=True, full=True),
]
# fmt: on


def mail_parameter(cell: MailCell) -> Any:
    """Give a row its name, and its marks."""
    marks = [pytest.mark.full] if cell.full else []
    return pytest.param(
        cell, id=f"mailed-{cell.fault.name}-{cell.arrives.name}-{cell.accepted:d}", marks=marks
    )


@pytest.mark.root
@pytest.mark.parametrize("cell", [mail_parameter(cell) for cell in MAILED])
def test_after_a_fault_while_it_was_mailed_no_mail_is_lost(
    tmp_path: Path, undisturbed: Result, cell: MailCell
) -> None:
    """The table's row: how often the mail arrives; the next sync's does as well, and the work of
    the syncs is as if nothing had happened."""
    here = World(tmp_path, learners=4, now=_NOW)
    count_writes(here)
    cell.fault.mails = True
    with ExitStack() as stack:
        daemon = cell.fault.begin(here, stack)
        mail = cell.fault.mail
        with ExitStack() as fault:
            moment = (phases.accepted(here, daemon, mail) if cell.accepted
                      else phases.handed_over(here, mail))  # fmt: skip
            with moment:
                fault.enter_context(cell.fault.strikes(here, daemon))
            wait_for_mail(here, daemon, cell)
        ((event_id, status),) = peek(here, "SELECT event_id, status FROM run")
        assert status == "completed"
        start_again(here, daemon, cell)
        assert here.sync()["status"] == "completed"
        check_mails(here, mail, event_id, 2 if cell.arrives is Arrives.TWICE else 1)
        check_end(here, undisturbed, cell)


def wait_for_mail(here: World, daemon: Daemon, cell: MailCell) -> None:
    """Wait until it is known what became of the mail, or until the daemon ends."""
    if cell.ends:
        daemon.wait(20)
        return
    known = (
        "SELECT count(*) FROM mail, mail_book WHERE state = 'sent' OR mail_book.code IS NOT NULL"
    )
    deadline = time.monotonic() + _LONGEST_SECONDS
    while peek(here, known) == [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def start_again(here: World, daemon: Daemon, cell: MailCell) -> None:
    """Start the daemon again if it is gone, or leaves the mail server alone for a while."""
    if daemon.poll() is None and here.in_state("SELECT code FROM mail_book") != [(None,)]:
        daemon.terminate()
        daemon.wait(20)
    if daemon.poll() is not None:
        cell.fault.start(here)


def check_mails(here: World, mail: MailServer, event_id: str, times: int) -> None:
    """The first sync's mail arrived so often, as one and the same, and the second's once."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while here.in_state("SELECT count(*) FROM mail WHERE state = 'sent'") != [(2,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    seen = Counter(each.message["Message-ID"] for each in mail.taken)
    assert sorted(seen.values()) == sorted([times, 1])
    assert [event_id in each.text for each in mail.taken] == [True] * times + [False]


def test_the_table_has_every_fault_in_every_phase() -> None:
    """No cell is left out."""
    assert {cell.fault.name for cell in MAILED} == set(_MAIL_FAULTS)
    assert {(cell.phase, cell.fault.name) for cell in TABLE} == {
        (phase, fault) for phase in Phase for fault in _FAULTS
    }
