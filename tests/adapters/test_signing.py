"""The administrator's password and who is signed in, with our own database and a clock of ours."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from beekeed.control import scrypt
from beekeed.control.signing import Signing, Ticket, form_token, is_form_token
from beekeed.core.sessions import MOST
from beekeed.errors import BeekeedError, Code
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.password import SqlitePassword
from tests.clock import FakeClock

PASSWORD = "correct horse battery"
CHEAP = scrypt.Costs(log_n=4, p=1)
HERE, THERE = "192.168.4.20", "192.168.4.21"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that goes only when it is told."""
    return FakeClock()


@pytest.fixture
async def signing(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Signing]:
    """Signing in, with a password."""
    store = await open_store(tmp_path / "state" / "beekeed.sqlite")
    kept = SqlitePassword(store=store, clock=clock)
    made = Signing(clock=clock, store=kept, costs=CHEAP)
    await made.restore()
    assert not made.is_on
    await made.set_password(PASSWORD)
    yield made
    await store.close()


async def said(signing: Signing, password: str, address: str | None = HERE) -> Code | Ticket:
    """What an attempt gives."""
    try:
        return await signing.sign_in(password, address)
    except BeekeedError as error:
        return error.code


def test_a_digest_tells_its_own_costs_and_nothing_of_the_password() -> None:
    """So that they can be raised one day; the salt makes each another."""
    one = scrypt.digest("café au lait", b"salt" * 4, scrypt.Costs())
    assert one.startswith("$scrypt$ln=14,r=8,p=5$c2FsdHNhbHRzYWx0c2FsdA$")
    assert scrypt.matches("cafe\u0301 au lait", one)  # as another keyboard writes it
    assert not scrypt.matches("cafe au lait", one)
    assert scrypt.digest("café au lait", b"tlas" * 4, CHEAP) != scrypt.digest(
        "café au lait", b"salt" * 4, CHEAP
    )
    # RFC 7914, section 12: scrypt("password", "NaCl", N=1024, r=8, p=16), its first 32 bytes.
    known = "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI"
    assert scrypt.matches("password", known)


async def test_a_session_lasts_half_an_hour_from_its_last_use(
    signing: Signing, clock: FakeClock
) -> None:
    """Whatever happens to the wall clock; to the second."""
    ticket = await signing.sign_in(PASSWORD, HERE)
    assert ticket.until == clock.now() + timedelta(minutes=30)
    clock.set(clock.now() + timedelta(days=400))
    await clock.sleep(1799)
    assert signing.use(ticket.session_id)
    await clock.sleep(1799)
    again = signing.ticket(ticket.session_id)
    assert again is not None
    assert again.seconds_left == 1
    await clock.sleep(1)
    assert signing.ticket(ticket.session_id) is None
    assert not signing.use(ticket.session_id)


async def test_one_too_many_takes_the_place_of_the_one_idle_longest(
    signing: Signing, clock: FakeClock
) -> None:
    """Whoever forgets to sign out locks nobody out."""
    tickets = []
    for _ in range(MOST):
        tickets.append(await signing.sign_in(PASSWORD, None))
        await clock.sleep(1)
    signing.use(tickets[0].session_id)
    await signing.sign_in(PASSWORD, None)
    assert signing.count() == MOST
    assert signing.use(tickets[0].session_id)
    assert not signing.use(tickets[1].session_id)


async def test_five_wrong_ones_and_then_a_quarter_of_an_hour(
    signing: Signing, clock: FakeClock
) -> None:
    """Also the right one waits, at that address only; the box itself never does."""
    for _ in range(5):
        assert await said(signing, "wrong horse") is Code.PASSWORD_WRONG
    with pytest.raises(BeekeedError) as caught:
        await signing.sign_in(PASSWORD, HERE)
    assert (caught.value.code, dict(caught.value.params)) == (
        Code.SIGN_IN_HELD,
        {"seconds": 900, "minutes": 15},
    )
    assert isinstance(await said(signing, PASSWORD, THERE), Ticket)
    for _ in range(7):
        assert await said(signing, "wrong horse", None) is Code.PASSWORD_WRONG
    assert isinstance(await said(signing, PASSWORD, None), Ticket)
    await clock.sleep(899.5)
    assert signing.seconds_to_next_try(HERE) == 1
    assert await said(signing, PASSWORD) is Code.SIGN_IN_HELD
    await clock.sleep(0.5)
    assert isinstance(await said(signing, PASSWORD), Ticket)


async def test_unlocking_and_a_new_password_let_everybody_try_at_once(signing: Signing) -> None:
    """Who forgot it has it set on the box, and need not wait as well."""
    for unlock in (None, "another horse"):
        for _ in range(5):
            await said(signing, "wrong horse")
        assert await said(signing, PASSWORD) is Code.SIGN_IN_HELD
        if unlock is None:
            signing.unlock()
            assert isinstance(await said(signing, PASSWORD), Ticket)
        else:
            await signing.set_password(unlock)
            assert isinstance(await said(signing, unlock), Ticket)


async def test_tries_of_the_same_moment_are_counted_one_by_one(signing: Signing) -> None:
    """Twenty at once are five that are looked at."""
    tries = await asyncio.gather(*(said(signing, "wrong horse") for _ in range(20)))
    assert sorted(map(str, tries)) == ["password_wrong"] * 5 + ["sign_in_held"] * 15


class InMemory:
    """Keeps a digest without taking any time."""

    def __init__(self) -> None:
        self._digest = ""

    async def kept(self) -> str:
        """See ports.PasswordStore."""
        return self._digest

    async def keep(self, digest: str) -> None:
        """See ports.PasswordStore."""
        self._digest = digest


async def test_the_same_password_has_another_digest_on_each_box(clock: FakeClock) -> None:
    """Nobody can tell from two cards that it is the same, or guess for many boxes at once."""
    digests = set()
    for _ in range(3):
        kept = InMemory()
        await Signing(clock=clock, store=kept, costs=CHEAP).set_password(PASSWORD)
        digest = await kept.kept()
        assert scrypt.matches(PASSWORD, digest)
        digests.add(digest)
    assert len(digests) == 3


async def test_the_daemon_does_other_things_while_a_password_is_computed(
    clock: FakeClock,
) -> None:
    """With the costs of real ones; who must wait is told so without anything being computed."""
    kept = InMemory()
    await kept.keep(scrypt.digest("old horse", b"salt", CHEAP))
    signing = Signing(clock=clock, store=kept)
    await signing.restore()
    for _ in range(5):
        assert await said(signing, "wrong horse") is Code.PASSWORD_WRONG
    computing = asyncio.create_task(signing.set_password(PASSWORD))
    await asyncio.sleep(0)
    assert await said(signing, "wrong horse") is Code.SIGN_IN_HELD
    assert not computing.done()
    others = 0
    while not computing.done():
        await asyncio.sleep(0.001)
        others += 1
    assert others > 10


async def test_an_old_password_opens_nothing_that_lasts_while_a_new_one_is_set(
    clock: FakeClock,
) -> None:
    """Whichever is computed first."""
    signing = Signing(clock=clock, store=InMemory(), costs=CHEAP)
    await signing.set_password("old horse")
    setting = asyncio.create_task(signing.set_password("new horse"))
    await asyncio.sleep(0)
    assert await said(signing, "old horse") is Code.PASSWORD_WRONG
    await setting
    signing_in = asyncio.create_task(said(signing, "new horse"))
    await asyncio.sleep(0)
    await signing.set_password("newer horse")
    ticket = await signing_in
    assert isinstance(ticket, Ticket)
    assert not signing.use(ticket.session_id)


async def test_nothing_but_the_cookie_holds_a_session(signing: Signing) -> None:
    """It is as many random bits as nobody guesses; neither a form's token, which stands in pages,
    nor what the daemon remembers gives it away."""
    tickets = [await signing.sign_in(PASSWORD, None) for _ in range(3)]
    assert len({each.session_id for each in tickets}) == 3
    for each in tickets:
        assert len(base64.urlsafe_b64decode(each.session_id + "=")) == 32
        assert each.session_id not in each.form_token
        assert each.session_id not in repr(vars(signing))


async def test_what_is_no_session_is_none(signing: Signing) -> None:
    """However it looks; and only its own token opens a session's forms."""
    ticket = await signing.sign_in(PASSWORD, HERE)
    for given in ("", "x", ticket.session_id[:-1], ticket.session_id + "=", "é\udcff"):
        assert not signing.use(given)
        assert not is_form_token(ticket.session_id, given)
    assert ticket.form_token == form_token(ticket.session_id)
    assert is_form_token(ticket.session_id, ticket.form_token)
    other = await signing.sign_in(PASSWORD, HERE)
    assert not is_form_token(ticket.session_id, other.form_token)
    signing.sign_out(other.session_id)
    assert signing.use(ticket.session_id)
    assert not signing.use(other.session_id)
