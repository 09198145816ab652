"""The README's two commands on a new Debian that has only python3, python3-venv and git."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.world import ROOT

SUITE = "bookworm"
# How this machine reaches apt and PyPI; nothing else of it goes into the new one.
_WAY_OUT = (
    "etc/resolv.conf",
    "etc/hosts",
    "etc/pip.conf",
    "etc/apt/apt.conf.d",
    "etc/ssl/certs/ca-certificates.crt",
)
pytestmark = [pytest.mark.full, pytest.mark.root]


def mirror() -> str:
    """The Debian mirror of this machine's own apt configuration."""
    texts = [file.read_text() for file in Path("/etc/apt/sources.list.d").glob("*.sources")]
    listed = Path("/etc/apt/sources.list")
    texts.append(listed.read_text() if listed.exists() else "")
    for text in texts:
        found = re.search(r"^URIs:\s*(\S+)", text, re.M) or re.search(
            r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)", text, re.M
        )
        if found:
            return found.group(1)
    pytest.fail("no Debian mirror in this machine's apt configuration")


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command and give its output; an error fails the test with it."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    result: subprocess.CompletedProcess[str] = done
    return result


@contextmanager
def machine(folder: Path) -> Iterator[Path]:
    """A new Debian in a folder, with this machine's way to apt and PyPI."""
    root = folder / "root"
    include = "--include=python3,python3-venv,git,ca-certificates"
    run("debootstrap", "--variant=minbase", include, SUITE, str(root), mirror())
    for name in _WAY_OUT:
        here, there = Path("/", name), root / name
        if here.is_dir():
            shutil.copytree(here, there, dirs_exist_ok=True)
        elif here.exists():
            shutil.copy(here, there)
    run("mount", "--bind", str(root), str(root))  # "/" there is a mount point, as anywhere
    try:
        run("mount", "--make-private", str(root))
        for name in ("proc", "sys", "dev"):
            run("mount", "--rbind", f"/{name}", str(root / name))
            run("mount", "--make-rslave", str(root / name))
        yield root
    finally:
        run("umount", "--lazy", "--recursive", str(root))


def inside(root: Path, user: str, command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command there, as a user, with nothing of this machine but its way out."""
    home = "/root" if user == "root" else f"/home/{user}"
    way_out = {
        name: value
        for name, value in os.environ.items()
        if name in ("PIP_CERT", "SSL_CERT_FILE") or name.lower().endswith("_proxy")
    }
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home, "LANG": "C.UTF-8"}
    return run("chroot", f"--userspec={user}", str(root), "sh", "-ec", command,
               env=environment | way_out)  # fmt: skip


def test_both_commands_work_in_a_fresh_clone_on_a_new_machine(tmp_path: Path) -> None:
    """The demo as an ordinary user, the check as root; neither finds anything of this machine."""
    with machine(tmp_path) as root:
        run("git", "clone", "--quiet", "--bare", str(ROOT), str(root / "srv" / "beekeed.git"))
        inside(
            root, "root", "useradd --create-home teacher; git config --system safe.directory '*'"
        )
        clone = "cd; git clone --quiet /srv/beekeed.git; cd beekeed; "
        demo = inside(root, "teacher", f"{clone} ./packaging/demo --once --json")
        shown = json.loads(demo.stdout)
        assert shown["verified"] is True
        assert shown["compared"] > 1000
        check = inside(root, "root", f"{clone} ./packaging/check")
        last = check.stdout.strip().splitlines()[-1]
        assert re.search(r"\d+ passed.* in ", last), last
        assert "failed" not in last
