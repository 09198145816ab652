"""What machine this is and how it is doing, for support. Nothing of it names anybody."""

import os
import platform
import resource
import shutil
import sqlite3
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

_LIBRARIES = (
    *("aiohttp", "aiosmtplib", "aiosqlite", "dbus-fast", "msgspec", "prometheus-client"),
    *("psutil", "psycopg", "pymysql", "sdnotify"),
)
_MODEL = Path("/proc/device-tree/model")
_MEMORY = {"MemTotal": "memory_bytes", "MemAvailable": "memory_free_bytes"}


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


def _model() -> str:
    try:
        return _MODEL.read_text().strip("\0\n")
    except OSError:  # only boards have it
        return ""


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return ""


def _memory() -> dict[str, int]:
    """Read the kernel's count of memory (proc_meminfo(5), in kB)."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    words = [line.split() for line in lines]
    return {_MEMORY[each[0][:-1]]: int(each[1]) * 1024 for each in words if each[0][:-1] in _MEMORY}


def _libraries() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "none"
    return found
