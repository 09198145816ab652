"""What set-up did: told as it goes on, and kept for the end, or for a program."""

from collections.abc import Mapping, Sequence
from typing import Any

from beekeed.ctl.language import _
from beekeed.ctl.terminal import Terminal


class Record:
    """What was done at each step, and what is left to do."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._quiet = terminal.as_json
        self._steps: list[dict[str, Any]] = []
        self._left: list[tuple[str, str, Sequence[str]]] = []

    def title(self, number: int, text: str) -> None:
        """Say which step begins."""
        if not self._quiet:
            self._terminal.line()
            self._terminal.line(f"{number}. {text}")

    def say(self, text: str) -> None:
        """Tell whoever sits there something."""
        if not self._quiet:
            self._terminal.line(text, indent=3)

    def as_it_is(self, text: str) -> None:
        """Show something that is copied: a line of it stays one."""
        if not self._quiet:
            print(f"   {text}")

    def reason(self, code: str, params: Mapping[str, Any]) -> None:
        """Say what happened and what to do."""
        if not self._quiet:
            self._terminal.reason({"code": code, "params": params}, indent=3)

    def done(self, step: str, **facts: Any) -> None:
        """Note what a step did: for programs, so no secret is among it."""
        self._steps = [each for each in self._steps if each["step"] != step]
        self._steps.append({"step": step, **facts})

    def later(self, step: str, text: str, codes: Sequence[str] = ()) -> None:
        """Note what somebody still has to do, once."""
        self.settled(step)
        self._left.append((step, text, codes))

    def settled(self, step: str) -> None:
        """Note that nothing is left to do of a step."""
        self._left = [each for each in self._left if each[0] != step]

    def as_json(self, error: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Give all of it for a program."""
        left = [{"step": step, "codes": list(codes)} for step, _text, codes in self._left]
        told: dict[str, Any] = {"schema": "beekeed.setup/1", "steps": self._steps, "left": left}
        return told if error is None else told | {"error": error}

    def print_left(self) -> None:
        """Say what is left to do, or that nothing is."""
        if not self._left:
            self._terminal.line(_("Nothing is left to do: this box synchronizes."))
            return
        self._terminal.line(_("Still to do:"))
        for _step, text, _codes in self._left:
            self._terminal.line(f"- {text}", indent=2)
