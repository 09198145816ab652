"""`POST /v1/check`: the whole way tried, step by step, without changing anything.

Each step is tried only if those before it, on which it depends, held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import ReasonView, maybe_reason
from beekeed.core.model import Reason, Site
from beekeed.errors import BeekeedError, Code, Param, RemoteRefused
from beekeed.ports.online import OnlineMoodle

_TOKEN_CODES = frozenset({Code.TOKEN_REFUSED, Code.ACCESS_REFUSED, Code.ACCOUNT_SUSPENDED})


StepState = Literal["ok", "warning", "failed", "not_tried"]


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step, what it gave, and what to do where that is not well."""

    step: str
    state: StepState
    facts: Mapping[str, Param]
    reason: ReasonView | None


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All steps in their order; `ok`: none failed."""

    schema: Literal["beekeed.check/1"] = "beekeed.check/1"
    ok: bool
    steps: list[StepView]


@dataclass(slots=True)
class _Findings:
    """What was found so far."""

    steps: list[StepView] = field(default_factory=list)

    def add(
        self,
        step: str,
        state: StepState,
        reason: Reason | None = None,
        facts: Mapping[str, Param] = MappingProxyType({}),
    ) -> None:
        """Note what a step gave."""
        view = StepView(step=step, state=state, facts=dict(facts), reason=maybe_reason(reason))
        self.steps.append(view)


async def check(api: Api, _: web.Request) -> CheckAnswer:
    """Check settings, the box's database, the online Moodle, the token and its functions."""
    if api.runner.event_id is not None:
        raise BeekeedError(Code.ALREADY_RUNNING)
    findings = _Findings()
    _check_settings(api, findings)
    await _check_database(api, findings)
    online = api.open_online()
    try:
        await _check_online(online, findings)
    finally:
        await online.close()
    _check_mail(api, findings)
    failed = any(step.state == "failed" for step in findings.steps)
    return CheckAnswer(ok=not failed, steps=findings.steps)


def _check_settings(api: Api, findings: _Findings) -> None:
    try:
        unchanged = api.recheck_settings()
    except BeekeedError as error:
        findings.add("settings", "failed", _why(error))
    else:
        changed = None if unchanged else Reason(Code.SETTINGS_CHANGED)
        findings.add("settings", "warning" if changed else "ok", changed)


async def _check_database(api: Api, findings: _Findings) -> None:
    try:
        async with api.device.snapshot() as box:
            about = await box.about()
            courses = await box.courses()
            learners = [each.enrolled async for chunk in box.learners() for each in chunk]
    except BeekeedError as error:
        findings.add("database", "failed", _why(error))
    else:
        facts: dict[str, Param] = {"release": about.release} if about.release else {}
        facts |= {"courses": len(courses), "learners": sum(learners)}
        warning = None
        if not any(learners):
            warning = Reason(Code.NO_LEARNERS)
        elif about.may_write:
            warning = Reason(Code.DEVICE_WRITABLE)
        findings.add("database", "warning" if warning else "ok", warning, facts)


async def _check_online(online: OnlineMoodle, findings: _Findings) -> None:
    try:
        site = await online.probe()
    except RemoteRefused as error:
        at_token = error.code in _TOKEN_CODES
        findings.add("target", "ok" if at_token else "failed", None if at_token else _why(error))
        if at_token:
            findings.add("token", "failed", _why(error))
        else:
            findings.add("token", "not_tried")
        findings.add("functions", "not_tried")
        return
    except BeekeedError as error:
        findings.add("target", "failed", _why(error))
        findings.add("token", "not_tried")
        findings.add("functions", "not_tried")
        return
    findings.add("target", "ok", facts={"name": site.name, "release": site.release})
    findings.add("token", "ok", facts={"account": site.account})
    _check_functions(site, findings)


def _check_functions(site: Site, findings: _Findings) -> None:
    if site.missing or site.wanted:
        names = ", ".join([*site.missing, *site.wanted])
        state: StepState = "failed" if site.missing else "warning"
        findings.add("functions", state, Reason(Code.FUNCTION_MISSING, {"function": names}))
    else:
        findings.add("functions", "ok")


def _check_mail(api: Api, findings: _Findings) -> None:
    """Name what mails learners (features.md, row 26): what is allowed, and what nobody can see."""
    for code in api.mail_consents():
        findings.add("mail", "warning", Reason(code))
    findings.add("mail", "not_tried", Reason(Code.WELCOME_MESSAGES))


def _why(error: BeekeedError) -> Reason:
    return Reason(error.code, error.params)
