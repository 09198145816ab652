"""A program that runs under beekeed-page.service's sandbox: tries whom it can reach, and what it
can read. Prints one line of JSON: what was found, or the name of the error."""

import errno
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def tried(what: Callable[[], Any]) -> Any:
    """Give what something gives, or how it fails."""
    try:
        return what()
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def reached(family: int, address: object) -> str:
    """Connect to something."""
    with socket.socket(family) as made:
        made.connect(address)  # type: ignore[arg-type]
        return "reached"


def interfaces() -> list[str]:
    """Name the network interfaces that are there."""
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    return [line.partition(":")[0].strip() for line in lines]


FOUND = {
    "page.sock": tried(lambda: reached(socket.AF_UNIX, "/run/beekeed-page/page.sock")),
    "control.sock": tried(lambda: reached(socket.AF_UNIX, "/run/beekeed/control.sock")),
    "online Moodle": tried(lambda: reached(socket.AF_INET, ("127.0.0.1", int(sys.argv[1])))),
    "IPv6": tried(lambda: reached(socket.AF_INET6, ("::1", int(sys.argv[1])))),
    "netlink": tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()),
    "interfaces": tried(interfaces),
    "settings": tried(lambda: "[online]" in Path("/etc/beekeed/beekeed.toml").read_text()),
    "token": tried(lambda: Path("/etc/beekeed/token").read_text()),
    "state": tried(lambda: sorted(Path("/var/lib/beekeed").iterdir())),
    "writes to /etc": tried(lambda: Path("/etc/tried").write_text("")),
}
print(json.dumps(FOUND))
