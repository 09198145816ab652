"""systemd opens the page's socket, starts its process for the first browser, and for the next."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def status_of(port: int) -> int:
    """Ask for the page as a browser does, as soon as somebody listens."""
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_it_serves_on_a_socket_that_was_opened_for_it(tmp_path: Path) -> None:
    """By systemd's own systemd-socket-activate; it opens none itself."""
    config = tmp_path / "beekeed.toml"
    config.write_text(f'[daemon]\npage_socket = "{tmp_path}/page.sock"\n')
    port = free_port()
    process = subprocess.Popen(
        ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", "-E", f"PYTHONPATH={ROOT}",
         sys.executable, "-m", "beekeed.page", "--config", str(config)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert status_of(port) == 503  # of the page: no daemon runs here
        inodes = re.findall(r"socket:\[(\d+)\]", _descriptors(process.pid))
        assert len(inodes) >= 1
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, "")


def _descriptors(pid: int) -> str:
    folder = Path(f"/proc/{pid}/fd")
    return " ".join(str(each.readlink()) for each in folder.iterdir())


def test_without_a_socket_or_a_place_it_says_what_to_do(tmp_path: Path) -> None:
    """By hand, somebody must say where."""
    config = tmp_path / "beekeed.toml"
    config.write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "beekeed.page", "--config", str(config)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--listen" in done.stderr


def test_every_mistake_in_its_settings_is_said(tmp_path: Path) -> None:
    """At once, each with its key, as the daemon's program does; and no other part's."""
    config = tmp_path / "beekeed.toml"
    config.write_text(
        '[page]\nnames = ["https://box/"]\nkey_file = "page.key"\n[limit]\nbytes = "lots"\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "beekeed.page", "--config", str(config), "--listen", "[::1]:0"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (78, "")
    assert "page.key_file is wrong" in done.stderr
    assert "limit" not in done.stderr
    config.write_text('[page]\nnames = ["https://box/"]\nkey_file = "/etc/page.key"\n')
    done = subprocess.run(
        [sys.executable, "-m", "beekeed.page", "--config", str(config), "--listen", "[::1]:0"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = " ".join(done.stderr.split())
    assert "page.names is wrong" in told
    assert "page.certificate_file is missing" in told
