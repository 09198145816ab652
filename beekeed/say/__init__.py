"""Every sentence that a person reads, by code, in the reader's language.

The rest of beekeed gives codes and parameters; the edges (`beekeectl`, the
page, mail) render them here. English is the source; other languages are
gettext catalogues beside this file, and what they lack is said in English.
"""

import functools
import gettext
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from beekeed.say.phrases import PHRASES
from beekeed.say.sentences import SENTENCES
from beekeed.say.words import PLURALS, WORDS

_LOCALES = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Said:
    """What happened and what it means, what to do, and who should: a word of its own, or none."""

    what: str
    remedy: str
    who: str


def say(code: str, params: Mapping[str, str | int], language: str = "en") -> Said:
    """Say a trouble or a reason. A code of a newer beekeed is shown as it stands."""
    translate = _catalogue(language).gettext
    entry = SENTENCES.get(code)
    if entry is None:
        return Said(code, "", "")
    shown = _Shown({name: clean(str(value)) for name, value in params.items()})
    sentences = [entry.what, *(part for name, part in entry.parts.items() if params.get(name))]
    return Said(
        " ".join(translate(sentence).format_map(shown) for sentence in sentences),
        translate(entry.remedy).format_map(shown),
        entry.who,
    )


def word(name: str, language: str = "en") -> str:
    """Say a status, a kind of change, a verdict; a name that has no word is shown as it stands."""
    return _catalogue(language).gettext(WORDS[name]) if name in WORDS else name


def counted(count: int, name: str, language: str = "en") -> str:
    """Say how many of something there are."""
    singular, plural = WORDS[name], PLURALS[name]
    return f"{count} {_catalogue(language).ngettext(singular, plural, count)}"


def phrase(name: str, language: str = "en", **values: str) -> str:
    """Say a sentence of a mail with what is put into it."""
    return _catalogue(language).gettext(PHRASES[name]).format_map(_Shown(values))


def translated(text: str, language: str = "en") -> str:
    """Say a text of a template of the page."""
    return _catalogue(language).gettext(text)


def clean(text: str) -> str:
    """Take from a name what could trick a terminal or a page: control and format characters."""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))


class _Shown(dict[str, str]):
    """Parameters of a sentence; one that is missing shows as an ellipsis."""

    def __missing__(self, key: str) -> str:
        return "…"


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("beekeed", _LOCALES, [language], fallback=True)
