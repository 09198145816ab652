"""A kill or a lost answer between intent and receipt: nothing lost, nothing doubled."""

import time
from typing import Any

import pytest

from tests.system.world import World

CREATE = "core_user_create_users"
ENROL = "enrol_manual_enrol_users"
COMPLETE = "core_completion_override_activity_completion_status"
WRITES = {
    CREATE: ("mdl_user", 1),
    ENROL: ("mdl_user_enrolments", 2),
    COMPLETE: ("mdl_course_modules_completion", 3),
}
"""The table that each function writes online, and the number of its kind in our store."""


_FIRST = {
    ("hold_before", CREATE),
    ("hold_after", COMPLETE),
    ("cut_before", COMPLETE),
    ("cut_after", ENROL),
    ("garbage", CREATE),
}
"""What the normal run tries; the histories of tests/engine try them all, and more, without a
process of its own for each."""


def tried(*faults: str) -> list[Any]:
    """Each fault with each function that writes; most with --full only."""
    return [
        pytest.param(fault, function, marks=[] if (fault, function) in _FIRST else pytest.mark.full)
        for fault in faults
        for function in WRITES
    ]


COMPLETED = "SELECT count(*) FROM receipt WHERE kind = 3"


def until_intended(here: World, kind: int) -> None:
    """Wait until changes of a kind are on the wire."""
    deadline = time.monotonic() + 20
    while here.in_state("SELECT count(*) FROM intent WHERE kind = ?", kind) == [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def work_online(here: World) -> dict[str, list[tuple[Any, ...]]]:
    """All rows online that a second sending could double or touch, with their times."""
    return {
        table: here.on_online(f"SELECT * FROM {table} ORDER BY id")
        for table in (
            "mdl_user",
            "mdl_user_enrolments",
            "mdl_role_assignments",
            "mdl_course_modules_completion",
        )
    }


@pytest.mark.parametrize(("held", "function"), tried("hold_before", "hold_after"))
def test_a_kill_in_the_middle_loses_and_doubles_nothing(
    here: World, held: str, function: str
) -> None:
    """SIGKILL while a request is out, done or not done; the next start finds out which."""
    daemon = here.start_daemon()
    table, kind = WRITES[function]
    count = len(work_online(here)[table])
    here.switch(held, function)
    here.ctl("sync")
    until_intended(here, kind)
    if held == "hold_after":
        here.until(f"SELECT count(*) > {count} FROM {table}")
    daemon.kill()
    daemon.wait()
    before = work_online(here)
    intents = here.in_state("SELECT count(*) FROM intent")[0][0]
    assert intents > 0
    here.switch(held, None)

    here.start_daemon()
    assert here.ctl("history", "--json").json["runs"][0]["reason"]["code"] == "interrupted"
    assert here.sync()["status"] == "completed"
    assert here.compare().verified
    assert here.in_state("SELECT count(*) FROM intent") == [(0,)]
    after = work_online(here)
    for table, rows in before.items():
        assert set(rows) <= set(after[table]), table  # nothing that was there was written again
    assert here.in_state("SELECT count(*) FROM account WHERE made_by_us = 1") == [(12,)]
    assert here.sync()["actions"] == []


@pytest.mark.parametrize(("fault", "function"), tried("cut_before", "cut_after", "garbage"))
def test_a_lost_answer_is_settled_in_the_same_run(here: World, fault: str, function: str) -> None:
    """The connection is cut, or the answer breaks off: read back, and go on."""
    here.switch(fault, f"{function}:1")
    here.start_daemon()
    assert here.sync()["status"] == "completed"
    assert here.on_online("SELECT count(*) FROM sandbox_switch WHERE name = ?", fault) == [(0,)]
    assert here.compare().verified
    assert here.in_state("SELECT count(*) FROM intent") == [(0,)]
    assert here.in_state("SELECT count(*) FROM account WHERE made_by_us = 1") == [(12,)]


def test_a_stop_settles_the_request_in_flight(here: World) -> None:
    """SIGTERM in the middle: the answer is awaited and recorded, then the daemon ends."""
    daemon = here.start_daemon(online__max_input_vars="35")
    here.switch("hold_after", COMPLETE)
    here.ctl("sync")
    until_intended(here, 3)
    ((before,),) = here.in_state(COMPLETED)
    daemon.terminate()
    time.sleep(0.3)
    assert daemon.poll() is None
    here.switch("hold_after", None)
    assert daemon.wait(20) == 0
    assert here.in_state("SELECT count(*) FROM intent") == [(0,)]
    assert here.in_state(COMPLETED) == [(before + 10,)]
    here.start_daemon()
    assert here.ctl("history", "--json").json["runs"][0]["status"] == "stopped"
    assert here.sync()["status"] == "completed"
    assert here.compare().verified
