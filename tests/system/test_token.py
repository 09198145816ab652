"""`beekeectl token set`, with a systemctl that only notes what it is asked."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.keyboard import typed
from tests.system.world import ROOT, Said

TOKEN = "0123456789abcdef0123456789abcdef"
SHIPPED = ROOT / "systemd" / "beekeed.service"


class Box:
    """A folder with what `token set` finds on a box."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = folder / "asked"
        self.token = folder / "etc" / "token"
        self.token.parent.mkdir()
        self.path = folder / "bin"
        self.path.mkdir()

    def systemd(self, state: str = "active", credential: str = "", restart: str = "exit 0") -> None:
        """Have systemd know our unit, in a state."""
        script = self.path / "systemctl"
        script.write_text(
            f'#!/bin/sh\necho "$@" >> {self.asked}\n'
            f'case $1 in show) echo LoadCredential={credential}; echo "ActiveState={state}";;'
            f" *) {restart};; esac\n"
        )
        script.chmod(0o755)

    def set(self, text: str, *words: str, under: tuple[str, ...] = ()) -> Said:
        """Run `beekeectl token set`."""
        done = subprocess.run(
            [*under, sys.executable, "-m", "beekeed.ctl", "token", "set", *words],
            input=text, capture_output=True, text=True, cwd=ROOT, check=False,
            env={"PATH": f"{self.path}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert TOKEN not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    def type(self, text: str, *words: str) -> tuple[int, str]:
        """Run it at a terminal, and type; gives the exit code and all that was shown."""
        environment = {"PATH": f"{self.path}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        return typed(("token", "set", *words), [text], environment)

    def restarted(self) -> bool:
        """Whether our unit was started again."""
        return self.asked.exists() and "restart beekeed.service\n" in self.asked.read_text()


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box."""
    return Box(tmp_path)


@pytest.mark.root
def test_it_is_kept_for_root_alone_and_beekeed_starts_again(box: Box) -> None:
    """Whatever was around it when it was copied; whole, and nothing is left beside it."""
    box.systemd(credential=f"device_password:/x token:{box.token}")
    box.token.write_text("an older one")
    box.token.chmod(0o644)
    done = box.set(f"  {TOKEN}\r\n\n")
    assert (done.code, done.err) == (0, "")
    assert str(box.token) in done.out
    assert "beekeed was started again" in done.out
    assert box.token.read_text() == f"{TOKEN}\n"
    assert stat.S_IMODE(box.token.stat().st_mode) == 0o600
    assert box.restarted()
    assert list(box.token.parent.iterdir()) == [box.token]


@pytest.mark.root
def test_at_a_terminal_it_is_asked_for_and_not_shown(box: Box) -> None:
    """Whoever looks over a shoulder, or scrolls back, does not read it."""
    code, shown = box.type(TOKEN, "--file", str(box.token))
    assert code == 0
    assert "Token (it is not shown): " in shown
    assert TOKEN not in shown
    assert box.token.read_text() == f"{TOKEN}\n"


@pytest.mark.root
@pytest.mark.parametrize("state", ["inactive", "failed", None])
def test_what_somebody_stopped_stays_stopped(box: Box, state: str | None) -> None:
    """A unit that failed, for want of a token for example, is started; without systemd none is."""
    if state is not None:
        box.systemd(state=state)
    done = box.set(TOKEN, "--file", str(box.token), "--json")
    wanted = {"schema": "beekeed.token/1", "path": str(box.token), "restarted": state == "failed"}
    assert (done.code, done.json) == (0, wanted)
    assert box.restarted() == (state == "failed")


@pytest.mark.root
def test_without_a_unit_the_settings_say_where(box: Box) -> None:
    """And whoever owned the file before, beekeed's user for example, still does."""
    settings = box.folder / "beekeed.toml"
    settings.write_text(f'[online]\ntoken_file = "{box.token}"\n')
    box.token.touch()
    os.chown(box.token, 65534, 65534)
    assert box.set(TOKEN, "--config", str(settings)).code == 0
    assert box.token.read_text() == f"{TOKEN}\n"
    assert (box.token.stat().st_uid, box.token.stat().st_gid) == (65534, 65534)


@pytest.mark.root
@pytest.mark.parametrize("text", ["", "hunter2", TOKEN[:-1], f"{TOKEN}0", "Z" * 32, "\xff" * 40])
def test_what_is_no_token_changes_nothing(box: Box, text: str) -> None:
    """And is not shown: it may be a password."""
    box.systemd()
    box.token.write_text("an older one")
    done = box.set(text, "--file", str(box.token))
    assert done.code == 2
    assert "does not look like a token of Moodle" in done.err
    assert not text or text not in done.out + done.err
    assert box.token.read_text() == "an older one"
    assert not box.restarted()


@pytest.mark.root
def test_another_user_gets_a_sentence_and_an_exit_code(box: Box) -> None:
    """Before anything is read."""
    box.systemd()
    under = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
    done = box.set(TOKEN, "--file", str(box.token), under=under)
    assert (done.code, done.out) == (5, "")
    assert done.err.startswith("beekeectl: Only root may do that.")
    assert not box.token.exists()
    assert not box.asked.exists()


@pytest.mark.root
def test_what_cannot_be_written_or_started_is_said(box: Box) -> None:
    """With the file that was meant, and systemd's own words."""
    box.systemd(restart='echo "Job for beekeed.service failed." >&2; exit 1')
    done = box.set(TOKEN, "--file", str(box.folder / "nowhere" / "token"))
    assert done.code == 1
    assert "nowhere/token cannot be written: No such file or directory." in " ".join(
        done.err.split()
    )
    assert not box.restarted()
    done = box.set(TOKEN, "--file", str(box.token))
    assert done.code == 1
    assert "but beekeed could not be started again: Job for beekeed.service failed." in " ".join(
        done.err.split()
    )
    assert box.token.read_text() == f"{TOKEN}\n"


def test_the_unit_that_is_shipped_hands_on_that_file() -> None:
    """Where nothing else is said, the token is kept there."""
    assert "LoadCredential=token:/etc/beekeed/token" in SHIPPED.read_text().splitlines()
