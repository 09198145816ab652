"""Renders the templates: what a screen's function gives, in the reader's language.

Sentences with a code come from `say/`; what stands in a template itself is English there, and
goes through the same catalogues (`_("…")`), so that a template can be read. Everything that is
put in is escaped; a value that is markup of ours (a time) stays so within a sentence.

What comes from elsewhere has its own direction (`<bdi>`): a Latin name in an Arabic sentence,
an Arabic one in an English one. A command, which a text has in backticks, goes left to right.
"""

import http
import re
import socket
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from beekeed.page.assets import Assets
from beekeed.page.form_token import masked
from beekeed.page.language import LONGEST, link_to
from beekeed.page.screens import SCREENS
from beekeed.page.theme import theme_for
from beekeed.page.visit import Shown, Visit
from beekeed.say import LANGUAGES, Language, Said, clean
from beekeed.say.values import fact, value

_APART, _END, _TICK = "\u2068", "\u2069", "\u2066"  # no value has them (`clean`)
_COMMAND = re.compile(r"`([^`]*)`")
_LONG_LETTERS = 20  # what is longer may be broken anywhere, so that no column becomes too wide
_SETTING = re.compile(r"\b[a-z]+\.[a-z_]+\b")
_PLACES = frozenset(screen.path for screen in SCREENS if screen.method == "GET")


class Pages:
    """The templates, compiled when they are first used."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=PackageLoader("beekeed.page"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {"clean": _apart}
        self._environment.filters |= {"capitalize": _capital, "with_fields": _with_fields}
        self._environment.tests["naming_a_setting"] = lambda text: bool(_SETTING.search(text))
        self._environment.globals |= {
            "asset": assets.address,
            "box": socket.gethostname(),
            "languages": LANGUAGES,
        }

    def render(self, visit: Visit, shown: Shown) -> str:
        """Render a screen for a browser."""
        template = self._environment.get_template(f"{shown.template}.html")
        failed = {"failed": shown.status >= http.HTTPStatus.BAD_REQUEST}
        return template.render(_words(visit.language) | _about(visit) | failed | dict(shown.values))


def _capital(text: str) -> str:
    """Begin with a capital; Jinja2's own filter writes the rest small, "Moodle" as well."""
    return text[:1].upper() + text[1:]


def _apart(text: str) -> str:
    """Show what comes from people or another program: without tricks, in its own direction."""
    shown = clean(text)
    is_plain = not shown or shown.isdecimal()
    if is_plain:
        return shown
    is_long = any(len(word) > _LONG_LETTERS for word in shown.split())
    return Markup("<bdi{}>{}</bdi>").format(Markup(' class="long"') if is_long else "", shown)


def _with_fields(text: Markup, labels: Mapping[str, str]) -> Markup:
    """Lead from each setting that a text of ours names to its field, by what that is called."""

    def link(found: re.Match[str]) -> str:
        key = found[0]
        place = key.replace(".", "-")
        return f'<a href="/settings#{place}">{labels[key]}</a>' if key in labels else key

    return Markup(_SETTING.sub(link, text))  # noqa: S704 - it and the labels are escaped


def _written(text: str) -> Markup:
    """Show a text of ours: what was put in apart, and commands as what they are."""
    shown = str(escape(text)).replace(_APART, "<bdi>").replace(_END, "</bdi>")
    shown = _COMMAND.sub(r'<code dir="ltr">\1</code>', shown).replace(_TICK, "`")
    return Markup(shown)  # noqa: S704 - it is escaped


def _words(language: Language) -> dict[str, Any]:
    """What a template says things with; what is put into a text is escaped."""

    def own(text: str, **values: Any) -> str:
        return _written(language.gettext(text)).format_map(values)

    def texts(one: str, many: str, count: int, **values: Any) -> str:
        return _written(language.ngettext(one, many, count)).format_map(
            {"count": language.number(count)} | values
        )

    def size(count: int) -> str:
        """Show bytes; "5 kB" goes left to right, whatever stands around it."""
        said = language.size(count)
        return _apart(said) if language.direction == "rtl" else said

    def mark(value: str) -> str:
        return value if value.isdecimal() else f"{_APART}{value.replace('`', _TICK)}{_END}"

    def moment(text: str | None) -> str:
        """Show a time of the API, in UTC and as clocks show it where the box is."""
        if not text:
            return ""
        at = datetime.fromisoformat(text)
        return Markup('<time datetime="{}">{}</time>').format(
            at.isoformat(timespec="seconds"), language.moment(at)
        )

    def dated(text: str) -> str:
        """Show a day of the API."""
        return Markup('<time datetime="{}">{}</time>').format(
            text, language.day(date.fromisoformat(text))
        )

    def said(reason: Mapping[str, Any]) -> Said:
        found = language.say(reason["code"], reason["params"], mark)
        return Said(_written(found.what), _written(found.remedy), found.who)

    return {
        "language": language,
        "_": own,
        "ngettext": texts,
        "say": said,
        "detail": lambda text: _written(language.detail(text, mark)),
        "fact": lambda name, found: _apart(fact(name, found, language)),
        "word": language.word,
        "counted": language.counted,
        "comma": language.listed(("", "")),
        "number": language.number,
        "size": size,
        "units": [mark(unit) if language.direction == "rtl" else unit for unit in language.units],
        "span": language.span,
        "moment": moment,
        "dated": dated,
        "month_of": lambda text: language.month(date.fromisoformat(f"{text}-01")),
        "held": lambda kind, text: _apart(value(kind, text, language)),
    }


def _zone() -> str:
    """Name the time that clocks show where the box is, like UTC+05:30; empty where it is UTC."""
    ahead = datetime.now().astimezone().strftime("%z")
    return f"UTC{ahead[:3]}:{ahead[3:5]}" if ahead.strip("+-0") else ""


def _address(request: web.Request) -> str:
    """Give where what is shown, or its form, can be asked for again; else the overview's."""
    if request.method == "GET" and len(request.path_qs) <= LONGEST:
        return request.path_qs
    return request.path if request.path in _PLACES else "/"


def _about(visit: Visit) -> dict[str, Any]:
    """What every screen shows of the browser."""
    return {
        "session": visit.session,
        "signed_in": visit.is_signed_in,
        "form_token": masked(visit.session["form_token"] or ""),
        "here": visit.request.path,
        "address": _address(visit.request),
        "theme": theme_for(visit.request),
        "link_to": lambda code: link_to(code, visit.request, _PLACES),
        "encrypted": visit.request.secure,
        "done": visit.query("done"),
        "zone": _zone(),
    }
