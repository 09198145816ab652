"""The shipped units under a real systemd, PID 1 of a machine of its own (see pid1.py)."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.system.installed import PAGE, TOKEN, UNIT, Box, Service, installed
from tests.system.pid1 import Machine, until
from tests.system.test_faults import TABLE, Cell, Result, check_end, count_writes, left, result
from tests.system.trouble import Kill

pytestmark = pytest.mark.root
COMPLETE = "core_completion_override_activity_completion_status"
_RECOVERED_SECONDS = 15
_NOW = int(time.time())


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """One machine for the tests of this file."""
    with installed(tmp_path_factory.mktemp("box"), learners=4, now=_NOW) as made:
        yield made


@pytest.fixture
def box(booted: Box) -> Iterator[Box]:
    """The machine as it was after the installation: nothing runs, nothing was synchronized."""
    booted.renew()
    yield booted
    booted.set_unit("")


_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen>
<auth>EXTERNAL</auth><policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
"""


@contextmanager
def system_bus(made: Machine) -> Iterator[None]:
    """Have systemd's own timedated answer on a system bus."""
    made.write("/run/dbus/system.conf", _BUS)
    programs = (
        ("dbus-daemon", "--config-file=/run/dbus/system.conf", "--nofork", "--nopidfile"),
        ("/lib/systemd/systemd-timedated",),
    )
    with ExitStack() as running:
        for words in programs:
            started = subprocess.Popen(made.command(*words), stderr=subprocess.DEVNULL)
            running.callback(started.wait)
            running.callback(started.terminate)
            until(made.path("/run/dbus/system_bus_socket").exists)
        yield


@pytest.fixture(scope="module")
def found(booted: Box) -> dict[str, Any]:
    """What a program finds under the daemon's unit."""
    made = booted.machine
    made.write("/var/www/moodle/config.php", "<?php // of Moodle", 0o640)
    made.run("chgrp", "www-data", "/var/www/moodle/config.php")
    made.write("/run/systemd/timesync/synchronized", "")
    made.write("/var/lib/systemd/timesync/clock", "")
    port = booted.address.rpartition(":")[2]
    try:
        with system_bus(made):
            return booted.tried_under(UNIT, "under_daemon.py", port)
    finally:
        made.path("/run/systemd/timesync/synchronized").unlink()


def test_it_starts_within_seconds_and_synchronizes(box: Box) -> None:
    """With two of its three secrets not there; beekeectl and systemctl say how it is."""
    began = time.monotonic()
    box.start_daemon()
    assert time.monotonic() - began < 10
    assert box.machine.show(UNIT, "StatusText") == "idle"
    assert box.machine.show(UNIT, "ActiveState") == "active"
    assert box.sync()["status"] == "completed"
    assert box.compare().verified
    files = ("/var/lib/beekeed/beekeed.sqlite", "/run/beekeed/control.sock",
             "/run/beekeed-page/page.sock")  # fmt: skip
    assert box.machine.run("stat", "-c", "%a %U %G", *files).stdout.splitlines() == [
        "600 beekeed beekee", "660 beekeed beekee", "660 beekeed beekeed-page",
    ]  # fmt: skip


def test_what_beekeed_needs_works_under_its_unit(found: dict[str, Any]) -> None:
    """The kernel's counters, TCP_INFO, netlink, both IPs, WAL, config.php, the clock's files, and
    D-Bus, where timedated does not know of a time server here."""
    assert found["timedated"] is False
    assert found["tcp_info"] >= 228
    assert found["addresses"] == ["00:00:00:00:00:00", "127.0.0.1", "::1"]
    assert (found["netlink"], found["ipv6"], found["wal"]) == ("bound", "reached", "wal")
    assert found["config.php"] == "<?php // of Moodle"
    assert (found["timesync"], found["timesync clock"], found["boot id"]) == (0, 0, 37)
    for each in ("counters", "memory", "uptime", "retransmissions", "free room"):
        assert found[each] is True, each


def test_what_beekeed_must_not_have_it_has_not(found: dict[str, Any]) -> None:
    """The token comes as a credential and its file stays closed; nothing else is writable."""
    assert found["credential"] == "32 characters, 0 for others"
    assert (found["token file"], found["homes"], found["gives away"]) == (
        "EACCES", "EACCES", "EPERM",
    )  # fmt: skip
    assert found["writes to /etc"] == "EROFS"
    assert (found["sets the clock"], found["raw socket"]) == ("EPERM", "EAFNOSUPPORT")
    assert found["others' processes"] == 0
    assert found["nice"] == 10


def test_memory_and_tasks_are_limited(box: Box) -> None:
    """As the kernel has it: the class's work is never pushed out."""
    daemon = box.start_daemon()
    groups = dict(
        line.split(":", 2)[1:]
        for line in Path(f"/proc/{daemon.pid}/cgroup").read_text().splitlines()
    )
    limits = {
        "memory": ("memory.limit_in_bytes", "memory.max"), "pids": ("pids.max", "pids.max"),
    }  # fmt: skip
    for name, wanted in (("memory", 256 * 1024**2), ("pids", 64)):
        old, new = limits[name]
        inside = "/sys/fs/cgroup" + (f"/{name}" if name in groups else "")
        group = groups.get(name, groups.get("", ""))
        group = group[group.index("/system.slice") :]
        file = box.machine.path(f"{inside}{group}/{old if name in groups else new}")
        assert int(file.read_text()) == wanted, file
    assert Path(f"/proc/{daemon.pid}/oom_score_adj").read_text().strip() == "500"
    io = box.machine.run("ionice", "-p", box.machine.show(UNIT, "MainPID")).stdout.strip()
    assert io == "best-effort: prio 7"


def test_without_its_token_it_says_so_and_does_not_try_again(box: Box) -> None:
    """Exit 78, in `systemctl status` and the journal by its path; then it is set, and goes."""
    token = box.machine.path(TOKEN)
    kept = token.read_text()
    token.unlink()
    box.configure()
    assert box.machine.run("systemctl", "start", UNIT, check=False).returncode != 0
    until(lambda: box.machine.show(UNIT, "ActiveState") == "failed")
    assert box.machine.show(UNIT, "ExecMainStatus") == "78"
    assert box.machine.show(UNIT, "NRestarts") == "0"
    assert box.machine.show(UNIT, "SubState") == "failed"  # and not auto-restart
    status = box.machine.run("systemctl", "status", UNIT, check=False).stdout
    assert f'Status: "The file with the web service token cannot be used: {TOKEN}: No' in status
    assert f"cannot be used: {TOKEN}:" in box.log()
    set_ = box.ctl("token", "set", given=kept)
    assert set_.code == 0, set_.err
    assert box.machine.show(UNIT, "ActiveState") == "active"


def page(box: Box) -> int:
    """Look at the page as a browser in the machine does; gives the status of the answer."""
    ask = (
        "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8088, timeout=30);"
        " c.request('GET', '/'); print(c.getresponse().status)"
    )
    return int(box.machine.run("/usr/bin/python-of-ours", "-c", ask).stdout)


def test_the_page_starts_for_the_first_browser_and_again(box: Box) -> None:
    """By its socket, within seconds; it goes on when the daemon starts again."""
    box.start_daemon()
    box.machine.run("systemctl", "start", "beekeed-page.socket")
    assert box.machine.show(PAGE, "ActiveState") == "inactive"
    began = time.monotonic()
    assert page(box) == 200
    assert time.monotonic() - began < 10
    assert box.machine.show(PAGE, "ActiveState") == "active"
    box.machine.run("systemctl", "stop", PAGE)
    assert page(box) == 200
    box.machine.run("systemctl", "restart", UNIT)
    assert page(box) == 200


@pytest.mark.full
def test_the_page_ends_when_nobody_looks(box: Box) -> None:
    """By itself and cleanly, after two minutes and before five; the next browser starts it."""
    box.start_daemon()
    box.machine.run("systemctl", "start", "beekeed-page.socket")
    assert page(box) == 200
    until(lambda: box.machine.show(PAGE, "ActiveState") == "inactive", 300)
    assert box.machine.show(PAGE, "Result") == "success"
    assert page(box) == 200


def test_the_pages_process_reaches_page_sock_and_nothing_else(box: Box) -> None:
    """No network, not even its loopback; no secret, no state, and not control.sock."""
    box.start_daemon()
    told = box.tried_under(PAGE, "under_page.py", box.address.rpartition(":")[2])
    assert told == {
        "page.sock": "reached",
        "control.sock": "EACCES",
        "online Moodle": "EAFNOSUPPORT",
        "IPv6": "EAFNOSUPPORT",
        "netlink": "EAFNOSUPPORT",
        "interfaces": ["lo"],
        "settings": True,
        "token": "EACCES",
        "state": "EACCES",
        "writes to /etc": "EROFS",
    }


@contextmanager
def hanging(box: Box) -> Iterator[None]:
    """Have the daemon's event loop wait for the end of a file of settings that never comes."""
    fragment = box.machine.path("/etc/beekeed/beekeed.toml.d/90-without-end.toml")
    fragment.parent.mkdir(exist_ok=True)
    os.mkfifo(fragment, 0o644)
    asking = subprocess.Popen(box.machine.command("beekeectl", "check"), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)  # fmt: skip
    end = None
    try:
        end = opened(fragment)
        fragment.unlink()
        yield
    finally:
        if end is not None:
            os.close(end)
        asking.wait(30)


def opened(fifo: Path) -> int:
    """Open it for writing once somebody reads it; who does waits then for what is written."""
    deadline = time.monotonic() + 20
    while True:
        with suppress(OSError):  # ENXIO: nobody does yet
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_loop_that_hangs_is_ended_and_back_within_15_seconds(box: Box) -> None:
    """The watchdog is not fed; the journal has the place where it hung, and no learner's name."""
    daemon = box.start_daemon()
    assert box.sync()["status"] == "completed"
    with hanging(box):
        began = time.monotonic()
        daemon.wait(_RECOVERED_SECONDS)
        until(lambda: box.machine.show(UNIT, "ActiveState") == "active")
        assert time.monotonic() - began < _RECOVERED_SECONDS
    assert box.machine.show(UNIT, "NRestarts") == "1"
    log = box.log()
    assert "beekeed hangs, and is started again" in log
    assert "Failed with result 'watchdog'" in log
    assert "Fatal Python error: Aborted" in log
    assert '/beekeed/config.py", line' in log
    names = box.on_box("SELECT username, firstname, lastname, email FROM mdl_user")
    assert not [
        name for row in names for name in row if re.search(rf"\\b{re.escape(name)}\\b", log)
    ]
    assert box.sync()["actions"] == []


@pytest.fixture(scope="module")
def undisturbed(booted: Box) -> Result:
    """What the box's work comes to without a fault."""
    booted.renew()
    count_writes(booted)
    booted.start_daemon()
    assert booted.sync()["status"] == "completed"
    return result(booted)


@pytest.mark.full
@pytest.mark.parametrize(
    "cell", [pytest.param(cell, id=cell.phase) for cell in TABLE if isinstance(cell.fault, Kill)]
)
def test_systemd_starts_it_again_after_a_kill_in_each_phase(
    box: Box, undisturbed: Result, cell: Cell
) -> None:
    """SIGKILL, as the table of faults has it; nobody but systemd does anything about it."""
    count_writes(box)
    daemon: Any = box.start_daemon()  # one of systemd's, in place of one of ours
    with cell.at(box, daemon), cell.fault.strikes(box, daemon):
        pass
    daemon.wait()
    until(lambda: box.machine.show(UNIT, "NRestarts") == "1")
    until(lambda: box.machine.show(UNIT, "ActiveState") == "active")
    assert left(box) is cell.left
    run = box.ctl("history", "--json").json["runs"][0]
    assert (run["status"], run["reason"]["code"]) == cell.ends
    assert box.sync()["status"] == "completed"
    check_end(box, undisturbed, cell)


def test_a_stop_in_the_middle_of_a_sync_settles_what_is_out(box: Box) -> None:
    """`systemctl stop` waits for the answer that is due; the unit ends cleanly, nothing is open."""
    box.start_daemon(online__max_input_vars="35")
    box.switch("hold_after", COMPLETE)
    box.ctl("sync")
    box.until("SELECT count(*) FROM sandbox_request WHERE functions LIKE ? AND status IS NULL",
              f"%{COMPLETE}%")  # fmt: skip
    box.machine.run("systemctl", "stop", "--no-block", UNIT)
    until(lambda: box.machine.show(UNIT, "ActiveState") == "deactivating")
    assert box.in_state("SELECT count(*) FROM intent") != [(0,)]
    box.switch("hold_after", None)
    until(lambda: box.machine.show(UNIT, "ActiveState") == "inactive")
    assert (box.machine.show(UNIT, "Result"), box.machine.show(UNIT, "ExecMainStatus")) == (
        "success", "0",
    )  # fmt: skip
    assert box.in_state("SELECT count(*) FROM intent") == [(0,)]
    box.start_daemon()
    assert box.ctl("history", "--json").json["runs"][0]["status"] == "stopped"
    assert box.sync()["status"] == "completed"
    assert box.compare().verified


def settings_checked(box: Box) -> str | None:
    """What a check says of the settings' file."""
    (step,) = [
        each for each in box.ctl("check", "--json").json["steps"] if each["step"] == "settings"
    ]
    return step["reason"] and str(step["reason"]["code"])


def test_a_reload_reads_what_may_change_and_says_what_may_not(box: Box) -> None:
    """The same process goes on; with a mistake in the file the settings stay as they were."""
    daemon = box.start_daemon()
    box.configure(limit__enabled="true", limit__bytes="70000", online__timeout_seconds="33")
    box.machine.run("systemctl", "reload", UNIT)
    until(lambda: "the settings were read again" in box.log())
    assert box.ctl("limit", "--json").json["limit_bytes"] == 70000
    assert "from the next start of beekeed on: online.timeout_seconds" in box.log()
    assert settings_checked(box) == "settings_changed"
    box.configure(limit__enabled="true", limit__bytes="70000")
    assert settings_checked(box) is None
    box.configure(limit__enabled="true", limit__bytes="-7")
    box.machine.run("systemctl", "reload", UNIT)
    until(lambda: "the settings stay as they were" in box.log())
    assert "limit.bytes" in box.log()
    assert box.ctl("limit", "--json").json["limit_bytes"] == 70000
    until(lambda: box.machine.show(UNIT, "ActiveState") == "active")
    assert Service(box).pid == daemon.pid


def test_the_clock_is_trusted_as_timesyncd_says(box: Box) -> None:
    """Its file is seen under the unit."""
    box.start_daemon()
    assert box.ctl("status", "--json").json["clock"]["trust"] == "untrusted"
    box.machine.write("/run/systemd/timesync/synchronized", "")
    assert box.ctl("status", "--json").json["clock"]["trust"] == "synced"
    box.machine.path("/run/systemd/timesync/synchronized").unlink()
