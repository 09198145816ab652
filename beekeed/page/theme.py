"""Light, dark or high contrast: as the device has it, or as somebody chose on the page.

Choosing changes nothing but a cookie of this page, so a link does it, for anybody.
"""

from aiohttp import web

from beekeed.page.sign_in import own_path
from beekeed.page.visit import Served, Visit

DEVICE = "device"
THEMES = (DEVICE, "light", "dark", "contrast")
_COOKIE = "beekeed-theme"
_YEAR_SECONDS = 365 * 86400


def theme_for(request: web.Request) -> str:
    """Give the theme that was chosen in a browser, or that of the device."""
    chosen = request.cookies.get(_COOKIE, "")
    return chosen if chosen in THEMES else DEVICE


async def choose(visit: Visit) -> Served:
    """Keep a choice, and lead back to where the link was."""
    theme = visit.request.match_info["theme"]
    answer = web.Response(status=303, headers={"Location": own_path(visit.query("then"))})
    if theme in THEMES:
        answer.set_cookie(
            _COOKIE, theme, max_age=_YEAR_SECONDS, httponly=True, samesite="Strict",
            secure=visit.request.secure,
        )  # fmt: skip
    return answer
