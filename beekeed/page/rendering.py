"""Renders the templates: what a screen's function gives, in the reader's language.

Sentences with a code come from `say/`; what stands in a template itself is English there, and
goes through the same catalogues (`_("…")`), so that a template can be read. Everything that is
put in is escaped; a value that is markup of ours (a time) stays so within a sentence.
"""

import http
import re
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from beekeed.page.assets import Assets
from beekeed.page.form_token import masked
from beekeed.page.language import LONGEST, link_to
from beekeed.page.screens import SCREENS
from beekeed.page.theme import theme_for
from beekeed.page.visit import Shown, Visit
from beekeed.page.wording import apart, wording
from beekeed.say import LANGUAGES

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
        self._environment.filters |= {
            "clean": apart,
            "capitalize": _capital,
            "with_fields": _with_fields,
        }
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
        return template.render(
            wording(visit.language) | _about(visit) | failed | dict(shown.values)
        )


def _capital(text: str) -> str:
    """Begin with a capital; Jinja2's own filter writes the rest small, "Moodle" as well."""
    return text[:1].upper() + text[1:]


def _with_fields(text: Markup, labels: Mapping[str, str]) -> Markup:
    """Lead from each setting that a text of ours names to its field, by what that is called."""

    def link(found: re.Match[str]) -> str:
        key = found[0]
        place = key.replace(".", "-")
        return f'<a href="/settings#{place}">{labels[key]}</a>' if key in labels else key

    return Markup(_SETTING.sub(link, text))  # noqa: S704 - it and the labels are escaped


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
