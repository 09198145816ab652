"""How MariaDB compares text in Moodle's columns: utf8mb4_unicode_ci, Moodle's own choice.

The one rule: case, accents, width and blanks at the end do not count, nor in which script a digit
is written; whatever lies beyond Unicode's first plane, emoji above all, is one and the same
character (seen). A site on PostgreSQL takes more names for different; what is told apart here is
told apart there. Letters are told by their decomposition, which is not the whole of MariaDB's
table of weights.
"""

import unicodedata

_LAST = 0xFFFF
"""The last character of Unicode's first plane."""

# Letters of their own, which stand behind the one that they look like (seen of ł).
_OWN_LETTERS = str.maketrans(
    {own: f"{like}\uffff" for own, like in zip("łøđħŧæ", "lodhta", strict=True)}
)


def key(text: str) -> str:
    """What of a text counts; equal keys are equal texts to the database."""
    told = "".join("\N{REPLACEMENT CHARACTER}" if ord(char) > _LAST else char for char in text)
    folded = told.rstrip(" ").casefold().translate(_OWN_LETTERS)
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join(_plain(char) for char in decomposed if not unicodedata.combining(char))


def _plain(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def collate(one: str, other: str) -> int:
    """SQLite's callback: negative, zero or positive as the first is before, the same or after."""
    first, second = key(one), key(other)
    return (first > second) - (first < second)
