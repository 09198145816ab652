"""`POST /v1/check`: the whole way tried, step by step, without changing anything.

Each step is tried only if those before it, on which it depends, held. What goes over the
line is metered as a check, and how much that was is part of the answer.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.check_online import ONLINE_STEPS, check_online
from beekeed.control.findings import Findings, StepView
from beekeed.core.link import KERNELS, first_failure
from beekeed.core.model import Bytes, Course, Reason
from beekeed.errors import BeekeedError, Code, Param
from beekeed.ports.device import About


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All steps in their order, and what they cost; `ok`: none failed."""

    schema: Literal["beekeed.check/1"] = "beekeed.check/1"
    ok: bool
    sent_bytes: int
    received_bytes: int
    steps: list[StepView]


async def check(api: Api, _: web.Request) -> CheckAnswer:
    """Check settings, the box, the way, the online Moodle, our rights there, and each course."""
    if api.runner.event_id is not None:
        raise BeekeedError(Code.ALREADY_RUNNING)
    findings = Findings()
    _check_settings(api, findings)
    courses = await _check_database(api, findings)
    spent = await _check_way(api, courses, findings)
    _check_clock(api, findings)
    _check_accounts(api, findings)
    await _check_mail(api, findings)
    return CheckAnswer(
        ok=not findings.failed(),
        sent_bytes=spent.sent,
        received_bytes=spent.received,
        steps=findings.steps,
    )


def _check_settings(api: Api, findings: Findings) -> None:
    try:
        unchanged = api.recheck_settings()
    except BeekeedError as error:
        findings.add_error("settings", error)
    else:
        changed = None if unchanged else Reason(Code.SETTINGS_CHANGED)
        findings.add("settings", "warning" if changed else "ok", changed)


async def _check_database(api: Api, findings: Findings) -> Sequence[Course]:
    """Read the box's Moodle; gives its courses."""
    try:
        async with api.device.snapshot() as box:
            about = await box.about()
            courses = await box.courses()
            learners = [each.enrolled async for chunk in box.learners() for each in chunk]
    except BeekeedError as error:
        findings.add_error("database", error)
        findings.not_tried("rights")
        return []
    facts: dict[str, Param] = {"release": about.release} if about.release else {}
    facts |= {"courses": len(courses), "learners": sum(learners)}
    empty = None if any(learners) else Reason(Code.NO_LEARNERS)
    findings.add("database", "warning" if empty else "ok", empty, facts)
    _check_rights(about, findings)
    return courses


def _check_rights(about: About, findings: Findings) -> None:
    """Say whether our account on the box may do more than read."""
    more = Reason(Code.DEVICE_WRITABLE) if about.may_write else None
    findings.add("rights", "warning" if more else "ok", more)


async def _check_way(api: Api, courses: Sequence[Course], findings: Findings) -> Bytes:
    """Check what the kernel shows of the link, and what is at its end; gives what that cost."""
    failed = first_failure(api.diagnosis.look(None))
    if failed is not None and failed.node in KERNELS:
        findings.add("link", "failed", failed.reason)
        findings.not_tried(*ONLINE_STEPS)
        return Bytes()
    findings.add("link", "ok")
    way = api.open_online()
    try:
        await check_online(way, courses, findings)
    finally:
        await way.online.close()
    return way.spent()


def _check_clock(api: Api, findings: Findings) -> None:
    """Say how far the clock is believed, now that the online Moodle told its time."""
    doubt = api.trust.doubt()
    facts = {"trust": str(api.trust.moment().trust)}
    findings.add("clock", "warning" if doubt else "ok", doubt, facts)


def _check_accounts(api: Api, findings: Findings) -> None:
    """Ask for accounts that are never touched: roles of the whole site cannot be seen from here."""
    if api.tuner.value("accounts.never_touch"):
        findings.add("accounts", "ok")
    else:
        findings.add("accounts", "not_tried", Reason(Code.NOBODY_PROTECTED))


async def _check_mail(api: Api, findings: Findings) -> None:
    """Name what mails learners (features.md, row 26): what is allowed, and what nobody can see.

    Then when we mail ourselves, and what is wrong with that: nothing is sent to find it out.
    """
    for code in api.mail_consents():
        findings.add("mail", "warning", Reason(code))
    findings.add("mail", "not_tried", Reason(Code.WELCOME_MESSAGES))
    facts: dict[str, Param] = {"sent": str(api.tuner.value("mail.notify"))}
    if facts["sent"] != "off":
        facts["server"] = str(api.tuner.value("mail.server"))
    trouble = await api.mail_book.trouble()
    wrong = api.mailer.warning() or (trouble.reason if trouble else None)
    findings.add("notices", "warning" if wrong else "ok", wrong, facts)
