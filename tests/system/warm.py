"""Programs of ours that start from a process which has imported them, as that is most of a start.

Only what Python would import anyway is there already; the program is run as `python -m` runs it,
in a process of its own: the interpreter begins and ends as usual, from a fork. What needs an
environment, a namespace or a program around it of its own starts from nothing: see
`tests.system.world`.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
IMPORTED = "beekeed.daemon", "beekeed.sandbox.online", "beekeed.ctl", "beekeed.page.server"
_LARGEST_BYTES = 65536
_STREAMS = 3


@dataclass(frozen=True)
class Program:
    """A module of ours, what follows its name, where, and in which time zone."""

    module: str
    words: Sequence[str]
    folder: str
    zone: str | None


class Warm:
    """The process that has imported everything. Ends with whoever started it.

    `environment`: what each program has that is started from it, but for its time zone.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._lock = threading.Lock()  # whoever asks two things at once has threads
        self._line: socket.socket | None = None

    def start(self, program: Program, streams: Sequence[int]) -> "Started":
        """Start a program; `streams`: its standard input, output and error, as descriptors."""
        ended, ending = os.pipe()
        try:
            with self._lock:
                line = self._running()
                socket.send_fds(line, [json.dumps(asdict(program)).encode()], [*streams, ending])
                pid = int(line.recv(_LARGEST_BYTES))
        finally:
            os.close(ending)
        return Started(program, pid, ended)

    def _running(self) -> socket.socket:
        """Start the process when it is first needed."""
        if self._line is None:
            self._line, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with there:
                process = subprocess.Popen(
                    [sys.executable, "-m", "tests.system.warm", str(there.fileno())],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[there.fileno()],
                    cwd=ROOT, env=self.environment,
                )  # fmt: skip
            atexit.register(_end, self._line, process)
        return self._line


def _end(line: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    line.close()
    process.wait()


class Started(subprocess.Popen[str]):
    """A program that was started so: another process's child, of whose end a pipe tells."""

    def __init__(self, program: Program, pid: int, ended: int) -> None:
        self.args = [program.module, *program.words]
        self.stdin = self.stdout = self.stderr = None
        self.pid = pid
        self.returncode: int | None = None
        self._ended = os.fdopen(ended)

    def poll(self) -> int | None:
        """See Popen."""
        return self._told(0)

    def wait(self, timeout: float | None = None) -> int:
        """See Popen."""
        code = self._told(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def _told(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._ended], [], [], seconds)[0]:
            self.returncode = int(self._ended.read())
            self._ended.close()
        return self.returncode


def serve(line: socket.socket) -> Program:
    """Fork for each program that is asked for: gives it there, and never where it came from."""
    awake, waker = socket.socketpair()
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno())
    endings: dict[int, int] = {}
    while True:
        ready = select.select([line, awake], [], [])[0]
        if awake in ready:
            awake.recv(_LARGEST_BYTES)
            _tell_ends(endings)
        if line in ready:
            asked, descriptors, *_ = socket.recv_fds(line, _LARGEST_BYTES, _STREAMS + 1)
            if not asked:
                sys.exit()
            *streams, ending = descriptors
            if not (pid := os.fork()):
                return _begin(Program(**json.loads(asked)), streams)
            endings[pid] = ending
            for each in streams:
                os.close(each)
            line.send(str(pid).encode())


def _tell_ends(endings: dict[int, int]) -> None:
    for pid in [*endings]:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            ending = endings.pop(pid)
            os.write(ending, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(ending)


def _begin(program: Program, streams: Sequence[int]) -> Program:
    """Leave behind what the process had that this one came from."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, each in enumerate(streams):
        os.dup2(each, number)
    os.closerange(_STREAMS, os.sysconf("SC_OPEN_MAX"))
    os.chdir(program.folder)
    if program.zone is not None:
        os.environ["TZ"] = program.zone
        time.tzset()
    return program


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    program = serve(socket.socket(fileno=int(sys.argv[1])))
    sys.argv[1:] = program.words
    runpy.run_module(program.module, run_name="__main__", alter_sys=True)
