"""How set-up gets its answers: one interface; here from whoever types at a terminal."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from beekeed.client import Refused
from beekeed.ctl.language import _
from beekeed.ctl.terminal import Terminal

Answer = TypeVar("Answer")


class Wrong(ValueError):
    """Why an answer cannot be taken, in the reader's language.

    `better`: what may have been meant; it is offered then.
    """

    def __init__(self, why: str, better: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.better = better


class Answers(Protocol):
    """Where answers come from. `key`: the name of one in a file, as `section.key`."""

    @property
    def is_typed(self) -> bool:
        """Whether somebody is there who can be asked again, or told to do something."""
        ...

    def ask(
        self, key: str, question: str, read: Callable[[str], Answer], offered: str = ""
    ) -> Answer:
        """Ask for a text; `read` makes the answer of it, or raises Wrong. May raise Refused."""
        ...

    def ask_secret(
        self,
        key: str,
        question: str,
        read: Callable[[str], Answer],
        *,
        twice: bool = False,
        words: Sequence[str] = (),
    ) -> Answer:
        """Ask for something that is not shown; `twice` where nobody could see a slip.

        `words` stand for something else and are typed once.
        """
        ...

    def choose(self, key: str, options: Mapping[str, str], offered: str) -> str:
        """Ask which of several; gives its name."""
        ...


class Typed:
    """See Answers: somebody types."""

    is_typed = True

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def ask(
        self, key: str, question: str, read: Callable[[str], Answer], offered: str = ""
    ) -> Answer:
        """See Answers. Enter takes what is offered."""
        while True:
            prompt = f"{question} [{offered}]" if offered else question
            try:
                return read(_line(input, prompt) or offered)
            except Wrong as wrong:
                self._terminal.line(wrong.why)
                offered = wrong.better or offered

    def ask_secret(
        self,
        key: str,
        question: str,
        read: Callable[[str], Answer],
        *,
        twice: bool = False,
        words: Sequence[str] = (),
    ) -> Answer:
        """See Answers. Nothing of it is shown, not even how long it is."""
        from getpass import getpass  # needed here only

        while True:
            try:
                text = _line(getpass, question)
                found = read(text)
            except Wrong as wrong:
                self._terminal.line(wrong.why)
                continue
            if (
                text not in ("", *words)
                and twice
                and getpass(_("The same again: ")).strip() != text
            ):
                self._terminal.line(_("The two are not the same. Try it again."))
                continue
            return found

    def choose(self, key: str, options: Mapping[str, str], offered: str) -> str:
        """See Answers. They are numbered; Enter takes what is offered."""
        names = list(options)
        for number, text in enumerate(options.values(), 1):
            self._terminal.line(f"{number}  {text}", indent=3)

        def read(text: str) -> str:
            if text.isascii() and text.isdigit() and 1 <= int(text) <= len(names):
                return names[int(text) - 1]
            raise Wrong(_("Type a number from 1 to {last}.", last=len(names)))

        return self.ask(key, _("Your choice"), read, str(names.index(offered) + 1))


def _line(reads: Callable[[str], str], prompt: str) -> str:
    """Read one line. Raises Wrong for what is no text in this terminal's language."""
    try:
        return reads(_("{name}:", name=prompt) + " ").strip()
    except UnicodeDecodeError as error:
        raise Wrong(_("That could not be read; type it again.")) from error


def at_terminal(terminal: Terminal) -> Typed:
    """Give who types. Raises Refused NO_TERMINAL where nobody can."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused("no_terminal", {})
    return Typed(terminal)
