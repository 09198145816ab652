"""The mails about syncs: what is kept of them, and what the control API sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beekeed.core.mail import Mailing, MailState, Series, Told
from beekeed.core.model import Bytes, Reason
from beekeed.ports.link import Line


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: the run that it is about, and what became of it.

    `token`: makes its Message-ID, with the run's Sync Event ID. `over`: the series of
    failures that the run ended. `ended_at`: when it was sent, given up or dropped.
    """

    run_id: int
    event_id: str
    token: str
    state: MailState
    over: Series | None = None
    ended_at: datetime | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was last wrong with sending, and when."""

    reason: Reason
    at: datetime


class MailBook(Protocol):
    """Keeps which runs are mailed, and what became of each mail."""

    async def unseen(self) -> Sequence[tuple[int, str]]:
        """List the runs that ended and were not judged yet, oldest first: number and ID."""
        ...

    async def series(self) -> Series | None:
        """Give the series of failures that goes on."""
        ...

    async def judge(self, run_id: int, told: Told, now: datetime) -> None:
        """Write down, at once, what is told of a run, and that it was judged.

        Where more mails wait then than may, the oldest is dropped.
        """
        ...

    async def clear(self) -> None:
        """Forget what waits and what failed: no mail is wanted. Runs that ended are judged."""
        ...

    async def waiting(self) -> Sequence[Mail]:
        """List the mails that wait, oldest first."""
        ...

    async def untold(self) -> int:
        """Count the mails that were dropped and of which no mail told."""
        ...

    async def sent(self, run_id: int, now: datetime) -> None:
        """Note that a mail was taken by the server, with all that `untold` counted."""
        ...

    async def given_up(self, run_id: int, reason: Reason, now: datetime) -> None:
        """Note that the server refused a mail for good."""
        ...

    async def trouble(self) -> Trouble | None:
        """Tell what is wrong with sending, if anything is."""
        ...

    async def note_trouble(self, reason: Reason | None, now: datetime) -> None:
        """Note what is wrong with sending; None: nothing is."""
        ...

    async def state(self, event_id: str) -> MailState | None:
        """Tell what became of the mail about a run; None where there is none."""
        ...

    async def recent(self, limit: int) -> Sequence[Mail]:
        """List the latest mails, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test message: the server's answer, and what it cost."""

    answer: str
    spent: Bytes


class MailLine(Line, Protocol):
    """A line for one connection to the mail server."""

    def spent(self) -> Bytes:
        """Give what it cost; final after `close`."""
        ...


class Mailer(Protocol):
    """What sends the mails."""

    def mailing(self) -> Mailing:
        """Give what the settings say now."""
        ...

    def warning(self) -> Reason | None:
        """Tell what is not as it should be in the settings of mail; nothing is tried."""
        ...

    async def test(self) -> Tried:
        """Send a test message now. Raises BeekeedError where it did not go through."""
        ...
