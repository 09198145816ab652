"""Holds the real daemon still at one system call on one file, from outside, by strace."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_PATIENCE_SECONDS = 20
_FOR_EVER = 3_600_000_000  # microseconds; whoever held it lets it go long before


class Frozen:
    """A process that will stop at a call, or stands there."""

    def __init__(self, strace: "subprocess.Popen[str]", output: Path, nth: int) -> None:
        self._strace = strace
        self._output = output
        self._nth = nth

    def wait(self) -> None:
        """Wait until it stands still there: strace writes the call when it has come."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._output.exists() or self._calls() < self._nth:
            assert time.monotonic() < deadline, "the call never came"
            time.sleep(0.005)

    def _calls(self) -> int:
        """Count the calls that have come; one line may be torn in two by another thread's."""
        return self._output.read_text().count("(")

    def let_go(self) -> None:
        """Let it go on with the call; one that was killed ends.

        Strace is killed: it would wait for threads of a dead process that wait for it.
        """
        self._strace.kill()
        self._strace.wait(_PATIENCE_SECONDS)


@contextmanager
def frozen(pid: int, file: Path, call: str, *, done: bool, nth: int = 1) -> Iterator[Frozen]:
    """Have a process stop at its next call of a kind on a file, or the nth; then it goes on.

    `done`: when the call is done; else before it does anything. Only the thread that
    makes the call stands still.
    """
    where = "delay_exit" if done else "delay_enter"
    folder = TemporaryDirectory()
    output = Path(folder.name) / "calls"
    strace = subprocess.Popen(
        ["strace", "-f", "-p", str(pid), "-P", str(file), "-o", str(output),
         "-e", f"trace={call}", "-e", f"inject={call}:{where}={_FOR_EVER}:when={nth}"],
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    held = Frozen(strace, output, nth)
    try:
        assert strace.stderr is not None
        said = strace.stderr.readline()
        assert "attached" in said, said
        yield held
    finally:
        held.let_go()
        assert strace.stderr is not None
        strace.stderr.close()
        folder.cleanup()
