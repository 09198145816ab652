"""The language of a terminal, as its environment names it: one place for every command."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from beekeed.say import LANGUAGES, Language, language_of
from beekeed.say.pseudo import PSEUDO

_KNOWN = {*LANGUAGES, PSEUDO}


def language() -> Language:
    """Give the language that the environment asks for (locale(7)): the first that there is.

    GNU's LANGUAGE lists several, and counts unless the locale is C.
    """
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), "C")
    is_plain = _code(locale) in ("C", "POSIX")
    listed = "" if is_plain else os.environ.get("LANGUAGE", "")
    codes = [_code(name) for name in (*listed.split(":"), locale)]
    return language_of(next((code for code in codes if code in _KNOWN), "en"))


def _code(locale: str) -> str:
    """Give the language of a locale's name: "fr" of "fr_FR.UTF-8"."""
    name = locale.partition(".")[0].partition("@")[0].replace("_", "-")
    return name if name == PSEUDO else name.partition("-")[0]


def _(text: str, /, **values: object) -> str:
    """Say a text, with what is put into it."""
    return language().gettext(text, **values)


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """Say a text of which there is a singular and a plural, which may name the {count}."""
    here = language()
    return here.ngettext(one, many, count, count=here.number(count), **values)


def size(count: int) -> str:
    """Show bytes."""
    return language().size(count)


def span(seconds: float | None) -> str:
    """Show a duration."""
    return language().span(seconds)


def ways(used: Mapping[str, Any]) -> str:
    """Show bytes each way, as answers have them."""
    sent, received = size(used["sent_bytes"]), size(used["received_bytes"])
    return _("{sent} sent, {received} received", sent=sent, received=received)


def listed(items: Iterable[str]) -> str:
    """Write several things one after the other."""
    return language().listed(items)
