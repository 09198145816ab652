"""What a target is, and what all of them hold true of what they read."""

import math
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import msgspec

from beekeed.core.model import Reason
from beekeed.errors import BeekeedError
from beekeed.say import language_of

_LARGEST = 2**63 - 1  # of an integer in SQLite


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes bytes from outside.

    `taste`: has it take some, and raises where anything else happens than may; `words`: what is
    put together to make such bytes.
    """

    taste: Callable[[bytes], None]
    words: tuple[str, ...] = ()


def check_told(error: BeekeedError) -> None:
    """Hold that a trouble can be logged, kept, and said: also from right to left."""
    str(error).encode()
    check_kept(Reason(error.code, error.params))
    for code in ("en", "ar"):
        said = language_of(code).say(error.code, error.params)
        f"{said.what}{said.remedy}{said.who}".encode()


def check_kept(value: Any) -> None:
    """Hold that our database can keep all that was read of an answer: texts and numbers."""
    match value:
        case bool() | None:
            pass
        case str():
            value.encode()  # no half of a character
        case int():
            assert -_LARGEST - 1 <= value <= _LARGEST, "a number that our database cannot keep"
        case float():
            assert math.isfinite(value), "a number that is none"
        case Mapping():
            for key, each in value.items():
                check_kept(key)
                check_kept(each)
        case tuple() | list() | AbstractSet():
            for each in value:
                check_kept(each)
        case _:
            check_kept([getattr(value, name) for name in _names(value)])


def _names(value: Any) -> list[str]:
    if is_dataclass(value):
        return [each.name for each in fields(value)]
    if isinstance(value, msgspec.Struct):
        return [each.name for each in msgspec.structs.fields(type(value))]
    return []
