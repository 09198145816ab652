"""Renders the templates: what a screen's function gives, in the reader's language.

Sentences with a code come from `say/`; what stands in a template itself is English there, and
goes through the same catalogues (`_("…")`), so that a template can be read. Everything that is
put in is escaped; a value that is markup of ours (a time) stays so within a sentence.
"""

import socket
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from beekeed.page.assets import Assets
from beekeed.page.language import link_to
from beekeed.page.visit import Shown, Visit
from beekeed.say import LANGUAGES, Language, Said, clean
from beekeed.say.values import value


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
        self._environment.filters |= {"clean": clean}
        self._environment.filters["capitalize"] = _capital
        self._environment.globals |= {
            "asset": assets.address,
            "box": clean(socket.gethostname()),
            "languages": LANGUAGES,
        }

    def render(self, visit: Visit, shown: Shown) -> str:
        """Render a screen for a browser."""
        template = self._environment.get_template(f"{shown.template}.html")
        return template.render(_words(visit.language) | _about(visit) | dict(shown.values))


def _capital(text: str) -> str:
    """Begin with a capital; Jinja2's own filter writes the rest small, "Moodle" as well."""
    return text[:1].upper() + text[1:]


def _words(language: Language) -> dict[str, Any]:
    """What a template says things with; what is put into a text is escaped."""

    def text(text: str, **values: Any) -> str:
        return escape(language.text(text)).format_map(values)

    def texts(one: str, many: str, count: int, **values: Any) -> str:
        return escape(language.texts(one, many, count)).format_map(
            {"count": language.number(count)} | values
        )

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
        return language.say(reason["code"], reason["params"])

    return {
        "language": language,
        "_": text,
        "ngettext": texts,
        "say": said,
        "word": language.word,
        "counted": language.counted,
        "number": language.number,
        "size": language.size,
        "span": language.span,
        "moment": moment,
        "dated": dated,
        "month_of": lambda text: language.month(date.fromisoformat(f"{text}-01")),
        "held": lambda kind, text: value(kind, text, language),
    }


def _about(visit: Visit) -> dict[str, Any]:
    """What every screen shows of the browser."""
    return {
        "session": visit.session,
        "signed_in": visit.is_signed_in,
        "here": visit.request.path,
        "address": visit.request.path_qs,
        "link_to": lambda code: link_to(code, visit.request),
        "encrypted": visit.request.secure,
        "done": visit.query("done"),
    }
