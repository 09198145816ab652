"""`GET /v1/mail` and `POST /v1/mail/test`: the mails about syncs.

Both are for administrators: what a mail server answers has addresses in it.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import ReasonView, Time, maybe_reason
from beekeed.core.mail import MailState, Notify
from beekeed.ports.mail import Mail

_RECENT = 10


class MailView(msgspec.Struct, frozen=True, kw_only=True):
    """The mail about one sync: what became of it, and since when; `at` is null while it waits."""

    event_id: str
    state: MailState
    at: Time | None
    reason: ReasonView | None


class MailAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is mailed, what waits, and what is wrong with sending.

    `dropped`: mails that no later mail told of yet. `folded`: syncs that failed since
    `folded_since`, of which only what is new is mailed. `trouble`: what last went wrong, null
    once a mail went through; `warning`: what is not as it should be in the settings.
    """

    schema: Literal["beekeed.mail/1"] = "beekeed.mail/1"
    notify: Notify
    to: str
    server: str
    waiting: int
    dropped: int
    folded: int
    folded_since: Time | None
    trouble: ReasonView | None
    trouble_at: Time | None
    warning: ReasonView | None
    recent: Sequence[MailView]


class MailTestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A test message that the mail server took: its answer, and what that cost."""

    schema: Literal["beekeed.mail-test/1"] = "beekeed.mail-test/1"
    to: str
    answer: str
    sent_bytes: int
    received_bytes: int


async def mail(api: Api, _: web.Request) -> MailAnswer:
    """Show what waits, what was sent last, and the last trouble."""
    mailing = api.mailer.mailing()
    trouble, series = await api.mail_book.trouble(), await api.mail_book.series()
    return MailAnswer(
        notify=mailing.notify,
        to=mailing.to,
        server=mailing.server,
        waiting=len(await api.mail_book.waiting()),
        dropped=await api.mail_book.untold(),
        folded=series.count if series else 0,
        folded_since=series.since if series else None,
        trouble=maybe_reason(trouble.reason if trouble else None),
        trouble_at=trouble.at if trouble else None,
        warning=maybe_reason(api.mailer.warning()),
        recent=[_view(each) for each in await api.mail_book.recent(_RECENT)],
    )


async def try_mail(api: Api, _: web.Request) -> MailTestAnswer:
    """Send a test message now, and tell what the mail server answered."""
    tried = await api.mailer.test()
    return MailTestAnswer(
        to=api.mailer.mailing().to,
        answer=tried.answer,
        sent_bytes=tried.spent.sent,
        received_bytes=tried.spent.received,
    )


def _view(kept: Mail) -> MailView:
    return MailView(
        event_id=kept.event_id,
        state=kept.state,
        at=kept.ended_at,
        reason=maybe_reason(kept.reason),
    )
