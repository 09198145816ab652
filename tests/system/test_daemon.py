"""The daemon as systemd sees it."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system.world import World


@contextmanager
def systemd(here: World, folder: Path) -> Iterator[socket.socket]:
    """What systemd gives a service of Type=notify: a datagram socket to tell its state to."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(folder / "notify"))
        told.settimeout(20)
        here.environment |= {"NOTIFY_SOCKET": str(folder / "notify")}
        yield told


def next_message(told: socket.socket) -> list[str]:
    """The next message, as its lines."""
    return told.recv(4096).decode().splitlines()


def test_systemd_is_told_when_it_is_ready_and_what_it_does(here: World, tmp_path: Path) -> None:
    """That opening its database may take long, READY once it listens, a STATUS for each phase,
    STOPPING at the end."""
    with systemd(here, tmp_path) as told:
        daemon = here.start_daemon()
        assert next_message(told) == ["STATUS=opening its own database"]
        assert next_message(told) == ["EXTEND_TIMEOUT_USEC=60000000"]
        assert next_message(told) == ["READY=1", "STATUS=idle"]
        assert here.ctl("status").code == 0
        here.sync()
        phases = [next_message(told) for _ in range(5)]
        assert phases == [
            ["STATUS=reading the box's Moodle"],
            ["STATUS=contacting the online Moodle"],
            ["STATUS=checking courses"],
            ["STATUS=sending"],
            ["STATUS=idle"],
        ]
        daemon.terminate()
        assert next_message(told) == ["STOPPING=1"]
        assert daemon.wait(10) == 0
    assert not here.socket.exists()


def test_a_hangup_has_the_settings_read_again(here: World, tmp_path: Path) -> None:
    """RELOADING with its time, and READY with the phase; the daemon goes on."""
    with systemd(here, tmp_path) as told:
        daemon = here.start_daemon()
        while next_message(told)[0] != "READY=1":
            pass
        daemon.send_signal(signal.SIGHUP)
        reloading, at = next_message(told)
        assert reloading == "RELOADING=1"
        assert abs(int(at.removeprefix("MONOTONIC_USEC=")) / 1e6 - time.monotonic()) < 20
        assert next_message(told) == ["READY=1", "STATUS=idle"]
        assert here.ctl("status").code == 0


def test_the_watchdog_is_fed(here: World, tmp_path: Path) -> None:
    """Four times in the time that systemd waits, and where it is for this process only."""
    with systemd(here, tmp_path) as told:
        here.environment |= {"WATCHDOG_USEC": "4000000"}
        daemon = here.start_daemon()
        while next_message(told)[0] != "READY=1":
            pass
        began = time.monotonic()
        assert [next_message(told) for _ in range(3)] == [["WATCHDOG=1"]] * 3
        assert time.monotonic() - began < 10
        daemon.terminate()
        while next_message(told) != ["STOPPING=1"]:
            pass
        assert daemon.wait(10) == 0


def test_the_token_may_come_as_a_credential(here: World, tmp_path: Path) -> None:
    """LoadCredential=token: the file in the settings is not needed then."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    here.token.rename(credentials / "token")
    here.environment |= {"CREDENTIALS_DIRECTORY": str(credentials)}
    here.start_daemon()
    assert here.sync()["status"] == "completed"


def test_a_socket_left_over_by_a_kill_does_not_stop_a_start(here: World) -> None:
    """Its file stays when the power goes."""
    daemon = here.start_daemon()
    daemon.kill()
    daemon.wait()
    assert here.socket.exists()
    here.start_daemon()
    assert here.ctl("status").code == 0
