"""What a mail about a sync says: a heading, sentences, facts and items, in words.

Rule: nothing here names a learner. Names of courses and sites are made one clean line each.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from beekeed.core.mail import Mailing, Notify, Series
from beekeed.core.model import Reason, RunStatus
from beekeed.core.request import VERIFY, Period
from beekeed.ports.stores import Action, Run, RunDetails
from beekeed.say import clean, counted, phrase, say, word
from beekeed.say.amounts import minute, size, span

_MOST_ITEMS = 12
_LONGEST_NAME = 80
_NAMES = 10


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Item:
    """A thing to look at: what it is, and what there is to say of it."""

    what: str
    said: str


@dataclass(frozen=True, slots=True)
class Content:
    """A mail in words: its subject, sentences, facts, items, and what stands below them."""

    subject: str
    sentences: Sequence[str]
    facts: Sequence[Fact] = ()
    items: Sequence[Item] = ()
    below: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Which box it is, and to which site it brings its work."""

    box: str
    site: str
    host: str


def of_test(place: Place, language: str) -> Content:
    """Give what a test message says."""
    subject = phrase("mail_subject_test", language, box=one_line(place.box))
    return Content(subject, [phrase("mail_test", language)], _places(place, language))


def of_run(
    details: RunDetails,
    *,
    place: Place,
    mailing: Mailing,
    over: Series | None = None,
    dropped: int = 0,
) -> Content:
    """Give what the mail about a run says. `over`: the failures that it ended; `dropped`: mails."""
    run, language = details.run, mailing.language
    items = list(_items(details, language))
    more = len(items) - _MOST_ITEMS
    below = [phrase("mail_more", language, count=str(more))] if more > 0 else []
    if dropped:
        count = counted(dropped, "mail_older", language)
        below.append(phrase("mail_dropped", language, count=count))
    return Content(
        _subject(run, over, one_line(place.box), language),
        list(_sentences(run, over, mailing)),
        [*_places(place, language), *_facts(details, language)],
        items[:_MOST_ITEMS],
        below,
    )


def one_line(text: str, longest: int = _LONGEST_NAME) -> str:
    """Make a name one line without anything that could trick who reads it, and not too long."""
    line = " ".join(clean(" ".join(text.split())).split())
    return line if len(line) <= longest else f"{line[:longest].rstrip()} …"


def _subject(run: Run, over: Series | None, box: str, language: str) -> str:
    if over is not None and run.status is RunStatus.COMPLETED:
        return phrase("mail_subject_over", language, box=box)
    name = "mail_subject_verify" if run.cause == VERIFY else "mail_subject"
    return phrase(name, language, box=box, status=word(run.status, language))


def _sentences(run: Run, over: Series | None, mailing: Mailing) -> Iterator[str]:
    language = mailing.language
    if over is not None:
        count = counted(over.count, f"run_{over.bout}", language)
        yield phrase(f"mail_over_{over.bout}", language, count=count, since=minute(over.since))
    if run.cause == VERIFY:
        yield phrase("mail_verify", language)
    if run.cause != VERIFY or run.status is not RunStatus.COMPLETED:
        yield phrase(f"mail_{run.status}", language)
    if run.reason is not None:
        yield _said(run.reason, language)
    if not run.clock_trusted:
        yield f"{word('clock_doubted', language).capitalize()}."
    is_failure = run.status in (RunStatus.ERROR, RunStatus.SKIPPED)
    if is_failure or (run.status is RunStatus.PARTIAL and mailing.notify is Notify.FAILURES):
        yield phrase("mail_folded", language)


def _said(reason: Reason, language: str) -> str:
    """Say what happened, who should act, and what to do."""
    params = {
        name: one_line(value, 400) if isinstance(value, str) else value
        for name, value in reason.params.items()
    }
    said = say(reason.code, params, language)
    if not said.remedy:
        return said.what
    who = f"{word(said.who, language)}: " if said.who else ""
    return f"{said.what} {who}{said.remedy}"


def _places(place: Place, language: str) -> list[Fact]:
    site = f"{one_line(place.site)} ({place.host})" if place.site else place.host
    return [
        Fact(phrase("mail_box", language), one_line(place.box)),
        Fact(phrase("mail_site", language), one_line(site, 2 * _LONGEST_NAME)),
    ]


def _facts(details: RunDetails, language: str) -> Iterator[Fact]:
    run = details.run
    yield Fact(phrase("mail_event", language), run.event_id)
    started = minute(run.started_at)
    if run.seconds is not None:
        started = phrase("mail_took", language, at=started, span=span(run.seconds))
    yield Fact(phrase("mail_started", language), started)
    if run.period is not None:
        yield Fact(phrase("mail_period", language), _days(run.period))
    sent, received = size(run.traffic.sent), size(run.traffic.received)
    yield Fact(
        phrase("mail_data", language),
        phrase("mail_bytes", language, sent=sent, received=received),
    )
    if courses := [one_line(each.fullname) for each in details.courses if each.left_out is None]:
        shown = ", ".join(courses[:_NAMES]) + (" …" if len(courses) > _NAMES else "")
        yield Fact(phrase("mail_courses", language), shown)
    if details.actions:
        yield Fact(phrase("mail_actions", language), _actions(details.actions, language))
    if run.waiting is not None:
        yield Fact(phrase("mail_waiting", language), _waiting(run, language))


def _days(period: Period) -> str:
    same = period.first == period.last
    return str(period.first) if same else f"{period.first} – {period.last}"


def _actions(actions: Sequence[Action], language: str) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for each in actions:
        counts[each.kind, each.verdict] += each.count
    return ", ".join(
        f"{counted(count, kind, language)} {word(verdict, language)}"
        for (kind, verdict), count in counts.items()
    )


def _waiting(run: Run, language: str) -> str:
    waiting = counted(run.waiting or 0, "change", language)
    if not run.set_aside:
        return waiting
    return phrase("mail_aside", language, waiting=waiting, count=str(run.set_aside))


def _items(details: RunDetails, language: str) -> Iterator[Item]:
    """Give what was left out, and what was not sent and why; the run's own reason is said above."""
    for course in details.courses:
        if course.left_out is not None:
            what = phrase("mail_left_out", language, course=one_line(course.fullname))
            yield Item(what, _said(course.left_out, language))
    for course in details.courses:
        if course.left_out is None and course.warning is not None:
            yield Item(one_line(course.fullname), _said(course.warning, language))
    for action in details.actions:
        if action.reason is not None and action.reason != details.run.reason:
            count = counted(action.count, action.kind, language)
            verdict = word(action.verdict, language)
            what = phrase("mail_item", language, count=count, verdict=verdict)
            yield Item(what, _said(action.reason, language))
