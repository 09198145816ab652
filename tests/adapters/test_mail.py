"""The mails about syncs, read back from a real mail server: what they say, and when they go."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from beekeed.core.mail import Notify
from beekeed.core.model import Bytes, Category, Reason, RunStatus
from beekeed.core.request import SCHEDULED, VERIFY
from beekeed.errors import BeekeedError, Code
from beekeed.link import allowance
from beekeed.notify.content import Place
from beekeed.say import language_of
from beekeed.sqlite.store import Store
from tests.adapters.post import REFUSED, SENT, Post
from tests.clock import START
from tests.mailserver import MailServer, mail_server

pytestmark = pytest.mark.usefixtures("alone")  # the bytes are told by the kernel

PARTIAL, ERROR, SKIPPED = RunStatus.PARTIAL, RunStatus.ERROR, RunStatus.SKIPPED


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server without encryption."""
    with mail_server() as made:
        yield made


@pytest.fixture
def post(store: Store, server: MailServer) -> Post:
    """A box whose every run is mailed to it."""
    return Post(store, server.port)


def subjects(server: MailServer) -> list[str]:
    """What the mails are about that were taken."""
    return [each.message["Subject"] for each in server.taken]


async def test_a_completed_sync_is_told_with_counts_and_bytes(
    post: Post, server: MailServer
) -> None:
    """In text and in HTML alike, with the Sync Event ID, to the one address, from the other."""
    event_id = await post.ran(actions=[SENT], courses=[("Mathematics", None)])
    (mail,) = server.taken
    assert (mail.sender, mail.to) == ("box@example.org", ["school@example.org"])
    message = mail.message
    assert (message["From"], message["To"]) == ("box@example.org", "school@example.org")
    assert message["Subject"] == "beekee-7: sync completed"
    assert parsedate_to_datetime(message["Date"]) == post.clock.now()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert list(mail.parts) == ["text/plain", "text/html"]
    for said in (mail.text, " ".join(mail.parts["text/html"].split())):
        for fact in (
            event_id,
            "12 activity grades sent",
            "12.3 kB sent, 4.6 kB received",
            "Mathematics",
            "took 1 min 3 s",
            "7 changes",
            "Example School (moodle.example.org)",
        ):
            assert fact in said


async def test_what_was_set_aside_is_told_with_its_reason_and_who_acts(
    post: Post, server: MailServer
) -> None:
    """Counts, sentence, remedy; a course that was left out as well."""
    left_out = Reason(Code.COURSE_NOT_ONLINE, {"course": "Biology"})
    await post.ran(PARTIAL, actions=[SENT, REFUSED], set_aside=3, courses=[("Biology", left_out)])
    (mail,) = server.taken
    assert mail.message["Subject"] == "beekee-7: sync partly completed"
    said = language_of("en").say(Code.ACCOUNT_REFUSED, {})
    assert "3 accounts set aside" in mail.text
    assert f"{said.what} For the teacher: {said.remedy}" in mail.text
    assert "Left out: Biology" in mail.text
    assert "The course Biology does not exist on the online Moodle." in mail.text
    assert "7 changes, 3 of them set aside" in mail.text


@pytest.mark.parametrize(
    ("status", "code", "subject"),
    [(ERROR, Code.TOKEN_REFUSED, "sync error"), (SKIPPED, Code.OFFLINE, "sync skipped")],
)
async def test_a_failed_sync_is_told_with_what_to_do(
    post: Post, server: MailServer, status: RunStatus, code: Code, subject: str
) -> None:
    """An error, and a run that was skipped: each with its sentence and remedy."""
    await post.ran(status, code)
    (mail,) = server.taken
    said = language_of("en").say(code, {})
    assert mail.message["Subject"] == f"beekee-7: {subject}"
    assert said.what in mail.text
    assert said.remedy in mail.text
    assert "no mail tells of it again" in mail.text


async def test_a_run_that_was_stopped_or_read_back_is_told_as_such(
    post: Post, server: MailServer
) -> None:
    """Neither is taken for a failure or for its end."""
    await post.failed()
    await post.ran(RunStatus.STOPPED)
    await post.ran(cause=VERIFY)
    await post.failed()
    assert subjects(server) == [
        "beekee-7: sync error",
        "beekee-7: sync stopped",
        "beekee-7: reading back completed",
    ]


async def test_repeated_failures_are_one_mail_and_one_all_clear(
    post: Post, server: MailServer
) -> None:
    """The first is told, the others are counted, and the end says how many and since when."""
    await post.failed()
    since = post.clock.now()
    for _ in range(4):
        await post.failed()
    assert len(server.taken) == 1
    await post.ran(actions=[SENT])
    mail = server.taken[-1]
    assert mail.message["Subject"] == "beekee-7: syncs work again"
    told = language_of("en").moment(since)
    assert f"after 5 failed syncs since {told}" in mail.text
    await post.ran()
    assert subjects(server)[2:] == ["beekee-7: sync completed"]
    assert "failed" not in server.taken[-1].text


async def test_another_failure_is_told_at_once_and_counts_to_the_same_series(
    post: Post, server: MailServer
) -> None:
    """Two troubles that take turns are two mails, not one a run."""
    for _ in range(3):
        await post.failed(Code.TOKEN_REFUSED)
        await post.ran(SKIPPED, Code.OFFLINE, cause=SCHEDULED)
    assert subjects(server) == ["beekee-7: sync error", "beekee-7: sync skipped"]
    await post.ran()
    assert "after 6 failed syncs" in server.taken[-1].text


async def test_failures_only_tells_of_failures_and_of_their_end(
    post: Post, server: MailServer
) -> None:
    """What was set aside is told again only where there is more of it, or something else."""
    post.set(notify=Notify.FAILURES)
    await post.ran()
    await post.ran(PARTIAL, actions=[REFUSED], set_aside=3)
    await post.ran(PARTIAL, set_aside=3)
    assert subjects(server) == ["beekee-7: sync partly completed"]
    await post.ran(PARTIAL, actions=[REFUSED], set_aside=4)
    await post.ran(PARTIAL, Code.LIMIT_RESERVED, set_aside=4)
    assert len(server.taken) == 3
    await post.ran()
    await post.ran()
    assert subjects(server)[3:] == ["beekee-7: syncs work again"]
    assert "after 4 syncs that were completed in part" in server.taken[-1].text


async def test_off_mails_nothing_and_what_ended_meanwhile_is_never_told(
    post: Post, server: MailServer
) -> None:
    """Nor what waited when it was switched off."""
    post.up = False
    await post.ran()
    post.up = True
    post.set(notify=Notify.OFF)
    await post.ran()
    assert await post.states() == []
    post.set(notify=Notify.ALL)
    event_id = await post.ran()
    (mail,) = server.taken
    assert event_id in mail.text


async def test_what_waited_offline_goes_out_in_order_over_one_connection(
    post: Post, server: MailServer
) -> None:
    """It survives a restart, which sends nothing by itself."""
    post.up = False
    events = [await post.ran() for _ in range(3)]
    assert await post.states() == ["waiting"] * 3
    assert server.connections == 0
    post.up = True
    post.mailer = post.new_mailer()
    starting = asyncio.create_task(post.mailer.run())
    await asyncio.sleep(0.05)
    assert server.connections == 0
    events.append(await post.run())
    post.mailer.wake()
    while len(server.taken) < 4:
        await asyncio.sleep(0.01)
    post.mailer.stop()
    await starting
    assert [event in mail.text for event, mail in zip(events, server.taken, strict=True)] == [
        True
    ] * 4
    assert server.connections == 1
    assert await post.states() == ["sent"] * 4


async def test_a_run_that_ended_right_before_a_kill_is_told_after_the_start(
    post: Post, server: MailServer
) -> None:
    """Nobody had judged it: the next start does, once."""
    await post.run()
    mailer = post.new_mailer()
    mailer.stop()
    await mailer.run()
    assert await post.states() == ["waiting"]
    await post.ran()
    assert await post.states() == ["sent", "sent"]


async def test_a_run_that_a_power_cut_ended_is_told(post: Post, server: MailServer) -> None:
    """The start ends it, and judges it; the mail goes with the next run's."""
    await post.history.begin("scheduled", post.trust.moment())
    await post.history.close_interrupted(post.clock.now())
    await post.ran()
    assert subjects(server) == ["beekee-7: sync error", "beekee-7: syncs work again"]
    assert language_of("en").say(Code.INTERRUPTED, {}).what in server.taken[0].text


async def test_too_many_that_wait_drop_the_oldest_and_the_next_says_so(
    post: Post, server: MailServer
) -> None:
    """Fifty wait; the mail that goes out first tells of those that do not, once."""
    post.up = False
    events = [await post.ran() for _ in range(53)]
    post.up = True
    await post.ran()
    assert len(server.taken) == 50
    assert "4 older mails before this one had to be dropped" in server.taken[0].text
    assert events[4] in server.taken[0].text
    assert "dropped" not in server.taken[1].text
    await post.ran()
    assert "dropped" not in server.taken[-1].text
    assert (await post.states()).count("dropped") == 4


async def test_every_byte_is_in_the_ledger_as_mail(post: Post, server: MailServer) -> None:
    """Held before, settled after, and about what a mail must cost."""
    await post.ran(PARTIAL, actions=[SENT, REFUSED], set_aside=3)
    (entry,) = post.ledger.entries.values()
    assert entry.category is Category.MAIL
    assert entry.settled
    size = len(server.taken[0].raw)
    assert size < entry.spent.sent < size + 1_500
    assert 500 < entry.spent.received < 2_000


async def test_all_that_a_mail_may_cost_is_held_before_it_leaves(
    store: Store, server: MailServer
) -> None:
    """When the server sees a connection, the whole mail is in the ledger, should it be lost once,
    and what the server may send until it is cut off."""
    post = Post(store, server.port, limit=100_000)
    held: list[int] = []
    server.greeted = lambda: held.append(post.ledger.charged())
    await post.ran(courses=[(f"{number} {'x' * 70}", None) for number in range(10)])
    mail = 2 * len(server.taken[0].raw)
    assert held[0] >= mail + allowance.coming_bytes(allowance.LEAST_WINDOW_BYTES)


async def test_no_mail_goes_over_the_cap_and_it_waits(store: Store, server: MailServer) -> None:
    """Nothing leaves where it cannot be paid; it does once there is more."""
    post = Post(store, server.port, limit=4_000)
    await post.ran()
    assert server.connections == 0
    assert await post.trouble() is Code.LIMIT_REACHED
    assert post.ledger.charged() == 0
    post.ledger.top_ups.append((START.date(), 100_000))
    await post.ran()
    assert await post.states() == ["sent", "sent"]
    assert await post.trouble() is None
    assert post.ledger.most_charged <= 104_000


async def test_a_mail_leaves_the_last_part_of_the_limit_alone(
    store: Store, server: MailServer
) -> None:
    """That is kept for grades: a mail is what may wait."""
    post = Post(store, server.port, limit=1_000_000)
    entry = await post.ledger.hold(None, Category.SYNC, None, Bytes(), 930_000)
    await post.ledger.settle(entry, Bytes(930_000, 0))
    await post.ran()
    assert await post.trouble() is Code.LIMIT_RESERVED
    assert await post.states() == ["waiting"]
    assert server.connections == 0


async def test_a_talkative_server_is_cut_off_at_the_cap(store: Store, server: MailServer) -> None:
    """What it says is paid like all else, and no more of it than there is."""
    server.answers["DATA"] = "250-" + "x" * 400 + "\r\n" + ("250-" + "y" * 400 + "\r\n") * 2_000
    post = Post(store, server.port, limit=60_000)
    await post.ran()
    assert post.ledger.most_charged <= 60_000
    assert post.ledger.charged() <= 60_000


async def test_a_permanent_refusal_is_given_up_and_noted(post: Post, server: MailServer) -> None:
    """It is not tried again for ever; what the server said is shown."""
    server.answers["RCPT"] = "550 5.1.1 nobody of that name"
    await post.ran()
    assert await post.states() == ["given_up"]
    trouble = await post.book.trouble()
    assert trouble is not None
    assert trouble.reason.code is Code.MAIL_REFUSED
    assert trouble.reason.params["answer"] == "550 5.1.1 nobody of that name"
    server.answers.clear()
    post.clock.time += timedelta(days=1)
    await post.ran()
    assert len(server.taken) == 1
    assert await post.trouble() is None


@pytest.mark.parametrize(
    ("command", "answer", "code"),
    [
        ("MAIL", "451 4.3.0 try later", Code.MAIL_DEFERRED),
        ("RCPT", "450 4.2.0 greylisted", Code.MAIL_DEFERRED),
        ("DATA", "452 4.3.1 full", Code.MAIL_DEFERRED),
        ("DATA", "421 4.3.2 closing", Code.MAIL_DEFERRED),
        ("DATA", "garbage", Code.MAIL_UNREADABLE),
        ("greeting", "554 no service", Code.MAIL_DEFERRED),
        ("greeting", "HTTP/1.1 400 Bad Request", Code.MAIL_UNREADABLE),
    ],
)
async def test_what_passes_is_tried_again_later_with_back_off(
    post: Post, server: MailServer, command: str, answer: str, code: Code
) -> None:
    """The server is left alone for a quarter of an hour, then twice as long, and so on."""
    server.answers[command] = answer
    await post.ran()
    assert await post.trouble() is code
    assert await post.states() == ["waiting"]
    tried = server.connections
    post.clock.time += timedelta(minutes=14)
    await post.mailer.tend()
    assert server.connections == tried
    post.clock.time += timedelta(minutes=2)
    await post.mailer.tend()
    assert server.connections == tried + 1
    post.clock.time += timedelta(minutes=16)
    await post.mailer.tend()
    assert server.connections == tried + 1
    server.answers.clear()
    post.clock.time += timedelta(minutes=15)
    await post.mailer.tend()
    assert await post.states() == ["sent"]


async def test_a_mail_that_goes_out_again_has_the_same_message_id(
    post: Post, server: MailServer
) -> None:
    """So that whoever gets it twice sees it once."""
    server.answers["DATA"] = "451 taken, or not"
    await post.ran()
    server.answers.clear()
    post.clock.time += timedelta(hours=1)
    await post.mailer.tend()
    first, again = (each.message["Message-ID"] for each in server.came)
    assert first == again


async def test_nothing_waits_nothing_is_connected(post: Post, server: MailServer) -> None:
    """No idle chatter."""
    await post.ran()
    assert server.connections == 1
    for _ in range(3):
        post.clock.time += timedelta(days=1)
        await post.mailer.tend()
    assert server.connections == 1


async def test_nobody_there_is_a_trouble_with_a_sentence(post: Post) -> None:
    """The mail waits."""
    post.set(port=1)
    await post.ran()
    assert await post.trouble() is Code.MAIL_NOT_REACHED
    assert await post.states() == ["waiting"]


async def test_settings_that_change_meanwhile_hold_for_the_next_mail(
    post: Post, server: MailServer
) -> None:
    """What is under way goes where it was to go; nothing more does."""
    post.up = False
    for _ in range(3):
        await post.run()
    post.up = True
    server.greeted = lambda: post.set(to="new@example.org")
    await post.mailer.tend()
    assert [mail.to for mail in server.taken] == [["school@example.org"]]
    await post.mailer.tend()
    assert [mail.to for mail in server.taken[1:]] == [["new@example.org"]] * 2


async def test_many_mails_stop_at_the_last_part_of_the_limit(
    store: Store, server: MailServer
) -> None:
    """It is looked at before each of them."""
    post = Post(store, server.port, limit=1_000_000)
    post.up = False
    for _ in range(3):
        await post.run()
    post.up = True
    entry = await post.ledger.hold(None, Category.SYNC, None, Bytes(), 899_000)
    await post.ledger.settle(entry, Bytes(899_000, 0))
    await post.mailer.tend()
    assert await post.trouble() is Code.LIMIT_RESERVED
    assert await post.states() == ["sent", "waiting", "waiting"]


async def test_other_settings_are_tried_at_once(post: Post, server: MailServer) -> None:
    """Whoever corrects a mistake need not wait for a day."""
    post.set(port=1)
    await post.ran()
    post.set(port=server.port)
    await post.mailer.tend()
    assert await post.states() == ["sent"]


async def test_names_cannot_add_a_header_or_a_part(post: Post, server: MailServer) -> None:
    """Lines, in whatever way they end, and what ends a part or markup, in the names of the site,
    the box and a course, and in what Moodle said."""
    ends = ("\u2028", "\r\n", "\n", "\r", "\u2029", "\x85", "\x0b", "\0")
    evil = "<b>--=_" + "".join(f"{end}Bcc:a@b" for end in ends)
    post.place = Place(evil, evil, "moodle.example.org")
    left_out = Reason(Code.COURSE_NOT_ONLINE, {"course": evil})
    await post.ran(
        PARTIAL, Code.NOT_REACHED, detail=evil, courses=[(evil, None), (f"{evil}2", left_out)]
    )
    (mail,) = server.taken
    assert mail.to == ["school@example.org"]
    assert set(mail.message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    assert list(mail.parts) == ["text/plain", "text/html"]
    head = mail.raw.decode().partition("\r\n\r\n")[0]
    assert not any(line.startswith("Bcc") for line in head.splitlines())
    assert "<b>--" not in mail.parts["text/html"]
    assert "&lt;b&gt;--" in "".join(mail.parts["text/html"].split())


async def test_what_parts_a_mail_cannot_be_known_before(post: Post, server: MailServer) -> None:
    """A name can hold whatever parted the last mail, and a line may begin with it once folded."""
    await post.ran(PARTIAL, Code.NOT_REACHED)
    first = server.taken[0].message.get_boundary()
    assert first
    await post.ran(PARTIAL, Code.NOT_REACHED, courses=[(f"{'x' * 70} --{first}-- y", None)])
    assert server.taken[1].message.get_boundary() != first
    assert list(server.taken[1].parts) == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "address", ["a@b.org\r\nBcc: x@y.org", "a@b.org,x@y.org", "<a@b.org>", "a b@c.org", "né@b.org"]
)
async def test_an_address_that_is_none_is_told_and_nothing_goes_out(
    post: Post, server: MailServer, address: str
) -> None:
    """Neither in a header nor on the wire."""
    post.set(to=address)
    await post.ran()
    assert await post.trouble() is Code.MAIL_ADDRESS_WRONG
    with pytest.raises(BeekeedError) as caught:
        await post.mailer.test()
    assert caught.value.code is Code.MAIL_ADDRESS_WRONG
    assert server.connections == 0


@pytest.mark.parametrize("takes_eight", [True, False])
async def test_other_alphabets_arrive_as_they_are(
    post: Post, server: MailServer, takes_eight: bool
) -> None:
    """As they are where the server takes 8 bits, else quoted-printable; no line is too long."""
    server.hidden = set() if takes_eight else {"8BITMIME"}
    name = "الرياضيات " * 6 + "数学" * 30
    post.place = Place("boîte", name, "moodle.example.org")
    await post.ran(courses=[(name, None)])
    (mail,) = server.taken
    for part in mail.parts.values():
        assert "الرياضيات" in part
    assert "boîte" in mail.message["Subject"]
    assert max(len(line) for line in mail.raw.split(b"\r\n")) < 998
    assert b"base64" not in mail.raw
    assert mail.raw.isascii() is not takes_eight
    assert any("BODY=8BITMIME" in each for each in server.commands) is takes_eight


async def test_an_untrusted_clock_dates_no_mail(post: Post, server: MailServer) -> None:
    """The server does, and the mail says that its times may be wrong."""
    post.trust.trusted = False
    await post.ran()
    (mail,) = server.taken
    assert mail.message["Date"] is None
    assert "clock was not trusted" in mail.text


async def test_a_test_message_tells_what_the_server_said(post: Post, server: MailServer) -> None:
    """It goes at once, costs what is told, and nothing waits for it."""
    tried = await post.mailer.test()
    (mail,) = server.taken
    assert mail.message["Subject"] == "beekee-7: test"
    assert tried.answer == "250 taken"
    (entry,) = post.ledger.entries.values()
    assert tried.spent == entry.spent
    server.answers["RCPT"] = "550 no"
    with pytest.raises(BeekeedError) as caught:
        await post.mailer.test()
    assert caught.value.code is Code.MAIL_REFUSED
    assert await post.trouble() is Code.MAIL_REFUSED


async def test_a_stop_settles_the_mail_under_way_and_begins_no_other(
    post: Post, server: MailServer
) -> None:
    """What the server has is noted; the rest waits."""
    post.up = False
    await post.ran()
    await post.ran()
    post.up = True
    server.is_held = True
    running = asyncio.create_task(post.mailer.run())
    post.mailer.wake()
    while not server.came:
        await asyncio.sleep(0.01)
    post.mailer.stop()
    server.is_held = False
    await running
    assert await post.states() == ["sent", "waiting"]
    assert len(server.came) == 1
