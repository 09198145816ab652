"""A program that runs under beekeed.service's sandbox: tries what beekeed needs, and what it must
not have. Prints one line of JSON: what was found, or the name of the error."""

import asyncio
import errno
import json
import os
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from beekeed.link import bus


def tried(what: Callable[[], Any]) -> Any:
    """Give what something gives, or how it fails."""
    try:
        return what()
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def tcp_info(port: int) -> int:
    """Connect, and give the length of what the kernel tells of the connection."""
    with socket.create_connection(("127.0.0.1", port)) as made:
        return len(made.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256))


def netlink() -> str:
    """Ask for what changes at the links, addresses and routes."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as made:
        made.bind((0, 0x1 | 0x10 | 0x40))
        return "bound"


def ipv6() -> str:
    """Reach ourselves by IPv6."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as there:
        socket.create_connection(there.getsockname()[:2]).close()
        return "reached"


def wal() -> str:
    """Write to a database as ours is."""
    with sqlite3.connect("/tmp/tried.sqlite") as made:
        mode = made.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        made.execute("CREATE TABLE one (a)")
        return str(mode)


def credential() -> str:
    """Read what systemd hands on, and its mode."""
    file = Path(os.environ["CREDENTIALS_DIRECTORY"], "token")
    return f"{len(file.read_text().strip())} characters, {file.stat().st_mode & 0o007:o} for others"


def timedated() -> bool | None:
    """Ask over D-Bus whether a time server tells the time; None: nobody answers."""
    name = "org.freedesktop.timedate1"
    path = "/org/freedesktop/timedate1"
    said = asyncio.run(
        bus.ask(name, path, "Get", name, "NTPSynchronized", seconds=20, starts=False)
    )
    return None if said is None else bool(said.value)


FOUND = {
    "timedated": tried(timedated),
    "counters": tried(lambda: psutil.net_io_counters(pernic=True)["lo"].bytes_sent >= 0),
    "addresses": tried(lambda: sorted({each.address for each in psutil.net_if_addrs()["lo"]})),
    "memory": tried(lambda: psutil.virtual_memory().total > 0),
    "uptime": tried(lambda: 0 < psutil.boot_time() < time.time()),
    "retransmissions": tried(lambda: "TcpExt:" in Path("/proc/self/net/netstat").read_text()),
    "boot id": tried(lambda: len(Path("/proc/sys/kernel/random/boot_id").read_text())),
    "free room": tried(lambda: os.statvfs("/var/lib/beekeed").f_bavail > 0),
    "tcp_info": tried(lambda: tcp_info(int(sys.argv[1]))),
    "netlink": tried(netlink),
    "ipv6": tried(ipv6),
    "wal": tried(wal),
    "credential": tried(credential),
    "config.php": tried(lambda: Path("/var/www/moodle/config.php").read_text().strip()),
    "timesync": tried(lambda: Path("/run/systemd/timesync/synchronized").stat().st_size),
    "timesync clock": tried(lambda: Path("/var/lib/systemd/timesync/clock").stat().st_size),
    "token file": tried(lambda: Path("/etc/beekeed/token").read_text()),
    "homes": tried(lambda: sorted(Path("/root").iterdir())),
    "writes to /etc": tried(lambda: Path("/etc/beekeed/tried").write_text("")),
    "sets the clock": tried(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time())),
    "gives away": tried(lambda: shutil.chown("/tmp/tried.sqlite", group=33)),
    "raw socket": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()),
    "others' processes": sum(each.name.isdecimal() for each in Path("/proc").iterdir()) - 1,
    "groups": sorted(os.getgroups()),
    "nice": os.getpriority(os.PRIO_PROCESS, 0),
}
print(json.dumps(FOUND))
