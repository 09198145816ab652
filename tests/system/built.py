"""Debian packages of beekeed, and Debian systems to put them on."""

import subprocess
import sys
from pathlib import Path

from tests.system.world import ROOT

_NEEDED = "systemd,python3,ca-certificates,procps,dbus,iproute2"


def build(folder: Path, *words: str) -> Path:
    """Build a package."""
    program = str(ROOT / "packaging/deb.py")
    done = subprocess.run([sys.executable, program, str(folder), "--quick", *words],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


def debian(folder: Path, release: str, *words: str) -> Path:
    """Make a Debian system; `words`: more for debootstrap."""
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={_NEEDED}", *words, release, str(folder),
         _mirror()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-3000:]
    return folder


def _mirror() -> str:
    """Where this machine's apt has Debian from."""
    told = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    return next(line for line in told.stdout.splitlines() if line.rstrip("/").endswith("/debian"))
