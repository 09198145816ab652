"""Renders the templates: what a screen's function gives, in the reader's language.

Sentences with a code come from `say/`; what stands in a template itself is English there, and
goes through the same catalogues (`_("…")`), so that a template can be read. Everything that is
put in is escaped; a value that is markup of ours (a time) stays so within a sentence.
"""

import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from beekeed.page.assets import Assets
from beekeed.page.visit import Shown, Visit
from beekeed.say import Said, clean, counted, say, translated, word
from beekeed.say.amounts import size, span
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
        self._environment.filters |= {"size": size, "span": span, "moment": moment, "clean": clean}
        self._environment.filters["capitalize"] = _capital
        self._environment.globals |= {
            "asset": assets.address,
            "box": clean(socket.gethostname()),
        }

    def render(self, visit: Visit, shown: Shown) -> str:
        """Render a screen for a browser."""
        template = self._environment.get_template(f"{shown.template}.html")
        return template.render(_words(visit.language) | _about(visit) | dict(shown.values))


def moment(text: str | None) -> str:
    """Show a time of the API, in UTC to the minute."""
    if not text:
        return ""
    at = datetime.fromisoformat(text).astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M}"
    )


def _capital(text: str) -> str:
    """Begin with a capital; Jinja2's own filter writes the rest small, "Moodle" as well."""
    return text[:1].upper() + text[1:]


def _words(language: str) -> dict[str, Any]:
    """What a template says things with."""

    def said(reason: Mapping[str, Any]) -> Said:
        return say(reason["code"], reason["params"], language)

    return {
        "language": language,
        "_": lambda text, **values: escape(translated(text, language)).format_map(values),
        "say": said,
        "word": lambda name: word(name, language),
        "counted": lambda count, name: counted(count, name, language),
        "held": lambda kind, text: value(kind, text, language),
    }


def _about(visit: Visit) -> dict[str, Any]:
    """What every screen shows of the browser."""
    return {
        "session": visit.session,
        "signed_in": visit.is_signed_in,
        "here": visit.request.path,
        "address": visit.request.path_qs,
        "encrypted": visit.request.secure,
        "done": visit.query("done"),
    }
