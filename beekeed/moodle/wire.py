"""Moodle's REST protocol as bytes: encoding calls and reading answers. Pure.

A call is a POST form with PHP's brackets; an answer is JSON, and an error is an
object with an `exception`, in an answer of status 200 (recorded). Whatever else
comes back raises RemoteGarbled, RemoteRefused or OutcomeUnknown.
"""

import codecs
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, TypeVar

import msgspec

from beekeed.core.answer import place_of
from beekeed.errors import Code, OutcomeUnknown, RemoteGarbled, RemoteRefused
from beekeed.moodle.functions import BATCH, CONTENTS, COURSES, GROUPS
from beekeed.moodle.refusals import errorcode_of, refused

Json = Any
Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A whole number of an answer: as many bits as PHP and our database have."""
Points = Annotated[float, msgspec.Meta(ge=-1e300, le=1e300)]
"""A number of an answer that is one: neither nan nor infinite."""
Answer = TypeVar("Answer")

_BUSY = frozenset({429, 500, 502, 503, 504})

# Maintenance mode by Moodle's command line: a page before any function runs (seen on 4.5.6).
_MAINTENANCE_PAGE = (503, "Moodle under maintenance")

# PHP reads everything else as it stands: raw brackets, quotes, braces and UTF-8
# save a quarter of the bytes (moodle/README, Transport).
_ESCAPED = str.maketrans(
    {c: f"%{ord(c):02X}" for c in [*map(chr, range(32)), *"%&=+#;", "\x7f"]} | {" ": "+"}
)


# Names as they are in the database, to compare with the box's: else "R&D" comes as "R&amp;D".
# A batch hands nothing of that on to what is in it; each request there says it (seen on 4.5.6).
_RAW = frozenset({CONTENTS, COURSES, GROUPS})


_MOST_DIGITS = 9  # of a Retry-After: thirty years; Python reads no number of thousands

_OWN_FIELDS = 4  # of every call: encode
_FIELDS_IN_BATCH = 3  # of every call in it: batch


@dataclass(frozen=True, slots=True)
class Call:
    """One web service function with its arguments."""

    function: str
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that Moodle gave for one call, alone or in a batch."""

    errorcode: str


def encode(call: Call, token: str) -> bytes:
    """Write a call as the body of its POST.

    PHP cuts a form at its limit of fields without a word (max_input_vars). The function comes
    last, so that what was cut has none and does nothing; a batch's answer shows a cut.
    """
    function = ("wsfunction", call.function)
    fields = [("wstoken", token), ("moodlewsrestformat", "json")]
    if call.function in _RAW:
        fields.append(("moodlewssettingraw", "1"))
    if call.function == BATCH:
        fields.append(function)
    fields.extend(_fields(call.arguments))
    if call.function != BATCH:
        fields.append(function)
    return "&".join(f"{name}={value.translate(_ESCAPED)}" for name, value in fields).encode()


def _fields(value: Json, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _fields(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, inner in enumerate(value):
            yield from _fields(inner, f"{name}[{index}]")
    else:
        yield name, str(int(value) if isinstance(value, bool) else value)


def batch(calls: Sequence[Call]) -> Call:
    """Put several calls into one; never none, which Moodle refuses (recorded)."""
    return Call(
        BATCH,
        {
            "requests": [
                {
                    "function": call.function,
                    "arguments": json.dumps(
                        call.arguments, ensure_ascii=False, separators=(",", ":")
                    ),
                }
                | ({"settingraw": 1} if call.function in _RAW else {})
                for call in calls
            ]
        },
    )


def request(calls: Sequence[Call], *, batches: bool) -> Call:
    """Give the one call that makes some calls: a batch, or a single one where it is shorter."""
    if len(calls) == 1 and (
        not batches or len(encode(calls[0], "")) <= len(encode(batch(calls), ""))
    ):
        return calls[0]
    return batch(calls)


def batch_calls(max_input_vars: int) -> int:
    """Tell how many calls a batch may have below PHP's limit on fields."""
    return max(1, (max_input_vars - 1 - _OWN_FIELDS) // _FIELDS_IN_BATCH)


def fields(call: Call) -> int:
    """Count the fields of a call's form, which PHP limits (max_input_vars)."""
    return sum(1 for _ in _fields(call.arguments)) + _OWN_FIELDS


def read(status: int, headers: Mapping[str, str], body: bytes, phrase: str = "") -> Json:
    """Read an answer: the JSON value of a success, which may be null.

    `phrase`: the words of its status line, where HTTP has them.

    Raises RemoteRefused for Moodle's own errors, OutcomeUnknown where a server
    on the way gave up, RemoteGarbled for all that is not Moodle's web service.
    """
    if (status, phrase) == _MAINTENANCE_PAGE:
        raise RemoteRefused(Code.MAINTENANCE, **_wait(headers))
    if status in _BUSY:
        raise OutcomeUnknown(Code.SERVER_BUSY, status=status, **_wait(headers))
    if 300 <= status < 400:
        raise RemoteGarbled(Code.REDIRECTED, where=place_of(headers.get("Location", "")))
    if status == 403 and not body.strip():
        raise RemoteRefused(Code.WEB_SERVICES_OFF)
    try:
        value = _decoded(body.removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError) as error:
        raise _not_json(status, body) from error
    if status != 200:
        raise RemoteGarbled(Code.NOT_A_MOODLE, status=status)
    if isinstance(value, dict) and "exception" in value:
        raise refused(errorcode_of(value), str(value.get("message", "")))
    return value


def _wait(headers: Mapping[str, str]) -> dict[str, int]:
    """Read how long the server asks to be left alone (RFC 9110, Retry-After), if it does.

    A date there is held against the answer's own: the box's clock may be wrong.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return {"wait_seconds": int(asked.lstrip("0")[:_MOST_DIGITS] or "0")}
    until, now = _moment(asked), date_of(headers)
    if until is None or now is None:
        return {}
    return {"wait_seconds": max(0, int((until - now).total_seconds()))}


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Give when an answer was written, in UTC (RFC 9110, 6.6.1); None where that cannot be told."""
    return _moment(headers.get("Date", ""))


def _moment(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
        return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # of no year that there is
        return None


def _decoded(text: str | bytes) -> Json:
    """Read JSON as RFC 8259 has it: no NaN, and no half of a character, which nothing can keep.

    Raises ValueError and RecursionError.
    """
    return msgspec.json.decode(text)


def _not_json(status: int, body: bytes) -> RemoteGarbled:
    if body.lstrip()[:1] == b"<" or not body.strip():
        return RemoteGarbled(Code.NOT_A_MOODLE, status=status)
    return RemoteGarbled(Code.ANSWER_UNREADABLE, what="JSON")


class _Response(msgspec.Struct):
    error: bool
    data: str | None = None
    exception: str | None = None


class _Responses(msgspec.Struct):
    responses: list[_Response]


def read_batch(value: Json) -> list[Json | Refusal]:
    """Read a batch's answer: a value per call done, and a Refusal where it stopped.

    It may be shorter than what was sent: the calls after the first error, and
    those that PHP cut off without a word, have no answer (recorded).
    """
    answers: list[Json | Refusal] = []
    for response in shaped(value, _Responses).responses:
        text = response.exception if response.error else response.data
        try:
            inner = _decoded("null" if text is None else text)  # null stays null (recorded)
        except (ValueError, RecursionError) as error:
            raise RemoteGarbled(Code.ANSWER_UNREADABLE, what=BATCH) from error
        if response.error:
            fields = inner if isinstance(inner, dict) else {}
            inner = Refusal(errorcode_of(fields))
        answers.append(inner)
    return answers


def shaped(value: Json, shape: type[Answer]) -> Answer:
    """Check that an answer has the shape that Moodle documents; RemoteGarbled if not."""
    try:
        return msgspec.convert(value, shape, strict=False)
    except msgspec.ValidationError as error:
        raise RemoteGarbled(Code.ANSWER_UNREADABLE, what=str(error)) from error
