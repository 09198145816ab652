"""What answered where a Moodle should: told by its answer to a request without a token. Pure.

Behind a certificate that was verified nobody in between can answer: what is no Moodle there
is the site itself. Without one it may be the network's login page.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from beekeed.core.model import Reason
from beekeed.errors import Code, Param

_LOGIN_REQUIRED = 511  # RFC 6585: a network asks for a login in its own words
_BY_PROXIES = frozenset({403, 407, 502, 504})
_BUSY = frozenset({429, 500, 503})
_NOT_THERE = frozenset({404, 410})
_MAINTENANCE_PAGE = (503, "Moodle under maintenance")  # by its command line (seen on 4.5.6)
_IN_MAINTENANCE = frozenset({"sitemaintenance", "upgraderunning"})
_LOGIN = re.compile(rb"<form|http-equiv=.?refresh|location\.(href|replace)|log ?in|sign ?in", re.I)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; names of headers in small letters, of the body perhaps the beginning only."""

    status: int
    phrase: str
    headers: Mapping[str, str]
    body: bytes


def misfit(answer: Answer, address: str) -> Reason | None:
    """Tell why an answer is not a Moodle's; None: it is one's.

    `address`: the site's, as the settings have it.
    """
    site = urlsplit(address)
    host = site.hostname or ""
    params: dict[str, Param] = {"status": answer.status, "address": address, "host": host}
    if (answer.status, answer.phrase) == _MAINTENANCE_PAGE:
        return Reason(Code.MAINTENANCE)
    if site.scheme == "http" and (where := login_page(answer, host)) is not None:
        return Reason(Code.CAPTIVE_PORTAL, {"where": where})
    if 300 <= answer.status < 400:
        return Reason(Code.REDIRECTED, {"where": _target(answer)})
    if answer.status == 403 and not answer.body.strip():
        return Reason(Code.WEB_SERVICES_OFF)
    if answer.status in _BY_PROXIES:
        return Reason(Code.PROXY_ANSWERED, params)
    if answer.status in _BUSY:
        return Reason(Code.SERVER_BUSY, {"status": answer.status})
    if answer.status in _NOT_THERE or (site.scheme == "https" and _is_page(answer)):
        return Reason(Code.NO_MOODLE_THERE, params)
    return _spoken(answer)


def login_page(answer: Answer, host: str) -> str | None:
    """Tell where a network's login page is, if an answer without encryption is one or leads there.

    `host`: who was asked. A site that sends its visitors to its own name is no login page.
    """
    if 300 <= answer.status < 400:
        where = _split(answer.headers.get("location", "")).hostname or host
        return None if _is_same_site(where, host) else _target(answer)
    is_page = answer.status == _LOGIN_REQUIRED or (
        answer.status == 200 and _is_page(answer) and _LOGIN.search(answer.body)
    )
    return host if is_page else None


def _spoken(answer: Answer) -> Reason | None:
    """Read what should be a Moodle's refusal of a request without a token."""
    if _is_page(answer):
        return Reason(Code.NOT_A_MOODLE, {"status": answer.status})
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return Reason(Code.ANSWER_UNREADABLE, {"what": "JSON"})
    if not isinstance(said, dict) or "exception" not in said:
        return Reason(Code.ANSWER_UNREADABLE, {"what": "JSON of something else"})
    return Reason(Code.MAINTENANCE) if str(said.get("errorcode")) in _IN_MAINTENANCE else None


def _is_page(answer: Answer) -> bool:
    return answer.body.lstrip()[:1] == b"<" or not answer.body.strip()


def _is_same_site(one: str, other: str) -> bool:
    return one.removeprefix("www.") == other.removeprefix("www.")


def _target(answer: Answer) -> str:
    return place_of(answer.headers.get("location", ""))


def place_of(location: str) -> str:
    """Give the host of where a redirect leads, or the beginning of what is no address.

    aiohttp makes half characters of a header's bytes that are no UTF-8: nothing can keep those.
    """
    plain = location.encode("utf-8", "replace").decode()
    return _split(plain).netloc or plain[:60]


def _split(location: str) -> SplitResult:
    try:
        return urlsplit(location)
    except ValueError:  # as of "http://["
        return urlsplit("")
