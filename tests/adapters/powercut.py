"""What a power cut may leave on a disk: each moment of a program's writes, rebuilt.

strace records what the program wrote to the files of a database and when it had them
flushed. At each moment, what was flushed is there; of what was not, each sector of 512
bytes may be there or not. That files are made and taken away in order is taken for granted,
as on ext4 with its usual journal.
"""

import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.system.world import ROOT

_SECTOR = 512
_TRACED = "openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink,rename,link,close"
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)")
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")


@dataclass(frozen=True)
class Event:
    """One thing that the program did to a file, or said."""

    what: str
    file: str = ""
    at: int = 0
    content: bytes = b""


def record(database: Path, *words: str) -> list[Event]:
    """Run a module with these words, and give what it did to the files of a database."""
    trace = database.with_name("trace")
    subprocess.run(
        [*tracing(trace), sys.executable, "-m", *words],
        check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return events_of(trace, str(database))


def tracing(trace: Path, *options: str) -> list[str]:
    """Give the beginning of a command line whose rest is recorded."""
    of_what = ["-xx", "-s", "70000", "-e", f"trace={_TRACED}"]
    return ["strace", "-f", *options, "-o", str(trace), *of_what]


def events_of(trace: Path, beginning: str) -> list[Event]:
    """Give what was done to the files whose names begin so; a last line may be cut off."""
    return list(_events(_whole_lines(trace.read_text().splitlines()), beginning))


def _whole_lines(lines: Sequence[str]) -> Iterator[str]:
    """Put calls together that another thread came into the middle of; they count at their end."""
    begun: dict[str, str] = {}
    for line in lines:
        thread, _, rest = line.partition(" ")
        rest = rest.strip()
        resumed = _RESUMED.match(rest)
        if rest.endswith(_UNFINISHED):
            begun[thread] = rest.removesuffix(_UNFINISHED)
        elif resumed:
            yield begun.pop(thread, "") + resumed[1]
        else:
            yield rest


def _events(lines: Iterator[str], database: str) -> Iterator[Event]:
    files: dict[int, str] = {}
    for line in lines:
        found = _CALL.match(line)
        if found is None or int(found[3]) < 0:
            continue
        call, arguments, result = found[1], found[2], int(found[3])
        if call == "openat":
            name = _bytes(arguments).decode()
            files.pop(result, None)
            if name.startswith(database) and not name.endswith(("-shm", ".lock")):
                files[result] = name
                if "O_CREAT" in arguments:
                    yield Event("made", name)
        elif call == "unlink":
            name = _bytes(arguments).decode()
            if name.startswith(database):
                yield Event("gone", name)
        elif call in ("rename", "link"):
            source, target = (_bytes(f'"{each}"') for each in arguments.split('"')[1::2])
            if source.decode().startswith(database):
                what = "renamed" if call == "rename" else "linked"
                yield Event(what, source.decode(), content=target)
        else:
            fd = int(arguments.partition(",")[0])
            yield from _on_file(call, arguments, fd, files)


def _on_file(call: str, arguments: str, fd: int, files: dict[int, str]) -> Iterator[Event]:
    if call == "write" and fd == 1:
        yield Event("said", content=_bytes(arguments))
    elif call == "close":
        files.pop(fd, None)
    elif fd in files and call == "pwrite64":
        at = int(arguments.rpartition(",")[2])
        yield Event("written", files[fd], at, _bytes(arguments))
    elif fd in files and call == "ftruncate":
        yield Event("cut", files[fd], int(arguments.rpartition(",")[2]))
    elif fd in files and call in ("fsync", "fdatasync"):
        yield Event("flushed", files[fd])


def _bytes(arguments: str) -> bytes:
    return bytes.fromhex(arguments.split('"')[1].replace("\\x", ""))


@dataclass
class Disk:
    """The files as they surely are, and what is written and not flushed.

    `lies`: it only says that it flushed, and has what was written last in its own memory.
    """

    lies: bool = False
    files: dict[str, bytearray] = field(default_factory=dict)
    pending: list[Event] = field(default_factory=list)

    def do(self, event: Event) -> None:
        """Take in what a program did."""
        match event.what:
            case "made" | "gone":
                self._flush(event.file)
                _apply(self.files, event)
            case "renamed" | "linked":
                self._name(event.file, event.content.decode(), event.what)
            case "written" | "cut":
                self.pending.append(event)
            case "flushed" if not self.lies:
                self._flush(event.file)
        while self.lies and len(self.pending) > 32:
            _apply(self.files, self.pending.pop(0))

    def _name(self, file: str, target: str, what: str) -> None:
        """Give a file another name, or one more; what is not flushed of it goes with it."""
        assert what == "renamed" or not any(each.file == file for each in self.pending)
        self.pending = [
            replace(each, file=target) if each.file == file else each
            for each in self.pending
            if each.file != target
        ]
        content = self.files.pop(file) if what == "renamed" else bytearray(self.files[file])
        self.files[target] = content

    def _flush(self, file: str) -> None:
        for each in self.pending:
            if each.file == file:
                _apply(self.files, each)
        self.pending = [each for each in self.pending if each.file != file]

    def after_a_cut(self, chance: random.Random, kept: float) -> Mapping[str, bytearray]:
        """Give the files with some sectors of what was not flushed."""
        files = {name: bytearray(content) for name, content in self.files.items()}
        for event in self.pending:
            if event.what == "cut":
                if chance.random() < kept:
                    _apply(files, event)
                continue
            for start in range(0, len(event.content), _SECTOR):
                if chance.random() < kept:
                    sector = event.content[start : start + _SECTOR]
                    _apply(files, Event("written", event.file, event.at + start, sector))
        return files


def _apply(files: dict[str, bytearray], event: Event) -> None:
    content = files.setdefault(event.file, bytearray())
    if event.what == "gone":
        del files[event.file]
    elif event.what == "cut":
        del content[event.at :]
        content.extend(bytes(event.at - len(content)))
    elif event.what == "written":
        end = event.at + len(event.content)
        content.extend(bytes(max(0, end - len(content))))
        content[event.at : end] = event.content
