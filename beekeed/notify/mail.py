"""The mails about syncs: decided and written down when a run ends, sent while the line is there.

Rule: no connection of its own but after a run, and none while nothing waits. After each run,
whatever came of it, what waits is sent where the kernel shows a way to the mail server, unless
the server failed lately: then it is left alone for a quarter of an hour, and twice as long
after each failure, up to a day. A start sends nothing: it only makes up for what was not
decided before it. What was accepted is noted before anything else; where the process dies in
between, the mail goes out again, with the same Message-ID, as SMTP cannot know better.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from beekeed.clock import Clock
from beekeed.core import mail
from beekeed.core.mail import Mailing, Notify, Ran
from beekeed.core.model import Reason
from beekeed.core.step import Verdict
from beekeed.errors import BeekeedError, Code, ConfigError, LinkDown, RemoteRefused, StoreBroken
from beekeed.notify.content import Place, of_run, of_test
from beekeed.notify.letter import Letter, wrong_address
from beekeed.notify.smtp import Connection, connection
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.ledger import Ledger
from beekeed.ports.mail import Mail, MailBook, MailLine, Tried
from beekeed.ports.stores import History, RunDetails
from beekeed.say import language_of

log = logging.getLogger(__name__)


class RunMailer:
    """See ports.Mailer. Runs beside the syncs, so that a slow mail server holds none up.

    `mailing`: what the settings say now. `open_line`: gives a line for one connection.
    `is_up`: whether the kernel shows a way to a host.
    """

    def __init__(
        self,
        *,
        book: MailBook,
        history: History,
        mailing: Callable[[], Mailing],
        password: Callable[[], str],
        place: Callable[[], Awaitable[Place]],
        open_line: Callable[[Mailing], MailLine],
        is_up: Callable[[str], bool],
        ledger: Ledger,
        trust: ClockTrust,
        clock: Clock,
    ) -> None:
        self._book = book
        self._history = history
        self.mailing = mailing
        self._password = password
        self._place = place
        self._open_line = open_line
        self._is_up = is_up
        self._ledger = ledger
        self._trust = trust
        self._clock = clock
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()
        self._stopping = False
        self._rests = False
        self._rounds = 0
        self._failures = 0
        self._not_before = 0.0
        self._failed_with: Mailing | None = None

    async def run(self) -> None:
        """Tend the mails each time that `wake` is called, until `stop`. Raises StoreBroken."""
        await self._judge_runs()
        while True:
            self._rests = True
            await self._woken.wait()
            self._rests = False
            self._rounds += 1
            self._woken.clear()
            await self.tend()
            if self._stopping:
                return

    async def tend(self) -> None:
        """Judge the runs that ended, and send what waits where that may be now."""
        await self._judge_runs()
        if not self._stopping:
            await self._send_waiting()

    def wake(self) -> None:
        """Note that a run ended."""
        self._woken.set()

    def stop(self) -> None:
        """End `run`: a mail under way is settled, none is begun, and runs that ended are judged."""
        self._stopping = True
        self._woken.set()

    def sign(self) -> int | None:
        """Give a sign of life: another value each time that it is woken, None while it waits."""
        return None if self._rests else self._rounds

    def warning(self) -> Reason | None:
        """See ports.Mailer."""
        mailing = self.mailing()
        if mailing.notify is Notify.OFF and not mailing.server:
            return None
        try:
            _check(mailing)
            if mailing.user:
                self._password()
        except BeekeedError as error:
            return _reason(error)
        return Reason(Code.MAIL_EXPOSED, {"server": mailing.server}) if mailing.is_exposed else None

    async def test(self) -> Tried:
        """See ports.Mailer. One that goes through ends the time that the server is left alone."""
        mailing = self.mailing()
        _check(mailing)
        now = self._clock.now()
        content = of_test(await self._place(), language_of(mailing.language))
        letter = Letter(content, mailing, f"test.{int(now.timestamp())}", self._dated(now))
        line = self._open_line(mailing)
        async with self._turn:
            try:
                async with self._server(mailing, line) as server:
                    answer = await server.send(letter, taken=self._went_well, is_last=True)
            except StoreBroken:
                raise
            except BeekeedError as error:
                await self._book.note_trouble(_reason(error), now)
                raise
        return Tried(answer, line.spent())

    async def _went_well(self) -> None:
        self._failures, self._not_before = 0, 0.0
        await self._book.note_trouble(None, self._clock.now())

    async def _judge_runs(self) -> None:
        """Decide for each run that ended since whether it is mailed, and write that down."""
        notify = self.mailing().notify
        if notify is Notify.OFF:
            await self._book.clear()
            return
        for run_id, event_id in await self._book.unseen():
            details = await self._history.details(event_id)
            if details is not None:
                told = mail.told(_ran(details), await self._book.series(), notify)
                await self._book.judge(run_id, told, self._clock.now())

    async def _send_waiting(self) -> None:
        """Send what waits, oldest first, where that may be now. Raises StoreBroken."""
        mailing = self.mailing()
        waiting = await self._book.waiting()
        if not waiting or not self._is_due(mailing):
            return
        async with self._turn:
            try:
                await self._send_all(mailing, waiting)
            except StoreBroken:
                raise
            except BeekeedError as error:
                await self._failed(mailing, error)

    def _is_due(self, mailing: Mailing) -> bool:
        """Tell whether the server may be tried: at once where the settings are others by now."""
        is_left_alone = self._clock.monotonic() < self._not_before
        if is_left_alone and self._failed_with == mailing:
            return False
        return not mailing.server or self._is_up(mailing.server)

    async def _send_all(self, mailing: Mailing, waiting: Sequence[Mail]) -> None:
        """Send one after the other; the rest waits once the settings are others by now."""
        _check(mailing)
        await self._check_reserve()
        async with self._server(mailing, self._open_line(mailing)) as server:
            for each in waiting:
                if self._stopping or self.mailing() != mailing:
                    return
                await self._check_reserve()
                await self._send(server, mailing, each, is_last=each is waiting[-1])

    async def _check_reserve(self) -> None:
        """Raise LinkDown where all that is left of the limit is not for what may wait."""
        if await self._ledger.left(extra=True) == 0 and await self._ledger.left() != 0:
            raise LinkDown(Code.LIMIT_RESERVED)

    def _server(self, mailing: Mailing, line: MailLine) -> AbstractAsyncContextManager[Connection]:
        return connection(mailing, line=line, password=self._password, trust=self._trust)

    async def _send(
        self, server: Connection, mailing: Mailing, each: Mail, *, is_last: bool
    ) -> None:
        details = await self._history.details(each.event_id)
        assert details is not None  # noqa: S101 - runs are kept, and each mail has one
        content = of_run(
            details,
            place=await self._place(),
            mailing=mailing,
            over=each.over,
            dropped=await self._book.untold(),
        )
        run = details.run
        at = run.ended_at if run.clock_trusted else None

        async def taken() -> None:
            await self._book.sent(each.run_id, self._clock.now())
            self._failures, self._not_before = 0, 0.0

        letter = Letter(content, mailing, f"{each.event_id}.{each.token}", at)
        try:
            await server.send(letter, taken=taken, is_last=is_last)
        except RemoteRefused as error:
            await self._book.given_up(each.run_id, _reason(error), self._clock.now())
            raise
        log.info("the mail about sync %s was sent", each.event_id)

    async def _failed(self, mailing: Mailing, error: BeekeedError) -> None:
        """Note what is wrong with sending; a server that was tried is left alone for a while."""
        log.info("a mail could not be sent: %s", error.code)
        await self._book.note_trouble(_reason(error), self._clock.now())
        if error.code not in _NOT_TRIED:
            self._failures += 1
            wait = mail.longest_wait_seconds(self._failures)
            self._not_before = self._clock.monotonic() + wait
            self._failed_with = mailing

    def _dated(self, moment: datetime) -> datetime | None:
        return moment if self._trust.is_trusted() else None


_NOT_TRIED = frozenset(
    {
        Code.LIMIT_REACHED,
        Code.LIMIT_PACED,
        Code.LIMIT_RESERVED,
        Code.MAIL_NOT_SET_UP,
        Code.MAIL_ADDRESS_WRONG,
        Code.MAIL_PASSWORD_EXPOSED,
    }
)
"""Troubles at home, which cost the server nothing."""


def _check(mailing: Mailing) -> None:
    """Raise ConfigError where no mail can be sent with some settings."""
    if (key := mailing.lacking) is not None:
        raise ConfigError(Code.MAIL_NOT_SET_UP, key=key)
    if (address := wrong_address(mailing)) is not None:
        raise ConfigError(Code.MAIL_ADDRESS_WRONG, address=address)
    if mailing.user and mailing.is_exposed:
        raise ConfigError(Code.MAIL_PASSWORD_EXPOSED, server=mailing.server)


def _reason(error: BeekeedError) -> Reason:
    return Reason(error.code, error.params)


def _ran(details: RunDetails) -> Ran:
    """Give what decides whether a run is mailed."""
    run = details.run
    reasons = [run.reason, *(each.left_out for each in details.courses)]
    reasons += [each.reason for each in details.actions if each.verdict in _LOOKED_AT]
    return Ran(
        status=run.status,
        cause=run.cause,
        began_at=run.started_at,
        codes=frozenset(str(reason.code) for reason in reasons if reason is not None),
        set_aside=run.set_aside or 0,
    )


_LOOKED_AT = frozenset({Verdict.REFUSED, Verdict.UNSENT})
