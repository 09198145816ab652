"""Reads requests as PHP does and writes answers as Moodle's REST server does: pure, no I/O.

The one rule: PHP's rules for forms, its limit on the number of fields included, which cuts
without a word (README, Transport).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

Form: TypeAlias = dict[int | str, Any]
"""A PHP array: a text, or again a Form, under each key."""

_DEPTH = 64  # PHP's max_input_nesting_level


def parse_form(encoded: bytes, max_input_vars: int) -> Form:
    """A query string or form body as PHP's $_GET or $_POST has it.

    Fields beyond `max_input_vars` are cut without an error. Seen on a real site: as many fields
    as the limit are read, one more is not.
    """
    form: Form = {}
    fields = [field for field in encoded.split(b"&") if field]
    for field in fields[:max_input_vars]:
        name, _, text = field.partition(b"=")
        _put(form, _decoded(name), _decoded(text))
    return form


def _decoded(encoded: bytes) -> str:
    return unquote_to_bytes(encoded.replace(b"+", b" ")).decode("utf-8", "replace")


def _put(form: Form, name: str, text: str) -> None:
    """Puts one field into its place, making the arrays on the way (`a[b][0][c]`, `a[]`)."""
    keys = _keys(name)
    if not keys:
        return
    place = form
    for key in keys[:-1]:
        below = place.get(_next(place) if key == "" else key)
        if not isinstance(below, dict):
            below = {}
            place[_next(place) if key == "" else key] = below
        place = below
    last = keys[-1]
    place[_next(place) if last == "" else last] = text


def _keys(name: str) -> list[int | str]:
    """The keys of a field's name; an empty one stands for the next number."""
    name = name.lstrip(" ").split("\0", 1)[0]
    stem, bracket, rest = name.partition("[")
    stem = re.sub(r"[ .]", "_", stem)
    if not stem:
        return []
    if not bracket or "]" not in rest:
        return [stem + ("_" + rest if bracket else "")]
    found = re.match(r"(?:\[[^\]]*\])+", bracket + rest)
    inner = re.findall(r"\[([^\]]*)\]", found[0]) if found else []
    return [stem, *(_key(part.lstrip(" ")) for part in inner[:_DEPTH])]


def _key(text: str) -> int | str:
    """PHP makes a number of a key that is written as one."""
    return int(text) if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text) else text


def _next(place: Form) -> int:
    numbers = [key for key in place if isinstance(key, int)]
    return max(numbers, default=-1) + 1


def encode_json(answer: object) -> bytes:
    r"""As PHP's json_encode: no blanks, \u for all but ASCII, a backslash before each slash."""
    return json.dumps(answer, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def encode_error_xml(error: Mapping[str, object]) -> bytes:
    """An exception as the REST server writes it when nobody asked for JSON."""
    lines = ['<?xml version="1.0" encoding="UTF-8" ?>']
    lines.append(f'<EXCEPTION class="{error["exception"]}">')
    if "errorcode" in error:
        lines.append(f"<ERRORCODE>{_xml(error['errorcode'])}</ERRORCODE>")
    lines += [f"<MESSAGE>{_xml(error['message'])}</MESSAGE>", "</EXCEPTION>", ""]
    return "\n".join(lines).encode()


def _xml(text: object) -> str:
    escaped = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace('"', "&quot;")
