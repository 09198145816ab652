"""What may be answered: each function makes of a text what it means, or raises Wrong.

They are the same for whoever types and for a file.
"""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from beekeed.ctl.language import _
from beekeed.ctl.limit import size_asked
from beekeed.ctl.schedule import hours_asked
from beekeed.ctl.secret import is_token
from beekeed.ctl.setup.asking import Wrong

RANDOM, NONE = "random", "none"
"""Words: a password that is made up; nothing of the kind."""

SHORTEST_PASSWORD = 8  # of the page; the daemon's own rule (control.signing)
_LAST_BILLING_DAY = 28
_MOST_BYTES = 10**15  # limit.bytes
_FOLDERS = ("my", "login", "admin", "course", "mod", "user", "webservice", "rest", "local")
"""Of Moodle's pages: what is left when people copy the address of one from their browser."""


def moodle_config(text: str) -> Path:
    """Read where a Moodle's config.php is: the file, or the folder that it is in."""
    if not text:
        raise Wrong(_("Type the path of the file config.php of the box's Moodle."))
    path = Path(text)
    if not path.is_absolute():
        raise Wrong(_("“{text}” is not a full path, which begins with /.", text=text))
    if path.is_dir():
        path /= "config.php"
    if not path.is_file():
        raise Wrong(_("There is no file {path}.", path=path))
    return path


def name(text: str) -> str:
    """Read the name of a database account."""
    if not text or not text.isprintable():
        raise Wrong(_("Type the account's name."))
    return text


def secret(text: str) -> str:
    """Read the password of a database account."""
    if not text or not text.isprintable():
        raise Wrong(_("Type the account's password."))
    return text


def address_where(*, allow_http: bool, box: str) -> Callable[[str], str]:
    """Give what reads the online Moodle's address; `box`: that of the box's own, or empty."""

    def address(text: str) -> str:
        return _address(text, allow_http=allow_http, box=box)

    return address


def _address(text: str, *, allow_http: bool, box: str) -> str:
    example = "https://moodle.example.org"
    if not text:
        raise Wrong(_("Type its address, like {example}.", example=example))
    if any(letter.isspace() for letter in text):
        raise Wrong(_("There is a space in it; an address looks like {example}.", example=example))
    if "://" not in text:
        raise Wrong(_("https:// is missing before it."), f"https://{text}")
    parts = _parts(text)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise Wrong(_("That is no web address; it looks like {example}.", example=example))
    if "@" in parts.netloc:
        better = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        raise Wrong(_("Leave out the name before the @; beekeed uses its token."), better)
    better = _without_page(text)
    if better != text.rstrip("/"):
        raise Wrong(_("That is a page of it; beekeed needs the address of the site."), better)
    if box and parts.hostname == _parts(box).hostname and parts.port == _parts(box).port:
        raise Wrong(_("That is the Moodle of this box; type the address of the online one."))
    if parts.scheme == "http" and not allow_http:
        why = _("http:// is not encrypted: the token and learners' names could be read on the way.")
        raise Wrong(why, f"https{text.removeprefix('http')}")
    return text.rstrip("/")


def _without_page(text: str) -> str:
    """Give the site that a page belongs to: https://host/moodle of .../moodle/my/?lang=fr."""
    words = re.split(r"[?#]", text, maxsplit=1)[0].rstrip("/").split("/")
    has_page = words[-1].endswith(".php")
    words = words[:-1] if has_page else words
    while len(words) > 3 and words[-1] in (
        _FOLDERS if has_page else ("my", "login")
    ):  # the host stays
        words.pop()
    return "/".join(words)


def _parts(text: str) -> Any:
    """Take an address apart; one that cannot be has no host."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return urlsplit("")
    return parts


def token(text: str) -> str:
    """Read a web service token."""
    if not is_token(text):
        raise Wrong(
            _(
                "A token has 32 letters a to f and digits. Copy it from the online Moodle: Site"
                " administration, Server, Manage tokens."
            )
        )
    return text


def page_password(text: str) -> str:
    """Read the status page's password; nothing means one that is made up."""
    if text in ("", RANDOM, NONE):
        return text or RANDOM
    if len(text) < SHORTEST_PASSWORD:
        raise Wrong(
            _("It has fewer than {least} letters: four words in a row are good.",
              least=SHORTEST_PASSWORD)
        )  # fmt: skip
    return text


def limit(text: str) -> int | None:
    """Read how many bytes a month may cost; None: as many as it takes."""
    if text == NONE:
        return None
    try:
        size = size_asked(text)
    except argparse.ArgumentTypeError as error:
        raise Wrong(_("{what}, or {none}.", what=error, none=NONE)) from error
    if size > _MOST_BYTES:
        raise Wrong(_("That is more than can be counted; type {none} for no limit.", none=NONE))
    return size


def billing_day(text: str) -> int:
    """Read the day of the month on which the plan renews."""
    if text.isascii() and text.isdigit() and 1 <= int(text) <= _LAST_BILLING_DAY:
        return int(text)
    raise Wrong(_("Type a day of the month, from 1 to 28."))


class When(NamedTuple):
    """When syncs begin by themselves: daily (HH:MM in UTC), or in hours of the week, or never."""

    daily_at: str = ""
    hours: tuple[str, ...] = ()

    @property
    def asked(self) -> dict[str, Any]:
        """What the daemon is asked for (POST /v1/schedule)."""
        asked: dict[str, Any] = {"enabled": bool(self.daily_at), "grid_active": bool(self.hours)}
        asked |= {"daily_at": self.daily_at} if self.daily_at else {}
        return asked | ({"hours": list(self.hours)} if self.hours else {})


def when(text: str) -> When:
    """Read when syncs begin by themselves."""
    if text == NONE:
        return When()
    if re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text, re.ASCII):
        return When(daily_at=text.zfill(5))
    try:
        return When(hours=tuple(hours_asked(text)))
    except argparse.ArgumentTypeError:
        example = "“02:00”, “mon-fri 08-11, sat 20”"
        why = _("“{text}” is not understood; write it like {example}, or {none}.",
                text=text, example=example, none=NONE)  # fmt: skip
        raise Wrong(why) from None
