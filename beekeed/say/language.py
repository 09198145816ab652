"""One language: every word, sentence, number and time as its readers write them.

English is the source; the others are gettext catalogues under `locale/`, compiled when beekeed
is installed. What a catalogue lacks is said in English. Numbers and sizes are written with
Western digits in every language, as Moodle's own language packs do.
"""

import functools
import gettext
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from beekeed.say.details import OURS, detail_of
from beekeed.say.phrases import PHRASES
from beekeed.say.pseudo import PSEUDO, Pseudo
from beekeed.say.sentences import SENTENCES
from beekeed.say.words import CONTEXTS, MONTHS, PLURALS, WORDS

_LOCALES = Path(__file__).parent / "locale"

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "fr": "Français",
    "es": "Español",
    "ar": "العربية",
}
"""Each language by its code, as its readers call it, in the order in which they are offered."""

_RIGHT_TO_LEFT = frozenset({"ar"})
_UNGROUPED = 10_000  # below it, digits stand together: 1600, as most of the four write it
_TOLD = "%Y-%m-%d %H:%M UTC"  # a time among the parameters of a sentence


@dataclass(frozen=True, slots=True)
class Said:
    """What happened and what it means, what to do, and who should: a word of its own, or none."""

    what: str
    remedy: str
    who: str


class Language:
    """Says things in one language. `code`: as HTML's lang has it."""

    def __init__(self, code: str, catalogue: gettext.NullTranslations) -> None:
        self.code = code
        self.direction = "rtl" if code in _RIGHT_TO_LEFT else "ltr"
        self._catalogue = catalogue

    def gettext(self, text: str, /, **values: object) -> str:
        """Say a text that stands in a template or a command."""
        said = self._catalogue.gettext(text)
        return said.format_map(values) if values else said

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> str:
        """Say a text that has a singular and a plural."""
        said = self._catalogue.ngettext(one, many, count)
        return said.format_map(values) if values else said

    def say(
        self, code: str, params: Mapping[str, object], mark: Callable[[str], str] = str
    ) -> Said:
        """Say a trouble or a reason. A code of a newer beekeed is shown as it stands.

        `mark`: what is done to each value that is put in and is not a text of ours.
        """
        entry = SENTENCES.get(code)
        if entry is None:
            return Said(code, "", "")
        shown = _Shown({name: _Param(name, value, self, mark) for name, value in params.items()})
        sentences = [entry.what, *(part for name, part in entry.parts.items() if params.get(name))]
        return Said(
            " ".join(self.gettext(sentence).format_map(shown) for sentence in sentences),
            self.gettext(entry.remedy).format_map(shown) if entry.remedy else "",
            entry.who,
        )

    def detail(self, text: str, mark: Callable[[str], str] = str) -> str:
        """Say a text of ours that came in as a value; that of another program stays as it is."""
        found = detail_of(text)
        if found is None:
            return mark(text)
        detail, values = found
        said = {
            name: self.detail(value, mark) if name in OURS else mark(value)
            for name, value in values.items()
        }
        return self.gettext(detail).format_map(said)

    def word(self, name: str) -> str:
        """Say a status, a kind of change, a verdict; what has no word is shown as it stands."""
        if name in CONTEXTS:
            return self._catalogue.pgettext(CONTEXTS[name], WORDS[name])
        return self.gettext(WORDS[name]) if name in WORDS else name

    def counted(self, count: int, name: str) -> str:
        """Say how many of something there are."""
        one, many = f"{{count}} {WORDS[name]}", f"{{count}} {PLURALS[name]}"
        return self.ngettext(one, many, count, count=self.number(count))

    def phrase(self, name: str, **values: str) -> str:
        """Say a sentence of a mail with what is put into it."""
        return self.gettext(PHRASES[name]).format_map(_Shown(values))

    def number(self, count: int) -> str:
        """Write a number; a large one in groups of three digits."""
        if abs(count) < _UNGROUPED:
            return str(count)
        return f"{count:,}".replace(",", self._catalogue.pgettext("between thousands", ","))

    @property
    def units(self) -> Sequence[str]:
        """How bytes, kB, MB and GB are written, each with a place for `{count}`."""
        return (
            self.gettext("{count} B"),
            self.gettext("{count} kB"),
            self.gettext("{count} MB"),
            self.gettext("{count} GB"),
        )

    @property
    def decimal_mark(self) -> str:
        """What stands before the tenths of a number."""
        return self._catalogue.pgettext("in decimals", ".")

    def size(self, count: int) -> str:
        """Write bytes as people count them on a mobile plan: 1 kB is 1,000 bytes."""
        units = self.units
        if count < 1000:
            return units[0].format(count=count)
        step, worth = 1, 1e3
        while count / worth >= 1000 and step + 1 < len(units):
            step, worth = step + 1, worth * 1000
        return units[step].format(count=f"{count / worth:.1f}".replace(".", self.decimal_mark))

    def span(self, seconds: float | None) -> str:
        """Write a duration."""
        if seconds is None:
            return "-"
        minutes, rest = divmod(int(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return self.gettext("{hours} h {minutes} min", hours=hours, minutes=minutes)
        if minutes:
            return self.gettext("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
        return self.gettext("{seconds} s", seconds=rest)

    def day(self, day: date) -> str:
        """Write a day."""
        month = self.gettext(MONTHS[day.month - 1])
        number = str(day.day)
        if day.day == 1:
            number = self._catalogue.pgettext("the first of a month", "1")
        return self.gettext("{day} {month} {year}", day=number, month=month, year=day.year)

    def listed(self, items: Iterable[str]) -> str:
        """Write several things one after the other."""
        return self._catalogue.pgettext("between things", ", ").join(items)

    def month(self, day: date) -> str:
        """Write the month that a day is in."""
        return self.gettext(
            "{month} {year}", month=self.gettext(MONTHS[day.month - 1]), year=day.year
        )

    def moment(self, moment: datetime) -> str:
        """Write a time in UTC to the minute, and beside it what clocks show where the box is."""
        at, here = moment.astimezone(UTC), moment.astimezone()
        said = self.gettext("{date}, {time} UTC", date=self.day(at.date()), time=f"{at:%H:%M}")
        if not here.utcoffset():
            return said
        local = f"{here:%H:%M}"
        if here.date() != at.date():
            local = self.gettext("{date}, {time}", date=self.day(here.date()), time=local)
        return self.gettext("{moment} ({local} here)", moment=said, local=local)


@functools.cache
def language_of(code: str) -> Language:
    """Give a language; English, where a code is none of ours."""
    if code == PSEUDO:
        return Language(code, Pseudo())
    if code not in LANGUAGES:
        return language_of("en")
    return Language(code, gettext.translation("beekeed", _LOCALES, [code], fallback=True))


def clean(text: str) -> str:
    """Take from a name what could trick a terminal or a page: control and format characters."""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))


class _Shown(dict[str, object]):
    """What is put into a sentence; what is missing shows as an ellipsis."""

    def __missing__(self, key: str) -> object:
        return _Param(key, "…", language_of("en"), str)


class _Param:
    """What is put into a sentence: `{at:moment}`, `{on:date}`, `{n:change}` (counted), `{name}`."""

    def __init__(
        self, name: str, value: object, tongue: Language, mark: Callable[[str], str]
    ) -> None:
        self._name = name
        self._value = value
        self._tongue = tongue
        self._mark = mark

    def __format__(self, form: str) -> str:
        text = clean(str(self._value))
        try:
            match form:
                case "moment":
                    at = datetime.strptime(text, _TOLD).replace(tzinfo=UTC)
                    return self._tongue.moment(at)
                case "date":
                    return self._tongue.day(date.fromisoformat(text))
                case "":
                    is_ours = self._name in OURS
                    return self._tongue.detail(text, self._mark) if is_ours else self._mark(text)
                case _:
                    return self._tongue.counted(int(text), form)
        except ValueError:  # of another version of beekeed: it is shown as it was noted
            return text
