"""Finds what the page says that is no text of ours in the pseudo-language."""

import re
from collections.abc import Collection, Iterator
from html.parser import HTMLParser

_SAID = ("title", "alt", "aria-label", "placeholder", "data-label")
_UNSEEN = frozenset({"script", "style", "textarea"})  # what stands in a field is a value
_WORD = re.compile(r"[^\W\d_]+")
# A Sync Event ID, a function or a capability of Moodle, a teacher's comment.
_TECHNICAL = r"\b(?:\d{4}-[0-9a-z]{5}|[a-z]+(?:_[a-z]+)+|[a-z]+/[a-z]+:[a-z]+)\b|“[^”<]*”"
_TOUCHED = frozenset("aeiouyAEIOUYcnsz")  # the pseudo-language leaves none of these as it is


class _Reader(HTMLParser):
    """Collects what can be read or heard: the text in one piece, and each attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.text = ""
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note its attributes."""
        self._unseen += tag in _UNSEEN
        self.pieces += [value for name, value in attrs if name in _SAID and value]

    def handle_endtag(self, tag: str) -> None:
        """Leave what cannot be seen."""
        self._unseen -= tag in _UNSEEN

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if not self._unseen:
            self.text += f"{data}\n" if not data.isspace() else data


def unmarked(html: str, allowed: Collection[str]) -> list[str]:
    """Give the words that are neither in a text of ours nor among what is allowed.

    Within a text of ours, a word that kept its plain letters was put in: it must be allowed too.
    """
    reader = _Reader()
    reader.feed(html)
    names = sorted((re.escape(each) for each in allowed), key=len, reverse=True)
    known = re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)|{_TECHNICAL}")
    return [
        word for piece in (reader.text, *reader.pieces) for word in _strange(known.sub(" ", piece))
    ]


def _strange(piece: str) -> Iterator[str]:
    depth = 0
    for part in re.split(r"([⟦⟧])", piece):
        if part in ("⟦", "⟧"):
            depth += 1 if part == "⟦" else -1
            assert depth >= 0, piece
            continue
        for word in _WORD.findall(part):
            if depth == 0 or _TOUCHED & set(word):
                yield word
    assert depth == 0, piece
