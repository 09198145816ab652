"""The administrator's password, who is signed in with it, and how often it may be tried.

The page process holds nothing: it hands on the session's ID that a browser sent. Sessions and
tries live in memory only: writing each use would wear out the card, and after a restart, which
is rare, signing in again is little to ask. Whoever takes the card finds no session on it.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from beekeed.clock import Clock
from beekeed.control import scrypt
from beekeed.core import sessions, throttle
from beekeed.core.sessions import Sessions
from beekeed.core.throttle import Throttle
from beekeed.errors import BeekeedError, Code
from beekeed.ports.password import PasswordStore

T = TypeVar("T")

log = logging.getLogger(__name__)

SHORTEST_PASSWORD = 8
"""Letters of a password: NIST SP 800-63B asks for 8, and five tries a quarter guard it."""
LONGEST_PASSWORD = 1000
_ID_BYTES = 32
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a browser that is signed in holds: the session's ID, and the token of its forms."""

    session_id: str
    form_token: str
    seconds_left: int
    until: datetime
    """By the box's clock, if nothing is done before."""


class Signing:
    """Who may sign in, and who is. `costs`: those of the next password that is set."""

    def __init__(
        self, *, clock: Clock, store: PasswordStore, costs: scrypt.Costs | None = None
    ) -> None:
        self._clock = clock
        self._store = store
        self._costs = costs or scrypt.Costs()
        self._digest = ""
        self._sessions: Sessions = {}
        self._throttle = Throttle(pool_at=clock.monotonic())
        # One at a time, and always in the same thread: each takes 16 MiB, which a thread keeps.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="password")

    async def restore(self) -> None:
        """Take up the password that was set before this start."""
        self._digest = await self._store.kept()

    @property
    def is_on(self) -> bool:
        """Whether a password is set: without one nobody can sign in."""
        return bool(self._digest)

    def count(self) -> int:
        """Tell how many are signed in."""
        return len(sessions.live(self._sessions, self._clock.monotonic()))

    def seconds_to_next_try(self, address: str) -> int:
        """Tell how long somebody at an address must wait before the next try; 0: not at all."""
        wait = throttle.wait_seconds(
            self._throttle, throttle.source(address), self._clock.monotonic()
        )
        return -int(-wait // 1)

    async def set_password(self, password: str | None) -> None:
        """Set the password, or with None take it away; this ends all sessions.

        Raises BeekeedError PASSWORD_TOO_SHORT or PASSWORD_TOO_LONG.
        """
        digest = "" if password is None else await self._new_digest(password)
        await self._store.keep(digest)
        self._digest = digest
        self._sessions = {}
        self.unlock()

    async def sign_in(self, password: str, address: str | None) -> Ticket:
        """Open a session for who knows the password.

        `address`: where the browser is; None: somebody on the box itself, who never waits.
        Raises BeekeedError SIGN_IN_OFF, SIGN_IN_HELD (`seconds`) or PASSWORD_WRONG. Whoever
        must wait is told so before anything is computed: a flood costs next to nothing.
        """
        digest = self._digest
        if not digest:
            raise BeekeedError(Code.SIGN_IN_OFF)
        if len(password) > LONGEST_PASSWORD:
            raise BeekeedError(Code.PASSWORD_TOO_LONG, most=LONGEST_PASSWORD)
        if address is not None:
            self._take_try(address)
        is_right = await self._hashing(lambda: scrypt.matches(password, digest))
        if not is_right or digest != self._digest:  # it may have been changed meanwhile
            raise BeekeedError(Code.PASSWORD_WRONG)
        if address is not None:
            self._throttle = throttle.given_back(
                self._throttle, throttle.source(address), self._clock.monotonic()
            )
        session_id = secrets.token_urlsafe(_ID_BYTES)
        now = self._clock.monotonic()
        self._sessions = sessions.opened(self._sessions, _kept_as(session_id), now)
        ticket = self.ticket(session_id)
        assert ticket is not None  # noqa: S101 - it was opened in this very moment
        return ticket

    def use(self, session_id: str) -> bool:
        """Note that a session is used; tells whether it is one that has not ended."""
        name = _kept_as(session_id)
        self._sessions = sessions.used(self._sessions, name, self._clock.monotonic())
        return name in self._sessions

    def ticket(self, session_id: str) -> Ticket | None:
        """Give what belongs to a session; None where it has ended."""
        now = self._clock.monotonic()
        session = sessions.live(self._sessions, now).get(_kept_as(session_id))
        if session is None:
            return None
        left = int(sessions.seconds_left(session, now))
        until = self._clock.now() + timedelta(seconds=left)
        return Ticket(session_id, form_token(session_id), left, until)

    def sign_out(self, session_id: str) -> None:
        """End a session."""
        self._sessions = sessions.closed(self._sessions, _kept_as(session_id))

    def unlock(self) -> None:
        """Let everybody try again at once, however many wrong passwords there were."""
        self._throttle = throttle.unlocked(self._throttle, self._clock.monotonic())

    def _take_try(self, address: str) -> None:
        name, now = throttle.source(address), self._clock.monotonic()
        if seconds := self.seconds_to_next_try(address):
            raise BeekeedError(
                Code.SIGN_IN_HELD, seconds=seconds, minutes=max(1, -(-seconds // 60))
            )
        self._throttle = throttle.taken(self._throttle, name, now)
        if seconds := self.seconds_to_next_try(address):  # so that it is said once, not each time
            log.warning("signing in from %s: after this try the next is in %d s", name, seconds)

    async def _new_digest(self, password: str) -> str:
        if len(password) < SHORTEST_PASSWORD:
            raise BeekeedError(Code.PASSWORD_TOO_SHORT, least=SHORTEST_PASSWORD)
        if len(password) > LONGEST_PASSWORD:
            raise BeekeedError(Code.PASSWORD_TOO_LONG, most=LONGEST_PASSWORD)
        salt = secrets.token_bytes(_SALT_BYTES)
        return await self._hashing(lambda: scrypt.digest(password, salt, self._costs))

    async def _hashing(self, compute: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, compute)


def form_token(session_id: str) -> str:
    """Give the token that each form of a session carries (against CSRF).

    It follows from the session's ID, which no other site can read, so nothing is kept for it.
    """
    return hmac.new(session_id.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(session_id: str, given: str) -> bool:
    """Tell whether a form came from one of our pages; takes as long for each wrong one."""
    return hmac.compare_digest(form_token(session_id).encode(), given.encode(errors="replace"))


def _kept_as(session_id: str) -> str:
    """An ID is 256 random bits: its SHA-256 needs no salt."""
    return hashlib.sha256(session_id.encode(errors="replace")).hexdigest()
