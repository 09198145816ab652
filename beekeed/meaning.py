"""What the settings mean, in the nouns of each part."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from beekeed.core.budget import Terms
from beekeed.core.mail import USUAL_PORTS, Mailing, Notify, Security
from beekeed.core.schedule import Plan, hour_of_week, jitter, minute_of_day
from beekeed.credentials import read_password
from beekeed.engine import FactRules, Policy, Rules
from beekeed.errors import Code
from beekeed.moodle.calls import Manner
from beekeed.moodle.login import Login, complete
from beekeed.sections import LimitSettings, MailSettings, ScheduleSettings, Settings


def login(settings: Settings) -> Login:
    """Tell how to log in to the box's database. Raises ConfigError and DeviceUnreadable."""
    device = settings.device
    given = Login(
        kind=device.database,
        path=device.path,
        socket=device.socket,
        host=device.host,
        port=device.port,
        name=device.name,
        user=device.user,
        password=read_password(settings),
    )
    if device.moodle_config and not device.path:
        return complete(given, Path(device.moodle_config), device.prefix)
    kind = "sqlite" if device.path else given.kind or "mariadb"
    prefix = "mdl_" if device.prefix is None else device.prefix
    return replace(given, kind=kind, host=given.host or "localhost", prefix=prefix)


def policy(settings: Settings) -> Policy:
    """Tell what a sync may touch and bring, and what it may spend beside."""
    through_assignments = settings.online.assignment_grades == "assignment"
    return Policy(
        fact_rules=FactRules(
            comments=through_assignments,
            removals=settings.accounts.removed_enrolments == "suspend",
        ),
        rules=Rules(
            username_prefix=settings.accounts.username_prefix,
            never_touch=frozenset(settings.accounts.never_touch),
            learner_roles=frozenset({settings.online.learner_role}),
            learner_role_id=settings.online.learner_role_id,
            through_assignments=through_assignments,
        ),
        audit_bytes=settings.sync.audit_bytes,
        holds_late=settings.sync.late_changes == "hold",
    )


def terms(limit: LimitSettings) -> Terms:
    """Tell what the line may cost."""
    return Terms(
        limit_bytes=limit.bytes if limit.enabled else None,
        billing_day=limit.billing_day,
        pacing=limit.pacing,
        reserve_percent=limit.reserve_percent,
    )


def plan(schedule: ScheduleSettings, draw: int) -> Plan:
    """Tell when syncs begin by themselves, on the device with a draw."""
    hours = schedule.hours if schedule.grid_active else ()
    return Plan(
        daily=minute_of_day(schedule.daily_at) if schedule.enabled else None,
        hours=frozenset(hour_of_week(each) for each in hours),
        jitter=jitter(timedelta(minutes=schedule.jitter_minutes), draw),
    )


def manner(settings: Settings) -> Manner:
    """Tell how what is sent treats learners."""
    return Manner(
        mailed_passwords=settings.accounts.password == "mailed",  # noqa: S105
        tells_learners=settings.online.tell_learners,
    )


def mailing(mail: MailSettings) -> Mailing:
    """Tell which syncs are mailed, to whom, and by which server."""
    security = Security(mail.security)
    return Mailing(
        notify=Notify(mail.notify),
        to=mail.to,
        sender=mail.sender,
        server=mail.server,
        port=mail.port or USUAL_PORTS[security],
        security=security,
        user=mail.user,
        language=mail.language,
    )


def mail_consents(settings: Settings) -> list[Code]:
    """Name what the settings allow that makes the online Moodle mail learners."""
    allowed = {
        Code.MAILED_PASSWORDS: settings.accounts.password == "mailed",  # noqa: S105
        Code.ASSIGNMENT_NOTICES: settings.online.tell_learners,
    }
    return [code for code, is_allowed in allowed.items() if is_allowed]
