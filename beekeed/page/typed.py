"""Settings as a form shows them, and what somebody typed there as settings.

What a setting may be is decided by the daemon: here only a text becomes a number, a switch or
a list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from beekeed.page.asking import Data

UNITS: Mapping[str, int] = {"limit.bytes": 10**6, "sync.audit_bytes": 1000}
"""How many bytes are one of what a form counts in: MB, and kB."""
RANGES: Mapping[str, tuple[int, int]] = {
    "limit.bytes": (0, 10**9),
    "sync.audit_bytes": (0, 10_000),
    "top_up": (1, 10**9),
}
"""Between what the daemon takes such a number, in what the form counts in."""
# Not 1,500 and 1.500: to some that is one and a half, to others fifteen hundred.
_NUMBER = re.compile(r"\d+([.,]\d{1,2})?")


class Unreadable(Exception):
    """What was typed is no number. `key`: of which setting."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Field:
    """A setting in a form. `text`: as typed, or as it is; `fixed`: by which file, if any."""

    key: str
    text: str
    default: str
    fixed: str | None


def field(setting: Data, typed: Mapping[str, str]) -> Field:
    """Give a setting of `GET /v1/settings` as its form shows it."""
    key = setting["key"]
    text = typed.get(key, shown(key, setting["value"]))
    return Field(key, text, shown(key, setting["default"]), setting["fixed"])


def shown(key: str, value: Any) -> str:
    """Show a value as it would be typed."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{Decimal(value) / UNITS.get(key, 1):f}"
    return "\n".join(value) if isinstance(value, list) else str(value)


def changed(setting: Data, text: str) -> bool:
    """Tell whether somebody typed something else than was there."""
    return text.split() != shown(setting["key"], setting["value"]).split()


def value(setting: Data, text: str) -> str | int | bool | list[str]:
    """Read what was typed as what its setting is. Raises Unreadable."""
    key, like = setting["key"], setting["default"]
    if isinstance(like, bool):
        return text == "on"
    if isinstance(like, int):
        return number(key, text, UNITS.get(key, 1))
    if isinstance(like, list):
        return [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]
    return text


def number(key: str, text: str, unit: int) -> int:
    """Read a number of units, like 500 or 1.5. Raises Unreadable where it is none, or not whole."""
    plain = "".join(text.split())
    if _NUMBER.fullmatch(plain) and len(plain) < 20:
        amount = Decimal(plain.replace(",", ".")) * unit
        if amount == int(amount):
            return int(amount)
    raise Unreadable(key)
