"""Runs that ended, and the mails about them: on disk, over a paid line, to a real mail server."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from beekeed.core.mail import Mailing, Notify, Security
from beekeed.core.model import Bytes, Category, Charge, Course, Kind, Reason, RunStatus
from beekeed.errors import Code
from beekeed.link.line import PaidLine
from beekeed.notify.content import Place
from beekeed.notify.mail import RunMailer
from beekeed.ports.stores import Action, CourseMatch, Ending
from beekeed.sqlite.catalogue import SqliteCatalogue
from beekeed.sqlite.history import SqliteHistory
from beekeed.sqlite.mail import SqliteMailBook
from beekeed.sqlite.store import Store
from tests.clock import FakeClock, FakeTrust
from tests.ledger import Purse
from tests.line import paid_line

REFUSED = Action(Kind.ACCOUNT, "refused", Reason(Code.ACCOUNT_REFUSED, {}), 3)
SENT = Action(Kind.GRADE, "done", None, 12)


class Post:
    """A box whose runs are mailed. `mailing` and `place` may be changed; `up`: the link."""

    def __init__(self, store: Store, port: int, *, limit: int | None = None) -> None:
        self.mailing = Mailing(
            notify=Notify.ALL,
            to="school@example.org",
            sender="box@example.org",
            server="127.0.0.1",
            port=port,
            security=Security.NONE,
        )
        self.place = Place("beekee-7", "Example School", "moodle.example.org")
        self.password = ""
        self.up = True
        self.clock = FakeClock()
        self.trust = FakeTrust(self.clock)
        self.ledger = Purse(limit)
        self.history = SqliteHistory(store=store)
        self.book = SqliteMailBook(store=store)
        self._catalogue = SqliteCatalogue(store=store)
        self.mailer = self.new_mailer()

    def new_mailer(self) -> RunMailer:
        """What sends, as after a start."""

        async def place() -> Place:
            return self.place

        return RunMailer(
            book=self.book,
            history=self.history,
            mailing=lambda: self.mailing,
            password=lambda: self.password,
            place=place,
            open_line=self._line,
            is_up=lambda _: self.up,
            ledger=self.ledger,
            trust=self.trust,
            clock=self.clock,
        )

    def _line(self, mailing: Mailing) -> PaidLine:
        encrypted = mailing.security is not Security.NONE
        return paid_line(self.ledger, category=Category.MAIL, encrypted=encrypted)

    def set(self, **changes: object) -> None:
        """Change the settings of mail."""
        self.mailing = replace(self.mailing, **changes)  # type: ignore[arg-type]

    async def run(
        self,
        status: RunStatus = RunStatus.COMPLETED,
        code: Code | None = None,
        *,
        actions: Sequence[Action] = (),
        set_aside: int = 0,
        cause: str = "manual",
        courses: Sequence[tuple[str, Reason | None]] = (),
        **params: str,
    ) -> str:
        """Have a run end in some way, an hour after the last; gives its Sync Event ID."""
        self.clock.time += timedelta(hours=1)
        run_id, event_id = await self.history.begin(cause, self.trust.moment())
        for name, left_out in courses:
            number = await self._catalogue.number_course(Course(name, name, 1, 1, ()))
            await self.history.course(run_id, CourseMatch(number, None, left_out))
        await self.history.found(run_id, actions)
        reason = None if code is None else Reason(code, params)
        ending = Ending(
            status=status,
            reason=reason,
            traffic=Bytes(12_300, 4_560),
            of_line=Bytes(),
            charged_by=Charge.SYNC,
            seconds=63,
            waiting=7,
            set_aside=set_aside,
        )
        await self.history.end(run_id, 1, ending, self.trust.moment())
        return event_id

    async def ran(
        self, status: RunStatus = RunStatus.COMPLETED, code: Code | None = None, **how: object
    ) -> str:
        """Have a run end, and its mail tended; gives its Sync Event ID."""
        event_id = await self.run(status, code, **how)  # type: ignore[arg-type]
        await self.mailer.tend()
        return event_id

    async def failed(self, code: Code = Code.TOKEN_REFUSED) -> str:
        """Have a run fail, and its mail tended."""
        return await self.ran(RunStatus.ERROR, code)

    async def trouble(self) -> Code | None:
        """What is wrong with sending."""
        trouble = await self.book.trouble()
        return trouble.reason.code if trouble else None

    async def states(self) -> list[str]:
        """What became of each mail, oldest first."""
        return [str(each.state) for each in reversed(await self.book.recent(100))]
