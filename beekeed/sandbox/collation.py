"""How MariaDB compares text in Moodle's columns: utf8mb4_unicode_ci, Moodle's own choice.

The one rule: case, accents and blanks at the end do not count. A site on PostgreSQL is stricter;
who is safe here is safe there. Letters are told by their decomposition in Unicode, which is not
the whole of MariaDB's table of weights.
"""

import unicodedata


def key(text: str) -> str:
    """What of a text counts; equal keys are equal texts to the database."""
    decomposed = unicodedata.normalize("NFKD", text.rstrip(" ").casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def collate(one: str, other: str) -> int:
    """SQLite's callback: negative, zero or positive as the first is before, the same or after."""
    first, second = key(one), key(other)
    return (first > second) - (first < second)
