"""What Moodle mails of its own accord when a box writes to it: welcomes and passwords.

The one rule: nothing leaves the sandbox; each mail is a row of `sandbox_mail`, and a welcome is a
notification of Moodle's as well. Both go with the transaction that they belong to: Moodle sends
when it commits.
"""

import sqlite3

from beekeed.sandbox.access import context_of
from beekeed.sandbox.call import Call
from beekeed.sandbox.database import insert, one, value
from beekeed.sandbox.errors import NotBuilt
from beekeed.sandbox.standard import COURSE

NOREPLY_ID = -10
"""The sender without an account (`core_user::NOREPLY_USER`)."""

_NO_MAIL, _FROM_CONTACT, _FROM_KEY_HOLDER, _FROM_NOREPLY = range(4)
"""What customint1 of a manual way of enrolment says (ENROL_SEND_EMAIL_FROM_*)."""

_MARKDOWN = 4


def welcome(call: Call, instance: sqlite3.Row, user: int) -> None:
    """Welcomes somebody to a course, where its manual enrolment says so and has a sender.

    Whoever is enrolled again is welcomed again, also where nothing changed and when suspended
    (`enrol_plugin::enrol_user` calls the hook each time).
    """
    if not instance["customint1"]:
        return
    sender = _sender(call, instance)
    if sender is None:
        return
    course = one(call.db, "SELECT * FROM mdl_course WHERE id = ?", instance["courseid"])
    account = one(call.db, "SELECT * FROM mdl_user WHERE id = ?", user)
    assert course is not None and account is not None  # noqa: S101, PT018  (enrolled just now)
    _notify(call, sender, account, course, instance["customtext1"])
    _mail(call, account, "welcome")


def _sender(call: Call, instance: sqlite3.Row) -> int | None:
    """Who welcomes: the course's first contact, or nobody in particular."""
    if instance["customint1"] == _FROM_CONTACT:
        return _contact(call, instance["courseid"])
    if instance["customint1"] == _FROM_NOREPLY:
        return NOREPLY_ID
    raise NotBuilt("welcomes to a course from who holds its key")


def _contact(call: Call, course: int) -> int | None:
    """Who first got the first role of `coursecontact` that anybody has here or above."""
    path = value(
        call.db, "SELECT path FROM mdl_context WHERE id = ?", context_of(call.db, COURSE, course)
    )
    contexts = ",".join(part for part in (path or "").split("/") if part)
    sql = (
        "SELECT userid FROM mdl_role_assignments WHERE roleid = ? "
        f"AND contextid IN ({contexts}) ORDER BY id"
    )
    roles = [role for role in call.config["coursecontact"].split(",") if role]
    found = (value(call.db, sql, role) for role in roles)
    return next((user for user in found if user is not None), None)


def _notify(
    call: Call, sender: int, account: sqlite3.Row, course: sqlite3.Row, text: str | None
) -> None:
    """The row that Moodle keeps of a notification (`message_send`)."""
    if text and "{$a->" in text:
        raise NotBuilt("welcomes with placeholders")
    standard = f"Hi {account['firstname']}, you are enrolled in the course {course['fullname']}."
    insert(
        call.db, "notifications", useridfrom=sender, useridto=account["id"],
        subject=f"Welcome to {course['fullname']}", fullmessage=text or standard,
        fullmessageformat=_MARKDOWN, component="moodle", eventtype="enrolcoursewelcomemessage",
        contexturl=f"{call.wwwroot}/user/view.php?id={account['id']}&amp;course={course['id']}",
        contexturlname=course["fullname"], timecreated=call.now,
    )  # fmt: skip


def send_password(call: Call, user: int) -> None:
    """Mails a new account the password that Moodle made for it (`setnew_password_and_mail`)."""
    account = one(call.db, "SELECT * FROM mdl_user WHERE id = ?", user)
    assert account is not None  # noqa: S101  (it was made just now)
    _mail(call, account, "password")


def _mail(call: Call, account: sqlite3.Row, kind: str) -> None:
    """Mails, unless the site mails nobody or the person is suspended, gone, or wants none."""
    silent = account["deleted"] or account["suspended"] or account["auth"] == "nologin"
    unwanted = kind == "welcome" and account["emailstop"]
    if silent or unwanted or not account["email"] or call.enabled("noemailever"):
        return
    call.db.execute(
        "INSERT INTO sandbox_mail (at, userid, kind) VALUES (?, ?, ?)",
        (call.now, account["id"], kind),
    )
