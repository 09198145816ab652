"""An answer as a corpus file has it: a status line, headers, an empty line, a body."""

import re
from datetime import UTC

from multidict import CIMultiDict

from beekeed.moodle import wire


def read(data: bytes) -> wire.Json:
    """Read an answer as the transport hands it on; without a head it is all body, of a success.

    Raises what `wire.read` raises.
    """
    head, parted, body = data.partition(b"\n\n")
    text = head.decode("utf-8", "surrogateescape")  # as aiohttp reads a head
    first, *lines = text.split("\n")
    found = re.fullmatch(r"([1-5][0-9][0-9])(?: (.*))?", first, re.DOTALL)
    if found is None or not parted:
        return wire.read(200, CIMultiDict(), data)
    headers = CIMultiDict([(name, value) for name, _, value in _parted(lines)])
    heard = wire.date_of(headers)
    assert heard is None or heard.tzinfo is UTC
    return wire.read(int(found[1]), headers, body, found[2] or "")


def _parted(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(": ") for line in lines]


WORDS = (
    *("200 OK\n\n", "503 Moodle under maintenance\n\n", "303 See\nLocation: http://[\n\n"),
    *("429 \nRetry-After: ", "Date: Sat, 28 Nov 2026 12:00:00 GMT\n", "\nLocation: "),
    *("exception", "errorcode", "message", "invalidtoken", "accessexception", "invalidrecord"),
    *("external_functions", "sitemaintenance", "invalidparameter", "\\ud800", "\\u0000", "NaN"),
    *("null", "true", "false", "[]", "{}", "1e999", "9223372036854775808", "-1", "0.5", '""'),
)
