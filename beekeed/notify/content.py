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
from beekeed.say import Language, clean, language_of

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


def of_test(place: Place, language: Language) -> Content:
    """Give what a test message says."""
    subject = language.phrase("mail_subject_test", box=one_line(place.box))
    return Content(subject, [language.phrase("mail_test")], _places(place, language))


def of_run(
    details: RunDetails,
    *,
    place: Place,
    mailing: Mailing,
    over: Series | None = None,
    dropped: int = 0,
) -> Content:
    """Give what the mail about a run says. `over`: the failures that it ended; `dropped`: mails."""
    run, language = details.run, language_of(mailing.language)
    items = list(_items(details, language))
    more = len(items) - _MOST_ITEMS
    below = [language.phrase("mail_more", count=str(more))] if more > 0 else []
    if dropped:
        count = language.counted(dropped, "mail_older")
        below.append(language.phrase("mail_dropped", count=count))
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


def _subject(run: Run, over: Series | None, box: str, language: Language) -> str:
    if over is not None and run.status is RunStatus.COMPLETED:
        return language.phrase("mail_subject_over", box=box)
    name = "mail_subject_verify" if run.cause == VERIFY else "mail_subject"
    return language.phrase(name, box=box, status=language.word(run.status))


def _sentences(run: Run, over: Series | None, mailing: Mailing) -> Iterator[str]:
    language = language_of(mailing.language)
    if over is not None:
        count = language.counted(over.count, f"run_{over.bout}")
        yield language.phrase(
            f"mail_over_{over.bout}", count=count, since=language.moment(over.since)
        )
    if run.cause == VERIFY:
        yield language.phrase("mail_verify")
    if run.cause != VERIFY or run.status is not RunStatus.COMPLETED:
        yield language.phrase(f"mail_{run.status}")
    if run.reason is not None:
        yield _said(run.reason, language)
    if not run.clock_trusted:
        yield f"{language.word('clock_doubted').capitalize()}."
    is_failure = run.status in (RunStatus.ERROR, RunStatus.SKIPPED)
    if is_failure or (run.status is RunStatus.PARTIAL and mailing.notify is Notify.FAILURES):
        yield language.phrase("mail_folded")


def _said(reason: Reason, language: Language) -> str:
    """Say what happened, who should act, and what to do."""
    params = {
        name: one_line(value, 400) if isinstance(value, str) else value
        for name, value in reason.params.items()
    }
    said = language.say(reason.code, params)
    if not said.remedy:
        return said.what
    who = f"{language.word(said.who)}: " if said.who else ""
    return f"{said.what} {who}{said.remedy}"


def _places(place: Place, language: Language) -> list[Fact]:
    site = f"{one_line(place.site)} ({place.host})" if place.site else place.host
    return [
        Fact(language.phrase("mail_box"), one_line(place.box)),
        Fact(language.phrase("mail_site"), one_line(site, 2 * _LONGEST_NAME)),
    ]


def _facts(details: RunDetails, language: Language) -> Iterator[Fact]:
    run = details.run
    yield Fact(language.phrase("mail_event"), run.event_id)
    started = language.moment(run.started_at)
    if run.seconds is not None:
        started = language.phrase("mail_took", at=started, span=language.span(run.seconds))
    yield Fact(language.phrase("mail_started"), started)
    if run.period is not None:
        yield Fact(language.phrase("mail_period"), _days(run.period, language))
    sent, received = language.size(run.traffic.sent), language.size(run.traffic.received)
    yield Fact(
        language.phrase("mail_data"),
        language.phrase("mail_bytes", sent=sent, received=received),
    )
    if courses := [one_line(each.fullname) for each in details.courses if each.left_out is None]:
        shown = language.listed(courses[:_NAMES]) + (" …" if len(courses) > _NAMES else "")
        yield Fact(language.phrase("mail_courses"), shown)
    if details.actions:
        yield Fact(language.phrase("mail_actions"), _actions(details.actions, language))
    if run.waiting is not None:
        yield Fact(language.phrase("mail_waiting"), _waiting(run, language))


def _days(period: Period, language: Language) -> str:
    same = period.first == period.last
    first, last = language.day(period.first), language.day(period.last)
    return first if same else f"{first} – {last}"


def _actions(actions: Sequence[Action], language: Language) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for each in actions:
        counts[each.kind, each.verdict] += each.count
    return language.listed(
        f"{language.counted(count, kind)} {language.word(verdict)}"
        for (kind, verdict), count in counts.items()
    )


def _waiting(run: Run, language: Language) -> str:
    waiting = language.counted(run.waiting or 0, "change")
    if not run.set_aside:
        return waiting
    return language.phrase("mail_aside", waiting=waiting, count=str(run.set_aside))


def _items(details: RunDetails, language: Language) -> Iterator[Item]:
    """Give what was left out, and what was not sent and why; the run's own reason is said above."""
    for course in details.courses:
        if course.left_out is not None:
            what = language.phrase("mail_left_out", course=one_line(course.fullname))
            yield Item(what, _said(course.left_out, language))
    for course in details.courses:
        if course.left_out is None and course.warning is not None:
            yield Item(one_line(course.fullname), _said(course.warning, language))
    for action in details.actions:
        if action.reason is not None and action.reason != details.run.reason:
            count = language.counted(action.count, action.kind)
            verdict = language.word(action.verdict)
            what = language.phrase("mail_item", count=count, verdict=verdict)
            yield Item(what, _said(action.reason, language))
