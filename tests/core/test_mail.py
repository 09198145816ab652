"""Which syncs are mailed, and how failures that repeat themselves are folded."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core.mail import (
    Mailing,
    Notify,
    Ran,
    Security,
    Series,
    Told,
    longest_wait_seconds,
    told,
)
from beekeed.core.model import RunStatus
from beekeed.core.request import VERIFY

START = datetime(2026, 11, 1, tzinfo=UTC)
ENDS = [each for each in RunStatus if each not in (RunStatus.RUNNING, RunStatus.STOPPING)]
FAILED = (RunStatus.ERROR, RunStatus.SKIPPED)

runs = st.builds(
    Ran,
    status=st.sampled_from(ENDS),
    cause=st.sampled_from(["manual", "scheduled", VERIFY]),
    began_at=st.integers(0, 1000).map(lambda hours: START + timedelta(hours=hours)),
    codes=st.frozensets(st.sampled_from(["offline", "token_refused", "account_refused"])),
    set_aside=st.integers(0, 3),
)
wanted = st.sampled_from([Notify.ALL, Notify.FAILURES])


def all_told(history: list[Ran], notify: Notify) -> list[Told]:
    """What is told of runs, one after the other."""
    found, series = [], None
    for ran in history:
        one = told(ran, series, notify)
        found.append(one)
        series = one.series
    return found


@given(st.lists(runs, max_size=12))
def test_off_tells_nothing_and_remembers_nothing(history: list[Ran]) -> None:
    """Whatever happens."""
    assert all_told(history, Notify.OFF) == [Told(is_mailed=False)] * len(history)


def counts(ran: Ran) -> bool:
    """Whether a run tells anything of whether syncs work: by our own words, not the code's."""
    return ran.status in FAILED or (
        ran.cause != VERIFY and ran.status in (RunStatus.PARTIAL, RunStatus.COMPLETED)
    )


@given(st.lists(runs, max_size=12), wanted)
def test_a_series_ends_in_a_mail_that_counts_all_of_it(history: list[Ran], notify: Notify) -> None:
    """However runs follow each other, held against an independent count: as soon as runs fail in
    another way, or not any more, a mail says how many had failed, and since when."""
    alike: list[Ran] = []
    for ran, one in zip(history, all_told(history, notify), strict=True):
        if not counts(ran):
            assert one.over is None
            continue
        is_other = bool(alike) and (ran.status in FAILED) != (alike[0].status in FAILED)
        if alike and (is_other or ran.status is RunStatus.COMPLETED):
            assert one.is_mailed
            assert one.over is not None
            assert (one.over.count, one.over.since) == (len(alike), alike[0].began_at)
            alike = []
        else:
            assert one.over is None
        if ran.status is not RunStatus.COMPLETED:
            alike.append(ran)


@given(st.lists(runs, max_size=12), wanted)
def test_a_failure_says_something_new_or_nothing(history: list[Ran], notify: Notify) -> None:
    """One that is mailed begins a series, or has a code that the series did not have."""
    before: Series | None = None
    for ran, one in zip(history, all_told(history, notify), strict=True):
        if ran.status in FAILED and one.is_mailed:
            assert (
                before is None
                or one.over == before
                or not ran.codes <= before.codes
                or (ran.set_aside > before.set_aside)
            )
        if ran.status in FAILED and not one.is_mailed:
            assert before is not None
            assert one.series is not None
            assert one.series.count == before.count + 1
        before = one.series


@given(st.lists(runs, max_size=12))
def test_all_tells_of_every_sync_that_went_through(history: list[Ran]) -> None:
    """Only failures are folded."""
    for ran, one in zip(history, all_told(history, Notify.ALL), strict=True):
        if ran.status not in FAILED:
            assert one.is_mailed


def test_what_somebody_switched_off_is_no_failure() -> None:
    """A run that is skipped because syncs are off says nothing, and ends nothing."""
    failed = told(
        Ran(RunStatus.ERROR, "scheduled", START, frozenset({"offline"})), None, Notify.ALL
    )
    skipped = Ran(RunStatus.SKIPPED, "scheduled", START, frozenset({"sync_disabled"}))
    assert told(skipped, failed.series, Notify.ALL) == Told(False, failed.series)


def test_a_server_that_fails_is_left_alone_longer_each_time() -> None:
    """A quarter of an hour, twice that, up to a day."""
    waits = [longest_wait_seconds(failures) for failures in range(12)]
    assert waits[:4] == [0, 900, 1800, 3600]
    assert waits == sorted(waits)
    assert waits[-1] == 86_400


@pytest.mark.parametrize(
    ("server", "security", "exposed"),
    [
        ("mail.example.org", Security.NONE, True),
        ("192.0.2.1", Security.NONE, True),
        ("localhost.example.org", Security.NONE, True),
        ("localhost", Security.NONE, False),
        ("127.0.0.1", Security.NONE, False),
        ("::1", Security.NONE, False),
        ("mail.example.org", Security.STARTTLS, False),
        ("mail.example.org", Security.TLS, False),
    ],
)
def test_who_is_on_the_way_reads_what_is_not_encrypted(
    server: str, security: Security, exposed: bool
) -> None:
    """But for loopback, where nobody is on the way."""
    assert Mailing(server=server, security=security).is_exposed is exposed
