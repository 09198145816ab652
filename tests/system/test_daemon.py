"""The daemon as systemd sees it."""

import socket
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
    """READY once it listens, a STATUS for each phase, STOPPING at the end."""
    with systemd(here, tmp_path) as told:
        daemon = here.start_daemon()
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
