"""Moodle's cleaning of single values, by the type of its parameter descriptions.

The one rule: as PHP and lib/classes/param.php do it. A value is valid when cleaning leaves it as
it was, compared as text; the surprises of PHP's text (`false` is the empty text, so it is no
whole number, but `true` is "1", which is one) are kept.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from beekeed.sandbox.errors import NotBuilt

_INT = re.compile(r"\s*([+-]?\d+)")
_FLOAT = re.compile(r"[+-]?[0-9]*\.?[0-9]*(e[-+]?[0-9]+)?", re.IGNORECASE)
_PLUGIN = re.compile(r"[a-z](?:[a-z0-9_](?!__))*[a-z0-9]+")
# A module's name has no underscore of its own, and nothing has two in a row.
_COMPONENT = re.compile(r"(?!.*__)(?!mod_.*_)[a-z][a-z0-9]*(_[a-z][a-z0-9_]*)?[a-z0-9]+")
_TIMEZONE = re.compile(
    r"(([+-]?(0?[0-9](\.[5|0])?|1[0-3](\.0)?|1[0-2]\.5))|(99)|[a-zA-Z0-9]+(/?[a-zA-Z_-])+)"
)
_TAGS = ("p", "b", "i", "em", "strong", "ul", "ol", "li")
_PAIRED_TAG = re.compile(rf"</?(?:{'|'.join(_TAGS)})>")
_AUTHS = ("cas", "db", "email", "ldap", "lti", "manual", "mnet", "nologin", "none", "oauth2")
_THEMES = ("boost", "classic")


def php_text(value: object) -> str:
    """A scalar as PHP turns it into text."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def strip_tags(text: str) -> str:
    """PHP's `strip_tags`: `<` before a blank stays, any other takes all up to its `>` away."""
    kept: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == "<" and not text[position + 1 : position + 2].isspace():
            position = _tag_end(text, position)
            continue
        if char != "\0":
            kept.append(char)
        position += 1
    return "".join(kept)


def format_string(text: str) -> str:
    """A name for HTML (`format_string`): no tags, `&` and `<` escaped, quotes as they are.

    What looks like an entity stays one.
    """
    escaped = re.sub(r"&(?![a-zA-Z0-9#]{1,8};)", "&amp;", text)
    return strip_tags(escaped).replace("<", "&lt;").replace(">", "&gt;")


def format_text(text: str, *, is_html: bool = True) -> str:
    """A longer text for HTML (`format_text`); of markup, plain paired tags are built only."""
    rest = _PAIRED_TAG.sub("", text) if is_html else text
    is_paired = all(text.count(f"<{tag}>") == text.count(f"</{tag}>") for tag in _TAGS)
    if re.search(r"[<>]|&[a-zA-Z0-9#]{1,8};", rest) or (not is_html and "\n" in text):
        raise NotBuilt("texts with such markup as HTML")
    if not is_paired:
        raise NotBuilt("texts with tags that stand alone as HTML")
    return text.replace("&", "&amp;")


def _tag_end(text: str, start: int) -> int:
    """The position behind a tag that starts at `start`; `>` inside quotes does not end it."""
    quote = ""
    for position in range(start + 1, len(text)):
        char = text[position]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == ">":
            return position + 1
    return len(text)


def _int(value: object) -> int:
    if isinstance(value, bool | int | float):
        return int(value)
    found = _INT.match(php_text(value))
    return int(found[1]) if found else 0


def _bool(value: object) -> int:
    text = php_text(value).lower()
    if text in ("on", "yes", "true"):
        return 1
    return 0 if text in ("off", "no", "false", "", "0") else 1


def _username(value: object) -> str:
    return re.sub(r"[^-.@_a-z0-9]", "", php_text(value).strip().lower())


def _only(pattern: str) -> Callable[[object], str]:
    """Cleans by taking away all but the characters of a pattern."""
    return lambda value: re.sub(pattern, "", php_text(value))


def _whole(pattern: re.Pattern[str]) -> Callable[[object], str]:
    """Cleans to the value where it fits a pattern, else to nothing."""
    return lambda value: php_text(value) if pattern.fullmatch(php_text(value)) else ""


def _among(names: tuple[str, ...]) -> Callable[[object], str]:
    """Cleans to the value where this installation has it, else to nothing."""
    return lambda value: php_text(value) if value in names else ""


def _tagless(value: object) -> str:
    return strip_tags(php_text(value))


CLEANERS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "int": _int,
        "bool": _bool,
        "raw": lambda value: value,
        "raw_trimmed": lambda value: php_text(value).strip(" \t\n\r\0\x0b"),
        "alpha": _only("[^a-zA-Z]"),
        "alphanum": _only("[^A-Za-z0-9]"),
        "alphanumext": _only("[^A-Za-z0-9_-]"),
        "sequence": _only("[^0-9,]"),
        "notags": _tagless,
        "text": _tagless,
        "username": _username,
        "plugin": _whole(_PLUGIN),
        "component": _whole(_COMPONENT),
        "area": _whole(_PLUGIN),
        "timezone": _whole(_TIMEZONE),
        "auth": _among(_AUTHS),
        "lang": _among(("en",)),
        "theme": _among(_THEMES),
        # Moodle takes those that are installed; the function that asks knows which it builds.
        "capability": php_text,
    }
)
"""By the type names of the contract; the sandbox's site has English only, as the recorded one."""


def clean(value: object, kind: str) -> object:
    """The value as Moodle would clean it to a type."""
    return CLEANERS[kind](value)


def valid(value: object, kind: str) -> bool:
    """Whether Moodle accepts a scalar for a type (`\\core\\param::validate_param`)."""
    if kind == "float":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        text = php_text(value)
        return is_number or (bool(re.search(r"\d", text)) and bool(_FLOAT.fullmatch(text)))
    return php_text(value) == php_text(clean(value, kind))
