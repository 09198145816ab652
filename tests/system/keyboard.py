"""beekeectl at a terminal of its own, where somebody types."""

import os
import pty
import subprocess
import sys
from collections.abc import Mapping, Sequence

from tests.system.world import ROOT


def typed(
    words: Sequence[str], lines: Sequence[str], environment: Mapping[str, str]
) -> tuple[int, str]:
    """Run it, and type a line each time it asks; gives the exit code and all that was shown."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        ["setsid", "--ctty", "--wait", sys.executable, "-m", "beekeed.ctl", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    for line in lines:
        while not shown.endswith(b": "):  # it asks
            shown += os.read(ours, 1000)
        os.write(ours, line.encode() + b"\n")
        shown += os.read(ours, 1000)
    try:
        while more := os.read(ours, 1000):
            shown += more
    except OSError:  # the terminal's other end is closed: it has ended
        pass
    os.close(ours)
    return child.wait(20), shown.decode()
