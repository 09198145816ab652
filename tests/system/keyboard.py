"""beekeectl at a terminal of its own, where somebody types."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.system.world import ROOT

_PATIENCE_SECONDS = 60
_AGAIN_SECONDS = 2
INTERRUPT, END = "\x03", "\x04"
"""Ctrl-C and Ctrl-D."""


class Ended(NamedTuple):
    """How a program ended, and all that was shown, each run of spaces and line ends as one."""

    code: int
    shown: str


class Conversation:
    """One program at a terminal. What it shows is waited for before anything is typed."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        program: Sequence[str] = (sys.executable, "-m", "beekeed.ctl"),
    ) -> None:
        self._ours, theirs = pty.openpty()
        self._child = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *program, *words],
            stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment,
        )  # fmt: skip
        os.close(theirs)
        self._raw = b""
        self._answered = 0  # of what was shown by then
        self._seen = 0

    @property
    def shown(self) -> str:
        """All that was shown until now."""
        return " ".join(self._raw.decode(errors="replace").split())

    @property
    def new(self) -> str:
        """What was shown since something was typed."""
        return self.shown[self._seen :]

    def until(self, text: str) -> str:
        """Wait until a text was shown since something was typed; gives all that was."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while text not in self.new:
            assert time.monotonic() < deadline, f"{text!r} was not shown: {self.shown}"
            assert self._read(), f"it ended without {text!r}: {self.shown}"
        return self.new

    def type(self, question: str, line: str = "") -> str:
        """Wait for a question, and type a line; gives what was shown since the one before."""
        said = self.until(question)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while len(self._raw) <= self._answered or not self._raw.endswith(b": "):
            assert time.monotonic() < deadline, self.shown
            assert self._read(), self.shown
        self._seen, self._answered = len(self.shown), len(self._raw)
        os.write(self._ours, line.encode() + b"\n")
        return said

    def break_off(self, key: str) -> Ended:
        """Press a key that ends it, and wait for its end.

        As people do, it is pressed again where nothing happens: a signal right before the program
        begins to read is noticed when it has read something.
        """
        self._seen = len(self.shown)
        again_at = 0.0
        while self._child.poll() is None:
            if time.monotonic() > again_at:
                os.write(self._ours, key.encode())
                again_at = time.monotonic() + _AGAIN_SECONDS
            self._read(0.1)
        return self.end()

    def end(self) -> Ended:
        """Wait for its end."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._read():
            assert time.monotonic() < deadline, self.shown
        os.close(self._ours)
        return Ended(self._child.wait(20), self.shown)

    def leave(self) -> None:
        """End it, if it has not ended."""
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
            os.close(self._ours)

    def _read(self, seconds: float = 1) -> bool:
        """Take what it shows, within a moment; tells whether there may be more."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return True
        try:
            more = os.read(self._ours, 65536)
        except OSError:  # the terminal's other end is closed: it has ended
            return False
        self._raw += more
        return bool(more)


def typed(
    words: Sequence[str], lines: Sequence[str], environment: Mapping[str, str]
) -> tuple[int, str]:
    """Run it, and type a line each time it asks; gives the exit code and all that was shown."""
    there = Conversation(words, environment)
    for line in lines:
        there.type("", line)
    return there.end()
