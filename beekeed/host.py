"""What machine this is and how it is doing, for support. Nothing of it names anybody."""

import hashlib
import os
import platform
import resource
import shutil
import sqlite3
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import psutil

_LIBRARIES = (
    *("aiohttp", "aiosmtplib", "aiosqlite", "dbus-fast", "msgspec", "prometheus-client"),
    *("psutil", "psycopg", "pymysql", "sdnotify"),
)
_MODEL = Path("/proc/device-tree/model")
_SERIAL = Path("/proc/device-tree/serial-number")  # of a Raspberry Pi: a copied card has it not
_MACHINE_ID = Path("/etc/machine-id")


def facts(state_directory: Path) -> Mapping[str, str | int]:
    """Give them by name: versions, load, memory, and the disk of our state directory."""
    disk = shutil.disk_usage(state_directory)
    return {
        "model": _model(),
        "system": _system(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processors": os.cpu_count() or 0,
        "load_percent": round(100 * os.getloadavg()[1]),
        **_memory(),
        "own_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "disk_bytes": disk.total,
        "disk_free_bytes": disk.free,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **_libraries(),
    }


def digest() -> str:
    """Tell this machine from others, and nothing of it: by its board's number and its system's.

    machine-id(5) asks not to show the latter as it is. Empty: it has neither.
    """
    numbers = [_text(each) for each in (_MACHINE_ID, _SERIAL)]
    return (
        hashlib.sha256("/".join(("beekeed", *numbers)).encode()).hexdigest() if any(numbers) else ""
    )


def _text(path: Path) -> str:
    try:
        return path.read_text().strip("\0\n")
    except (OSError, UnicodeDecodeError):
        return ""


def _model() -> str:
    return _text(_MODEL)  # only boards have it


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return ""


def _memory() -> dict[str, int]:
    memory = psutil.virtual_memory()
    return {"memory_bytes": memory.total, "memory_free_bytes": memory.available}


def _libraries() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "none"
    return found
