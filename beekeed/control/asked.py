"""What a request asks for: its body and query, read in one place, by the types in the table.

A body is JSON; none is the same as `{}`. Whatever is wrong is BAD_REQUEST, with a sentence
for whoever wrote it.
"""

import re
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta

from beekeed.errors import BeekeedError, Code

MOST_BODY_BYTES = 16 * 2**10
LONGEST_WAIT_SECONDS = 60
"""Of one question that is answered when something happened."""

DayText = Annotated[
    str, Meta(description="A day in UTC, like 2026-11-30.", extra_json_schema={"format": "date"})
]
MonthText = Annotated[str, Meta(description="A month, like 2026-11.")]
Number = Annotated[int, Meta(ge=0, lt=10**9)]
Wait = Annotated[
    int,
    Meta(
        ge=0,
        lt=10**9,
        description="Wait first, up to so many seconds and never longer than"
        f" {LONGEST_WAIT_SECONDS}, until there is something to tell.",
    ),
]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request may hold; anything else is refused, so that no slip is overlooked.

    What may be left out of a query and is no text is UNSET then: None could be given as "null".
    """


class AskedMonth(Asked, frozen=True, kw_only=True):
    """The query of what is shown by month."""

    month: MonthText | None = None


Kind = TypeVar("Kind", bound=msgspec.Struct)

_QUERY = web.RequestKey("query", msgspec.Struct)
_BODY = web.RequestKey("body", object)


async def read(
    request: web.Request, body: type[msgspec.Struct] | None, query: type[msgspec.Struct] | None
) -> None:
    """Read what a route takes, for its handler. Raises BeekeedError with what is wrong."""
    request[_QUERY] = _read_query(request, query or Asked)
    request[_BODY] = await _read_body(request, body) if body else None


def query_of(request: web.Request, kind: type[Kind]) -> Kind:
    """Give the query of a request whose route takes that kind."""
    return _given(request[_QUERY], kind)


def body_of(request: web.Request, kind: type[Kind]) -> Kind:
    """Give the body of a request whose route takes that kind."""
    return _given(request[_BODY], kind)


def _given(found: Any, kind: type[Kind]) -> Kind:
    if not isinstance(found, kind):
        raise TypeError(f"the table of routes does not say that this one takes {kind.__name__}")
    return found


def _read_query(request: web.Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    given = dict(request.query)
    if len(given) < len(request.query):
        raise BeekeedError(Code.BAD_REQUEST, detail="something is given twice")
    try:
        return msgspec.convert(given, kind, strict=False)  # not strict: a query is all text
    except msgspec.ValidationError as error:
        raise _refusal(error, kind) from error


async def _read_body(request: web.Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except msgspec.MsgspecError as error:
        raise _refusal(error, kind) from error
    except UnicodeDecodeError as error:  # within a text
        raise BeekeedError(Code.BAD_REQUEST, detail="the body is no JSON") from error


def _refusal(error: msgspec.MsgspecError, kind: type[msgspec.Struct]) -> BeekeedError:
    return BeekeedError(Code.BAD_REQUEST, detail=sentence(str(error), kind))


_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a JSON object",
    "null": "null",
}
_MOST_LETTERS = 60  # of a name that somebody made up


def sentence(detail: str, kind: type[msgspec.Struct]) -> str:
    """Put msgspec's message into words for whoever wrote the request."""
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`.*", detail, re.DOTALL):
        takes = ", ".join(field.encode_name for field in msgspec.structs.fields(kind))
        return f"there is no {unknown[1][:_MOST_LETTERS]} here; it takes {takes or 'nothing'}"
    if missing := re.fullmatch(r"Object missing required field `(.*)`.*", detail):
        return f"{missing[1]} is missing"
    if wrong := re.fullmatch(r"Expected (.*?)(?:, got (.*?))?(?: - at `\$\.?(.*)`)?", detail):
        instead = f", not {_plain(wrong[2])}" if wrong[2] else ""
        return f"{wrong[3] or 'the body'} must be {_plain(wrong[1])}{instead}"
    if wrong := re.fullmatch(r"Invalid enum value (.*) - at `\$\.?(.*)`", detail, re.DOTALL):
        return f"{wrong[2]} cannot be {wrong[1][:_MOST_LETTERS]}"
    if detail.startswith(("JSON", "Input data")):
        return "the body is no JSON"
    return detail.replace("`", "").replace("$.", "")


def _plain(technical: str) -> str:
    """Put one of msgspec's types into words: `str | null` is "text or null"."""
    words = re.compile(r"`([a-z| ]+)`")
    return words.sub(
        lambda found: " or ".join(_WORDS.get(each, each) for each in found[1].split(" | ")),
        technical,
    )
