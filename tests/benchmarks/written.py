"""What processes write into files of a folder, and how often they have it flushed, by strace.

It counts what programs ask for, so that it is the same on every file system; what then reaches
a disk, in whole pages, is what `tests.process` reads.
"""

import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

_WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2")
_FLUSHES = ("fsync", "fdatasync", "sync_file_range", "msync")
_CALL = re.compile(r"(\w+)\(\d+<([^>]*)>(?:, \"\"\.*, (\d+))?")
_PATIENCE_SECONDS = 20


@dataclass
class Written:
    """What was counted, once it is over."""

    bytes: int = 0
    writes: int = 0
    flushes: int = 0

    def count(self, lines: Iterable[str], folder: str) -> None:
        """Count calls; one that another came into the middle of stands with all it was given."""
        for call, file, length in (found.groups() for found in map(_CALL.search, lines) if found):
            if file.startswith(folder):
                assert length or call in _FLUSHES, f"{call} is not understood"
                self.flushes += call in _FLUSHES
                self.writes += call in _WRITES
                self.bytes += int(length or 0)


@contextmanager
def writing(pids: Iterable[int], folder: Path) -> Iterator[Written]:
    """Count what processes, and who they start, write into a folder until the body ends."""
    made = Written()
    with TemporaryDirectory() as place:
        output = Path(place, "calls")
        which = [word for pid in pids for word in ("-p", str(pid))]
        strace = subprocess.Popen(
            ["strace", "-f", "-y", "-s", "0", "-o", str(output),
             "-e", f"trace={','.join((*_WRITES, *_FLUSHES))}", *which],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert strace.stderr is not None
        with strace.stderr as said:
            line = said.readline()
            assert "attached" in line, line
            yield made
            strace.terminate()
            strace.wait(_PATIENCE_SECONDS)
        made.count(output.read_text().splitlines(), f"{folder}/")
