"""Step 6: the page's password, the data limit and the schedule, as the daemon keeps them.

They are set as the commands password, limit and schedule set them; what a file fixes stays.
"""

import secrets
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from beekeed.client import Client
from beekeed.ctl.language import _, size, span
from beekeed.ctl.schedule import clock_around
from beekeed.ctl.setup import reading
from beekeed.ctl.setup.asking import Answers
from beekeed.ctl.setup.reading import NONE, RANDOM
from beekeed.ctl.setup.record import Record

_LETTERS = string.ascii_lowercase.replace("l", "") + "23456789"  # none is taken for another
_GROUPS, _GROUP = 4, 5  # 4 of 5 letters: 100 bits
_FIRST_SCHEDULE = "02:00"
_KEEP = "keep"


def ask_password(answers: Answers, record: Record, client: Client) -> None:
    """Set with what people sign in at the page; one that is made up is shown, once."""
    is_set = client.get("password")["is_set"]
    record.say(_("Anybody near the box may look at the status page; who has its password may act."))
    record.say(
        _("Enter keeps the one that is set; random has one made up; none: nobody signs in.")
        if is_set
        else _("Enter has one made up, which is shown; none: nobody signs in.")
    )
    question = _("Password for the status page")

    def read(text: str) -> str:
        return _KEEP if is_set and not text else reading.page_password(text)

    given = answers.ask_secret("page.password", question, read, twice=True, words=(RANDOM, NONE))
    if given == RANDOM and is_set and not answers.is_typed:
        given = _KEEP  # a file that is used again locks nobody out
    facts: dict[str, Any] = {}
    if given == RANDOM:
        given = _made_up()
        record.say(_("The page's password, shown only now: {password}", password=given))
        facts["made_up"] = given
    if given != _KEEP:
        client.post("password", body={"password": None if given == NONE else given})
    record.done("password", is_set=given != NONE, kept=given == _KEEP, **facts)


def _made_up() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def ask_limit(answers: Answers, record: Record, client: Client) -> None:
    """Set what a month may cost, and when it begins."""
    now = client.get("limit")
    if _is_fixed(record, now, ("enabled", "bytes", "billing_day"), "limit"):
        return
    record.say(_("beekeed can keep to a number of bytes a month, both ways together."))
    offered = f"{now['limit_bytes'] / 10**6:g}MB" if now["enabled"] else NONE
    question = _("Data limit a month, like 500MB, or {none}", none=NONE)
    limit = answers.ask("limit.size", question, reading.limit, offered)
    asked: dict[str, Any] = {"enabled": limit is not None}
    if limit is not None:
        day = answers.ask(
            "limit.billing_day",
            _("Day of the month on which the plan renews"),
            reading.billing_day,
            str(now["billing_day"]),
        )
        asked |= {"bytes": limit, "billing_day": day}
        record.say(_("The limit is {size} a month, from day {day}.", size=size(limit), day=day))
    client.post("limit", body=asked)
    record.done("limit", **asked)


def ask_schedule(answers: Answers, record: Record, client: Client) -> None:
    """Set when syncs begin by themselves: each day, or in hours of the week."""
    now = client.get("schedule")
    if _is_fixed(record, now, ("enabled", "daily_at", "grid_active", "hours"), "schedule"):
        return
    time = datetime.fromisoformat(now["now"]).strftime("%H:%M")
    record.say(
        _(
            "It synchronizes by itself each day at one time, or in hours of the week, as soon as"
            " there is a link. Times are in UTC: it is {time} there now, and {local} here.",
            time=time,
            local=clock_around(time, now["zone"]),
        )
    )
    question = _("When: like 02:00, “mon-fri 08-11, sat 20”, or {none}", none=NONE)
    when = answers.ask("schedule.when", question, reading.when, _offered(now))
    answer = client.post("schedule", body=when.asked)
    if when.daily_at:
        local = clock_around(when.daily_at, now["zone"])
        record.say(_("Each day at {time} UTC, {local} here.", time=when.daily_at, local=local))
    if (when.daily_at or when.hours) and answer["jitter_seconds"]:
        late = span(answer["jitter_seconds"])
        record.say(
            _("This box starts {span} later, so that not all boxes come at once.", span=late)
        )
    record.done("schedule", **when.asked)


def _offered(schedule: Mapping[str, Any]) -> str:
    """Give what is set as it would be typed; of a box that was never set up, what is usual."""
    if schedule["enabled"]:
        return str(schedule["daily_at"])
    if schedule["grid_active"] and schedule["hours"]:
        hours = [each.split("-") for each in schedule["hours"]]
        return ", ".join(f"{day} {hour}" for day, hour in hours)
    return _FIRST_SCHEDULE


def _is_fixed(record: Record, now: Mapping[str, Any], names: tuple[str, ...], section: str) -> bool:
    """Tell whether a file fixes any of it, and say so: then nothing is asked."""
    files = [now["fixed"][name] for name in names if name in now["fixed"]]
    if files:
        key = f"[{section}]"
        record.say(_("{key} is fixed by {file}.", key=key, file=files[0]))
        record.done(section, fixed=files[0])
    return bool(files)
