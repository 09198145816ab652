"""The language of a terminal, as its environment names it: one place for every command."""

import os

from beekeed.say import Language, language_of


def language() -> Language:
    """Give the language that the environment asks for first (locale(7), and GNU's LANGUAGE)."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    first = next((name for name in names if name), "C")
    listed = os.environ.get("LANGUAGE", "") if first not in ("C", "POSIX") else ""
    name = (listed.partition(":")[0] or first).partition(".")[0].partition("@")[0]
    return language_of(name.replace("_", "-") if name == "en_XA" else name.partition("_")[0])


def _(text: str, **values: object) -> str:
    """Say a text, with what is put into it."""
    return language().text(text, **values)


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Say a text of which there is a singular and a plural, which may name the {count}."""
    here = language()
    return here.texts(one, many, count, count=here.number(count), **values)


def size(count: int) -> str:
    """Show bytes."""
    return language().size(count)


def span(seconds: float | None) -> str:
    """Show a duration."""
    return language().span(seconds)
