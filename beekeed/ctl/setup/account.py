"""Step 2: a database account that only reads: made here, or one that is there.

Its password is kept before the server is told it: a set-up that is interrupted between the two
takes the same one again, and what worked goes on to.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from beekeed.client import Refused
from beekeed.ctl.language import _
from beekeed.ctl.setup import administrator, reading, sql
from beekeed.ctl.setup.asking import Answers
from beekeed.ctl.setup.box import Box
from beekeed.ctl.setup.files import Files
from beekeed.ctl.setup.record import Record
from beekeed.ctl.setup.sql import ACCOUNT
from beekeed.errors import DeviceUnreadable
from beekeed.moodle.device import SqlDevice
from beekeed.moodle.login import Login
from beekeed.ports.device import About

KEEP, MAKE, SQL, GIVEN = "keep", "make", "sql", "given"
_PASSWORD_BYTES = 24
_STATEMENT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the box's database that was tried. `how`: whence it came."""

    how: str
    login: Login
    about: About


def settle(
    answers: Answers, record: Record, files: Files, box: Box, before: Mapping[str, Any]
) -> Account:
    """Ask how, and give an account that works; its password is not kept yet, unless it was made.

    Raises Refused and DeviceUnreadable where nobody can be asked again.
    """
    record.say(_("beekeed needs an account there that may SELECT and nothing else."))
    kept = _kept(files, box, str(before.get("device.user", ACCOUNT))) if answers.is_typed else None
    while True:
        how = _how(answers, box, kept)
        try:
            account = kept if kept and how == KEEP else _settled(how, answers, record, files, box)
        except DeviceUnreadable as error:
            if not answers.is_typed:
                raise
            record.reason(error.code, error.params)
        except Refused as refused:
            if not answers.is_typed:
                raise
            record.reason(refused.code, refused.params)
        else:
            _tell(record, account)
            return account


def _kept(files: Files, box: Box, user: str) -> Account | None:
    """Give the account that set-up settled on before, if it works."""
    password = files.kept(files.device_password)
    if not password:
        return None
    login = replace(box.login, user=user, password=password)
    try:
        return Account(KEEP, login, tried(login))
    except DeviceUnreadable:
        return None


def _how(answers: Answers, box: Box, kept: Account | None) -> str:
    options: dict[str, str] = {}
    if kept:
        options[KEEP] = _("keep the account “{user}”, which works", user=kept.login.user)
    if box.is_here:
        options[MAKE] = _("make the account “{user}” now", user=ACCOUNT)
    options[SQL] = _("show me the SQL: I make it myself")
    options[GIVEN] = _("there is one: I know its name and password")
    return answers.choose("device.account", options, next(iter(options)))


def _settled(how: str, answers: Answers, record: Record, files: Files, box: Box) -> Account:
    if how == MAKE:
        login = _made(files, box)
        return Account(MAKE, login, tried(login))
    if how == SQL:
        _show_sql(record, box)
    user = answers.ask("device.user", _("Its name"), reading.name, ACCOUNT)
    password = answers.ask_secret(
        "device.password", _("Its password (it is not shown)"), reading.secret
    )
    login = replace(box.login, user=user, password=password)
    return Account(GIVEN, login, tried(login))


def _made(files: Files, box: Box) -> Login:
    password = files.kept(files.device_password) or secrets.token_urlsafe(_PASSWORD_BYTES)
    if not (password.isascii() and password.replace("-", "").replace("_", "").isalnum()):
        password = secrets.token_urlsafe(_PASSWORD_BYTES)  # somebody's: not to be put into SQL
    files.keep(files.device_password, password)
    administrator.make_account(box.login, box.owner, password)
    return replace(box.login, user=ACCOUNT, password=password)


def _show_sql(record: Record, box: Box) -> None:
    record.say(
        _("Run this on the database server as its administrator, with a password of your own:")
    )
    for statement in sql.shown(box.login, box.owner, administrator.hosts(box.login)):
        record.as_it_is(f"{statement};")


def tried(login: Login) -> About:
    """Connect, and read what Moodle this is. Raises DeviceUnreadable."""

    async def look() -> About:
        device = SqlDevice(
            login=lambda: login,
            learner_archetypes=("student",),
            statement_seconds=_STATEMENT_SECONDS,
        )
        async with device.snapshot() as snapshot:
            return await snapshot.about()

    return asyncio.run(look())


def _tell(record: Record, account: Account) -> None:
    release = account.about.release or "?"
    user = account.login.user
    record.say(_("The account “{user}” reads Moodle {release}.", user=user, release=release))
    if account.about.may_write:
        record.reason("device_writable", {})
        record.later("account", _("Take from the database account all rights but SELECT."),
                     ["device_writable"])  # fmt: skip
    record.done("account", how=account.how, user=user, release=account.about.release,
                may_write=account.about.may_write)  # fmt: skip
