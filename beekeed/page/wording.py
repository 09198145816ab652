"""What the templates say things with, in the reader's language; what is put in is escaped.

What comes from elsewhere has its own direction (`<bdi>`): a Latin name in an Arabic sentence,
an Arabic one in an English one. A command, which a text has in backticks, goes left to right.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape

from beekeed.say import Language, Said, clean
from beekeed.say.values import fact, value

_APART, _END, _TICK = "\u2068", "\u2069", "\u2066"  # no value has them (`clean`)
_COMMAND = re.compile(r"`([^`]*)`")
_LONG_LETTERS = 20  # what is longer may be broken anywhere, so that no column becomes too wide


def wording(language: Language) -> dict[str, Any]:
    """Give the names that every template has."""
    said = _Wording(language)
    return {
        "language": language,
        "_": said.own,
        "ngettext": said.texts,
        "say": said.sentence,
        "detail": said.detail,
        "fact": lambda name, found: apart(fact(name, found, language)),
        "word": language.word,
        "counted": language.counted,
        "comma": language.listed(("", "")),
        "number": language.number,
        "size": said.size,
        "units": [said.unit(each) for each in language.units],
        "span": language.span,
        "moment": said.moment,
        "dated": said.dated,
        "month_of": lambda text: language.month(date.fromisoformat(f"{text}-01")),
        "held": lambda kind, text: apart(value(kind, text, language)),
    }


class _Wording:
    """The texts of one language, as markup."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._is_mirrored = language.direction == "rtl"

    def own(self, text: str, **values: Any) -> str:
        """Say a text that stands in a template."""
        return _written(self._language.gettext(text)).format_map(values)

    def texts(self, one: str, many: str, count: int, **values: Any) -> str:
        """Say the text for so many of something."""
        counted = {"count": self._language.number(count)}
        return _written(self._language.ngettext(one, many, count)).format_map(counted | values)

    def sentence(self, reason: Mapping[str, Any]) -> Said:
        """Say what happened, and what to do about it."""
        found = self._language.say(reason["code"], reason["params"], _mark)
        return Said(_written(found.what), _written(found.remedy), found.who)

    def detail(self, text: str) -> Markup:
        """Say a detail that came with something."""
        return _written(self._language.detail(text, _mark))

    def size(self, count: int) -> str:
        """Show bytes; "5 kB" goes left to right, whatever stands around it."""
        said = self._language.size(count)
        return apart(said) if self._is_mirrored else said

    def unit(self, name: str) -> str:
        """Show a unit of bytes that scripts put numbers before."""
        return _mark(name) if self._is_mirrored else name

    def moment(self, text: str | None) -> str:
        """Show a time of the API, in UTC and as clocks show it where the box is."""
        if not text:
            return ""
        at = datetime.fromisoformat(text)
        return Markup('<time datetime="{}">{}</time>').format(
            at.isoformat(timespec="seconds"), self._language.moment(at)
        )

    def dated(self, text: str) -> str:
        """Show a day of the API."""
        day = self._language.day(date.fromisoformat(text))
        return Markup('<time datetime="{}">{}</time>').format(text, day)


def apart(text: str) -> str:
    """Show what comes from people or another program: without tricks, in its own direction."""
    shown = clean(text)
    is_plain = not shown or shown.isdecimal()
    if is_plain:
        return shown
    is_long = any(len(word) > _LONG_LETTERS for word in shown.split())
    return Markup("<bdi{}>{}</bdi>").format(Markup(' class="long"') if is_long else "", shown)


def _mark(text: str) -> str:
    """Put apart what stands in a sentence of ours; see `_written`."""
    return text if text.isdecimal() else f"{_APART}{text.replace('`', _TICK)}{_END}"


def _written(text: str) -> Markup:
    """Show a text of ours: what was put in apart, and commands as what they are."""
    shown = str(escape(text)).replace(_APART, "<bdi>").replace(_END, "</bdi>")
    shown = _COMMAND.sub(r'<code dir="ltr">\1</code>', shown).replace(_TICK, "`")
    return Markup(shown)  # noqa: S704 - it is escaped
