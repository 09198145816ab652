"""How often somebody may try a password."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from beekeed.core import throttle
from beekeed.core.throttle import (
    LONGEST_HOLD_SECONDS,
    MOST_KNOWN,
    POOL,
    REFILL_SECONDS,
    TRIES,
    WINDOW_SECONDS,
    Throttle,
)

QUARTER = 900


def attempt(state: Throttle, name: str, now: float) -> tuple[Throttle, bool]:
    """Try a wrong password, if that may be; tells whether it was looked at."""
    if throttle.wait_seconds(state, name, now) > 0:
        return state, False
    return throttle.taken(state, name, now), True


def wrong_until_held(state: Throttle, name: str, now: float) -> tuple[Throttle, float]:
    """Try wrong ones until the source is held; tells for how long."""
    for _ in range(TRIES):
        state, looked = attempt(state, name, now)
        assert looked
    return state, throttle.wait_seconds(state, name, now)


def test_five_wrong_ones_are_held_a_quarter_of_an_hour_then_twice_as_long_up_to_an_hour() -> None:
    """Whoever comes back with wrong ones as soon as the hold ends."""
    state, now, holds = Throttle(), 0.0, []
    for _ in range(5):
        state, hold = wrong_until_held(state, "10.0.0.9", now)
        holds.append(hold)
        now += hold
    assert holds == [QUARTER, 2 * QUARTER, 3600, 3600, 3600]


def test_after_an_hour_of_peace_the_first_hold_is_short_again() -> None:
    """A person who forgot the password last week is not held for an hour today."""
    state, first = wrong_until_held(Throttle(), "10.0.0.9", 0.0)
    state, _ = wrong_until_held(state, "10.0.0.9", first)
    now = first + 2 * QUARTER + 3600
    assert wrong_until_held(state, "10.0.0.9", now)[1] == QUARTER


def test_the_quarter_of_an_hour_begins_with_each_try() -> None:
    """Who waits for the first to be forgotten has one more then, not five."""
    state, _ = attempt(Throttle(), "10.0.0.9", 0.0)
    for _ in range(3):
        state, _ = attempt(state, "10.0.0.9", 890.0)
    looked_at = 0
    for _ in range(5):
        state, looked = attempt(state, "10.0.0.9", 900.0)
        looked_at += looked
    assert looked_at == 2


def test_the_right_password_forgets_the_wrong_ones() -> None:
    """Four typing errors, the right one, four typing errors: nobody is held."""
    state = Throttle()
    for _ in range(3):
        for _ in range(4):
            state, looked = attempt(state, "10.0.0.9", 5.0)
            assert looked
        state = throttle.given_back(throttle.taken(state, "10.0.0.9", 5.0), "10.0.0.9", 5.0)
    assert throttle.wait_seconds(state, "10.0.0.9", 5.0) == 0


def test_many_addresses_share_what_there_is() -> None:
    """A learner who takes another address each time: thirty at once, then one in half a minute."""
    state, looked_at = Throttle(), 0
    for each in range(1000):
        state, looked = attempt(state, f"10.0.{each // 250}.{each % 250}", each / 10)
        looked_at += looked
    assert looked_at == POOL + 100 // REFILL_SECONDS


def test_who_signed_in_lately_is_not_locked_out_by_who_guesses_elsewhere() -> None:
    """The administrator's own device has its own five tries."""
    state = throttle.given_back(throttle.taken(Throttle(), "10.0.0.5", 0.0), "10.0.0.5", 0.0)
    for each in range(100):
        state, _ = attempt(state, f"10.0.1.{each}", 1.0)
    assert throttle.wait_seconds(state, "10.0.0.6", 1.0) > 0
    state, looked = attempt(state, "10.0.0.5", 1.0)
    assert looked
    held, _ = wrong_until_held(throttle.unlocked(state, 1.0), "10.0.0.5", 1.0)
    assert throttle.wait_seconds(held, "10.0.0.5", 1.0) == QUARTER


def test_unlocking_lets_everybody_try_at_once() -> None:
    """The way out for who forgot, and for who was locked out by others."""
    state = Throttle()
    for each in range(POOL):
        state, _ = attempt(state, f"10.0.0.{each // TRIES}", 2.0)
    assert throttle.wait_seconds(state, "10.0.0.0", 2.0) > 0
    assert throttle.wait_seconds(state, "10.0.9.9", 2.0) > 0
    state = throttle.unlocked(state, 2.0)
    for name in ("10.0.0.0", "10.0.9.9"):
        assert throttle.wait_seconds(state, name, 2.0) == 0


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("fe80::1%wlan0", "fe80::/64"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("10.0.0.1, 10.0.0.2", "unknown"),
        ("\x1b[2J", "unknown"),
    ],
)
def test_under_which_name_an_address_is_counted(address: str, name: str) -> None:
    """Neither another spelling nor another address of the same machine's network is new."""
    assert throttle.source(address) == name


def test_a_flood_for_hours_fills_no_memory() -> None:
    """From ever new addresses, as fast as they are let through."""
    state, now, most = Throttle(), 0.0, 0
    for each in range(5000):
        state, _ = attempt(state, f"10.{each // 250}.0.{each % 250}", now)
        now += 10
        most = max(most, len(state.addresses))
    assert 50 < most <= 150


class Guessing(RuleBasedStateMachine):
    """Guesses from many addresses, right ones, waiting and unlocking."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.state = Throttle()
        self.wrong: dict[str, list[float]] = {}
        """When each source's wrong ones were looked at, since it was right or unlocked."""
        self.shared: list[float] = []
        """When wrong ones of sources that are not known were looked at, since unlocking."""

    @rule(seconds=st.sampled_from([0.1, 29, 30, 31, 899, 900, 901, 3600]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    @rule(source=st.integers(0, 12), times=st.integers(1, 8))
    def guess(self, source: int, times: int) -> None:
        """Wrong ones from an address."""
        name = f"10.0.0.{source}"
        for _ in range(times):
            self.state, looked = attempt(self.state, name, self.now)
            if looked:
                self.wrong.setdefault(name, []).append(self.now)
                if name not in self.state.known:
                    self.shared.append(self.now)

    @rule(start=st.integers(0, 400))
    def crowd(self, start: int) -> None:
        """One wrong password from each of many addresses."""
        for each in range(start, start + 60):
            name = f"10.1.{each // 250}.{each % 250}"
            self.state, looked = attempt(self.state, name, self.now)
            if looked:
                self.shared.append(self.now)

    @rule(source=st.integers(0, 40))
    def be_right(self, source: int) -> None:
        """The right one, if it is looked at."""
        name = f"10.0.0.{source}"
        if throttle.wait_seconds(self.state, name, self.now) == 0:
            self.state = throttle.taken(self.state, name, self.now)
            self.state = throttle.given_back(self.state, name, self.now)
            self.wrong.pop(name, None)

    @rule()
    def unlock(self) -> None:
        """From the box itself."""
        self.state = throttle.unlocked(self.state, self.now)
        self.wrong.clear()
        self.shared.clear()

    @invariant()
    def nobody_has_more_than_five_in_a_quarter(self) -> None:
        """Whenever the quarter of an hour begins."""
        for times in self.wrong.values():
            for first, sixth in zip(times, times[TRIES:], strict=False):
                assert sixth - first >= WINDOW_SECONDS

    @invariant()
    def all_together_have_no_more_than_the_pool_gives(self) -> None:
        """However many addresses there are; by a count of its own."""
        if self.shared:
            for first in (self.shared[0], self.shared[-1] - 3600):
                since = [each for each in self.shared if each >= first]
                assert len(since) <= POOL + (self.now - since[0]) / REFILL_SECONDS + 1e-6

    @invariant()
    def the_wait_is_always_bounded_and_true(self) -> None:
        """Whoever waits as long as was said may try then."""
        for name in ("10.0.0.0", "10.0.0.1", "10.9.9.9"):
            wait = throttle.wait_seconds(self.state, name, self.now)
            assert wait <= LONGEST_HOLD_SECONDS
            later = self.now + wait + 1e-6
            assert throttle.wait_seconds(self.state, name, later) < 1e-3

    @invariant()
    def what_is_remembered_is_bounded(self) -> None:
        """A flood of addresses fills no memory."""
        assert len(self.state.addresses) <= 150
        assert len(self.state.known) <= MOST_KNOWN


TestGuessing = Guessing.TestCase
TestGuessing.settings = settings(max_examples=40, stateful_step_count=30)
