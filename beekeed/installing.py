"""`beekeed install-units`: what a Debian package does for a box, where beekeed came with pip."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from beekeed.errors import BeekeedError, Code

_PROGRAMS = ("beekeed", "beekeectl", "beekeed-page")
_PACKAGED = Path("usr/lib/systemd/system/beekeed.service")
_SETTINGS = Path("etc/beekeed/beekeed.toml")
_HOMES = tuple(Path(each) for each in ("/home", "/root", "/run/user"))  # of ProtectHome=


def install_units(root: Path) -> list[Path]:
    """Put the units, the user, the folder of page.sock and the settings in place; gives the files.

    The units start the programs of this very environment, which are put on everybody's path.
    Settings that are there stay as they are; nothing is started. `root`: / unless the files are
    for another system. Raises BeekeedError NOT_ROOT, PACKAGE_INSTALLED, PROGRAMS_IN_A_HOME or
    FILE_NOT_WRITTEN.
    """
    if os.geteuid() != 0:
        raise BeekeedError(Code.NOT_ROOT)
    if (root / _PACKAGED).exists():
        raise BeekeedError(Code.PACKAGE_INSTALLED)
    programs = Path(sys.executable).parent
    if any(home in programs.parents for home in _HOMES):
        raise BeekeedError(Code.PROGRAMS_IN_A_HOME, path=str(programs))
    try:
        placed = _place(root, programs)
    except OSError as error:
        raise BeekeedError(
            Code.FILE_NOT_WRITTEN, path=str(error.filename), detail=error.strerror or str(error)
        ) from error
    if root == Path("/"):
        for command in (
            ["systemd-sysusers", "beekeed.conf"],
            ["systemd-tmpfiles", "--create", "beekeed.conf"],
            ["systemctl", "daemon-reload"],
        ):
            _run(command)
    return placed


def _place(root: Path, programs: Path) -> list[Path]:
    shipped = _shipped()
    placed = []
    for source in sorted((shipped / "systemd").glob("*.s*")):
        if source.is_file():
            text = re.sub(r"(?m)^ExecStart=/usr/bin/", f"ExecStart={programs}/", source.read_text())
            placed.append(_write(root / "etc/systemd/system" / source.name, text))
    for kind in ("sysusers.d", "tmpfiles.d"):
        text = (shipped / "systemd" / kind / "beekeed.conf").read_text()
        placed.append(_write(root / "etc" / kind / "beekeed.conf", text))
    settings = root / _SETTINGS
    if not settings.exists():
        placed.append(_write(settings, (shipped / "config/beekeed.toml").read_text()))
    for name in _PROGRAMS:
        link = root / "usr/local/bin" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(programs / name)
        placed.append(link)
    return placed


def _shipped() -> Path:
    """Where the files are that come with the programs: in the wheel, or in a working copy."""
    here = Path(__file__).parent
    return here / "shipped" if (here / "shipped").exists() else here.parent


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o644)
    return path


def _run(command: list[str]) -> None:
    """Run a program of systemd's, where there is one; what it says is shown."""
    if shutil.which(command[0]):
        subprocess.run(command, check=False)  # noqa: S603 - constants
