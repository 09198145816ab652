"""Step 4: writes what was found out, starts the daemon and the page, and waits for an answer."""

import time

from beekeed.client import Client, Refused
from beekeed.ctl import unit
from beekeed.ctl.language import _
from beekeed.ctl.setup.account import Account
from beekeed.ctl.setup.asking import Answers
from beekeed.ctl.setup.box import Box
from beekeed.ctl.setup.files import Files, uninterrupted
from beekeed.ctl.setup.online import Online
from beekeed.ctl.setup.record import Record

_ANSWERS_SECONDS = 60  # opening and migrating a large database of ours takes a while
_AGAIN_SECONDS = 0.2
_ENTER, _LATER = "again", "later"


def write(record: Record, files: Files, box: Box, account: Account, online: Online) -> bool:
    """Write the settings and the secrets; tells whether anything is another than before.

    The secrets come first: the settings name them. Raises ConfigError and Refused FILE_NOT_WRITTEN.
    """
    values = {
        **box.settings(),
        "device.user": account.login.user,
        "device.password_file": str(files.device_password),
        "online.address": online.address,
        "online.token_file": str(files.token),
    }
    files.examine(values)
    before = (files.set_before(), files.kept(files.token), files.kept(files.device_password))
    with uninterrupted():
        files.keep(files.device_password, account.login.password)
        if online.token:
            files.keep(files.token, online.token)
        files.write(values)
    record.say(_("Written: {path}", path=files.extra))
    record.say(
        _("The secrets are in {token} and {password}, which only root can read.",
          token=files.token, password=files.device_password)
    )  # fmt: skip
    after = (files.set_before(), files.kept(files.token), files.kept(files.device_password))
    record.done("written", path=str(files.extra), changed=after != before)
    return after != before


def start(answers: Answers, record: Record, client: Client, files: Files, *, changed: bool) -> bool:
    """Have the daemon run with these settings, now and after every start of the box.

    Tells whether it answers. Raises Refused NOT_STARTED.
    """
    found = unit.daemon_unit()
    if not found.is_installed:
        return _by_hand(answers, record, client, files)
    try:
        unit.enable()
        if found.is_in_use and changed:
            unit.restart()
    except unit.NotDone as error:
        detail = unit.daemon_unit().status.rstrip(".") or str(error)
        raise Refused("not_started", {"detail": detail}) from error
    _await(client)
    record.say(_("beekeed runs, and will after every start of this box; so does its page."))
    record.done("started", by="systemd", restarted=found.is_in_use and changed)
    return True


def _by_hand(answers: Answers, record: Record, client: Client, files: Files) -> bool:
    """Say what to start where systemd does not do it, and wait until it runs."""
    record.say(
        _(
            "systemd does not run here, or has no beekeed.service: start beekeed yourself, or start"
            " it again where it runs."
        )
    )
    record.as_it_is(f"beekeed run --config {files.settings}")
    record.as_it_is(f"beekeed-page --config {files.settings} --listen 0.0.0.0:8088")
    options = {
        _ENTER: _("it runs now: go on"),
        _LATER: _("leave the rest for later"),
    }
    while answers.is_typed and answers.choose("", options, _ENTER) == _ENTER:
        if _answers(client):
            break
        record.say(_("It does not answer yet."))
    is_there = _answers(client)
    record.done("started", by="hand", answers=is_there)
    if not is_there:
        record.later("started", _("Start beekeed, and use this command again: it goes on."),
                     ["daemon_not_running"])  # fmt: skip
    return is_there


def _answers(client: Client) -> bool:
    try:
        client.get("status")
    except Refused as refused:
        if refused.code != "daemon_not_running":
            raise
        return False
    return True


def _await(client: Client) -> None:
    """Wait until it answers. Raises Refused NOT_STARTED."""
    deadline = time.monotonic() + _ANSWERS_SECONDS
    while not _answers(client):
        if time.monotonic() > deadline:
            detail = unit.daemon_unit().status.rstrip(".") or "it does not answer"
            raise Refused("not_started", {"detail": detail})
        time.sleep(_AGAIN_SECONDS)
