"""Faults that no setting of Moodle makes: a table that anybody may write to while it runs.

The one rule: `sandbox_switch` is read at each request, so a test in another process needs SQL
only. A row is a switch; deleting it ends the fault.

    name          value           what happens
    hold_before   FUNCTION or *   the request waits, not done, until the row is gone
    hold_after    FUNCTION or *   done and committed; the answer waits until the row is gone
    cut_before    FUNCTION or *   the connection is reset, nothing done
    cut_after     FUNCTION or *   done and committed, then the connection is reset, no answer
    html          FUNCTION or *   200 with an HTML login page, nothing done
    garbage       FUNCTION or *   done; the JSON breaks off in the middle
    endless       FUNCTION or *   done; the answer begins well and never ends
    status        503 or 503 120  that HTTP status, with Retry-After: 120; nothing done
    status_after  500 or 500 120  done and committed, then that status in the answer's place
    maintenance   any             the page of maintenance mode by Moodle's command line
    redirect      URL             302 to there, nothing done
    date          HTTP date       every answer has that Date: the clock there says so
    max_input_vars 1000           PHP's limit on fields, which cuts without an error

FUNCTION:COUNT (also *:COUNT) ends by itself after so many requests. A batch matches by any
function inside it, or by its own name.
"""

import sqlite3

from beekeed.sandbox.answering import Answer, Asked
from beekeed.sandbox.database import transaction, value

_PHP_MAX_INPUT_VARS = 1000
_RETRY_AFTER_SECONDS = 60

_MAINTENANCE = b"<!DOCTYPE html>\n<html><title>Online school under maintenance</title></html>\n"
_RETRY = (("Retry-After", "300"),)  # seen on 4.5.6

LOGIN_PAGE = (
    b'<!DOCTYPE html>\n<html lang="en"><head><title>Welcome: please sign in</title></head>\n'
    b'<body><form action="/login" method="post"><p>Sign in to use this network.</p>\n'
    b'<input name="code"><button>Go on</button></form></body></html>\n'
)


def max_input_vars(db: sqlite3.Connection) -> int:
    """How many fields of a form PHP reads: its own default of 1000, unless a switch says else."""
    return int(_switch(db, "max_input_vars") or _PHP_MAX_INPUT_VARS)


def date(db: sqlite3.Connection) -> str:
    """What the clock of the online Moodle's server says; empty: what this machine's says."""
    return _switch(db, "date") or ""


def is_on(db: sqlite3.Connection, name: str, asked: Asked) -> bool:
    """Whether a fault with a function meets this request; does not use up its count."""
    return _matches(_switch(db, name), asked)


def take(db: sqlite3.Connection, name: str, asked: Asked) -> bool:
    """Whether a fault with a function meets this request; uses up one of its count."""
    with transaction(db):
        setting = _switch(db, name)
        if not _matches(setting, asked) or setting is None:
            return False
        target, counted, count = setting.partition(":")
        if counted:
            _count_down(db, name, target, int(count))
        return True


def _switch(db: sqlite3.Connection, name: str) -> str | None:
    found: str | None = value(db, 'SELECT "value" FROM sandbox_switch WHERE name = ?', name)
    return found


def _matches(setting: str | None, asked: Asked) -> bool:
    if setting is None:
        return False
    target = setting.partition(":")[0]
    return target == "*" or target in asked.functions


def _count_down(db: sqlite3.Connection, name: str, target: str, count: int) -> None:
    if count <= 1:
        db.execute("DELETE FROM sandbox_switch WHERE name = ?", (name,))
        return
    setting = f"{target}:{count - 1}"
    db.execute('UPDATE sandbox_switch SET "value" = ? WHERE name = ?', (setting, name))


def instead(db: sqlite3.Connection, asked: Asked) -> Answer | None:
    """What a proxy, a portal or a broken server answers in Moodle's place, if it does."""
    status = _status(db, "status")
    if status is not None:
        return status
    if _switch(db, "maintenance") is not None:
        return Answer(503, "text/html", _MAINTENANCE, _RETRY, "Moodle under maintenance")
    redirect = _switch(db, "redirect")
    if redirect is not None:
        return Answer(302, "text/html", b"<html>Moved</html>\n", (("Location", redirect),))
    if take(db, "html", asked):
        return Answer(200, "text/html", LOGIN_PAGE)
    return None


def afterwards(db: sqlite3.Connection) -> Answer | None:
    """What comes in the place of an answer whose work is done, if something does."""
    return _status(db, "status_after")


def _status(db: sqlite3.Connection, name: str) -> Answer | None:
    status = _switch(db, name)
    if status is None:
        return None
    code, _, seconds = status.partition(" ")
    wait = ("Retry-After", seconds or str(_RETRY_AFTER_SECONDS))
    return Answer(int(code), "text/html", b"<html><h1>Sorry</h1></html>\n", (wait,))
