"""Brings what is said up to date in every language's catalogue, for its translators.

    python packaging/languages.py [--check]

Finds every text in templates, commands (`_`, `ngettext`) and tables of texts, and puts
it into `beekeed/say/locale/LANGUAGE/LC_MESSAGES/beekeed.po`, with an empty translation where it
is new; what is said no more is taken out. Compiles them as well. With --check nothing is
written: it tells what is not translated or said no more, and ends with 1 where there is any.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from beekeed.ctl import COMMANDS, parsing
from beekeed.ctl.exits import EXITS
from beekeed.say import LANGUAGES
from beekeed.say.details import DETAILS
from beekeed.say.phrases import PHRASES
from beekeed.say.sentences import SENTENCES
from beekeed.say.words import CONTEXTS, MONTHS, PLURALS, WORDS

PACKAGE = Path(__file__).parent.parent / "beekeed"
LOCALES = PACKAGE / "say" / "locale"

_METHODS = [
    ("ctl/**.py", "python"),
    ("page/*.py", "python"),
    ("say/*.py", "python"),
    ("page/templates/**.html", "jinja2"),
]
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_PUT_IN = re.compile(r"\{[^}]*\}")
_NOISE = (
    *(b'"Project-Id-Version', b'"Report-Msgid-Bugs-To', b'"POT-Creation-Date'),
    *(b'"PO-Revision-Date', b'"Last-Translator', b'"Language-Team', b'"Generated-By'),
)


class Text(NamedTuple):
    """A text to be translated. `where`: the file, and what the table calls it."""

    singular: str
    plural: str
    context: str | None
    where: str
    hint: str = ""


def main() -> int:
    """Write the catalogues, or check them."""
    is_check = "--check" in sys.argv[1:]
    troubles = 0
    for code in sorted(LANGUAGES.keys() - {"en"}):
        source = LOCALES / code / "LC_MESSAGES" / "beekeed.po"
        before = catalogue(source, code)
        after = merged(before, code)
        missing = [each.id for each in after if each.id and not is_said(each.string)]
        left = [each.id for each in before if each.id and after.get(each.id, each.context) is None]
        troubles += len(missing) + len(left)
        sys.stderr.write(f"{code}: {len(missing)} not translated, {len(left)} said no more\n")
        if is_check:
            sys.stderr.writelines(f"  {each!r}\n" for each in (*missing, *left))
            continue
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(written(after))
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, after)
    return 1 if is_check and troubles else 0


def catalogue(source: Path, code: str) -> Catalog:
    """Read a language's catalogue; an empty one where there is none yet."""
    if not source.exists():
        return Catalog(locale=code)
    with source.open("rb") as file:
        return read_po(file, locale=code)


def merged(before: Catalog, code: str) -> Catalog:
    """Give what is said now, with the translations that there are."""
    after = Catalog(
        locale=code,
        project="beekeed",
        fuzzy=False,
        header_comment=f"# {LANGUAGES[code]}: brought up to date by packaging/languages.py",
    )
    for text in texts():
        name = (text.singular, text.plural) if text.plural else text.singular
        known = before.get(text.singular, text.context)
        is_same_kind = known is not None and known.pluralizable == bool(text.plural)
        message = after.add(
            name,
            known.string if known is not None and is_same_kind else None,
            context=text.context,
            locations=[(text.where, None)],  # type: ignore[list-item]
            auto_comments=[text.hint] if text.hint else [],
        )
        message.locations = sorted(set(message.locations))
    return after


def written(after: Catalog) -> bytes:
    """Write a catalogue; without what changes with each writing, and what git knows better."""
    target = io.BytesIO()
    write_po(target, after, width=96)
    lines = target.getvalue().splitlines(keepends=True)
    return b"".join(each for each in lines if not each.startswith(_NOISE))


def is_said(translation: str | tuple[str, ...] | list[str] | None) -> bool:
    """Tell whether there is a translation, of every plural form."""
    if isinstance(translation, (tuple, list)):
        return bool(translation) and all(translation)
    return bool(translation)


def texts() -> Iterator[Text]:
    """Give all that is said, in an order that stays."""
    for code, entry in SENTENCES.items():
        for each in (entry.what, *entry.parts.values(), entry.remedy):
            if any(map(str.isalpha, _PUT_IN.sub("", each))):
                yield Text(each, "", None, "beekeed/say/sentences.py", f"{code}, {entry.who}")
    for name, word in WORDS.items():
        yield Text(word, "", CONTEXTS.get(name), "beekeed/say/words.py", name)
    for name, plural in PLURALS.items():
        yield Text(
            f"{{count}} {WORDS[name]}", f"{{count}} {plural}", None, "beekeed/say/words.py", name
        )
    for month in MONTHS:
        yield Text(month, "", None, "beekeed/say/words.py")
    for name, phrase in PHRASES.items():
        yield Text(phrase, "", None, "beekeed/say/phrases.py", name)
    for detail in DETAILS:
        yield Text(detail, "", None, "beekeed/say/details.py")
    for name, command in COMMANDS.items():
        yield Text(command.SUMMARY, "", None, "beekeed/ctl", f"beekeectl {name}")
    for code, text in EXITS.items():
        yield Text(text, "", None, "beekeed/ctl/exits.py", f"exit code {code.value}")
    for text, plural in parsing.WORDS.items():
        yield Text(text, plural, None, "beekeed/ctl/parsing.py", "of Python's argparse")
    options = {"**.html": {"trimmed": "true"}}
    for file, _, found, _, context in extract_from_dir(
        PACKAGE, _METHODS, options, _KEYWORDS, strip_comment_tags=True
    ):
        singular, plural = (found, "") if isinstance(found, str) else (found[0], found[1])
        yield Text(singular, plural, context, f"beekeed/{file}")


if __name__ == "__main__":
    sys.exit(main())
