"""In which language a browser is answered: what somebody chose there, else what it asks for.

Choosing changes nothing but a cookie of this page, so a link does it, for anybody.
"""

from collections.abc import Collection
from urllib.parse import urlencode

from aiohttp import web

from beekeed.say import LANGUAGES, Language, language_of
from beekeed.say.pseudo import PSEUDO

_COOKIE = "beekeed-language"
_CHOICE = "language"
_YEAR_SECONDS = 365 * 86400
LONGEST = 200
"""Letters of an address that is put into an answer: it stands there some ten times."""


def language_for(request: web.Request) -> Language:
    """Give the language of an answer."""
    chosen = request.cookies.get(_COOKIE, "")
    if chosen in LANGUAGES or chosen == PSEUDO:
        return language_of(chosen)
    return language_of(_asked(request.headers.get("Accept-Language", "")))


def chosen(request: web.Request) -> web.Response | None:
    """Keep what somebody chose by a link, and lead back to where the link was; None: no choice."""
    code = request.query.get(_CHOICE, "")
    if request.method != "GET" or (code not in LANGUAGES and code != PSEUDO):
        return None
    answer = web.Response(status=303, headers={"Location": _without(request)})
    answer.set_cookie(
        _COOKIE, code, max_age=_YEAR_SECONDS, httponly=True, samesite="Strict",
        secure=request.secure,
    )  # fmt: skip
    return answer


def link_to(code: str, request: web.Request, places: Collection[str]) -> str:
    """Give the address that shows what is shown now in another language.

    `places`: what can be asked for without a form. What a form's answer shows is shown nowhere
    else: from there it leads to the form's own screen, or to the overview.
    """
    if request.method == "GET" and len(request.path_qs) <= LONGEST:
        here = _without(request)
    else:
        here = request.path if request.path in places else "/"
    return f"{here}{'&' if '?' in here else '?'}{urlencode({_CHOICE: code})}"


def _without(request: web.Request) -> str:
    """Give the address without a choice of language.

    A path of ours begins with one slash: to a browser, `//host/` and `/\\host/` are of others.
    """
    query = [(name, value) for name, value in request.query.items() if name != _CHOICE]
    path = "/" + request.rel_url.raw_path.lstrip("/\\")
    return f"{path}?{urlencode(query)}" if query else path


def _asked(accepted: str) -> str:
    """Give the best of what a browser accepts (RFC 9110, 12.5.4) that we have; English if none."""
    found: dict[str, float] = {}
    for each in accepted[:1000].split(","):
        name, _, weight = each.strip().partition(";")
        code = name.partition("-")[0].strip().lower()
        if code in LANGUAGES:
            found[code] = max(found.get(code, 0.0), _weight(weight))
    best = max(found, key=lambda code: found[code], default="en")
    return best if found.get(best) else "en"


def _weight(text: str) -> float:
    name, _, value = text.partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
