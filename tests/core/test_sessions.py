"""Who is signed in: what a machine of random steps can do to it."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from beekeed.core import sessions
from beekeed.core.sessions import IDLE_SECONDS, LONGEST_SECONDS, MOST, Session, Sessions


class SessionSteps(RuleBasedStateMachine):
    """People sign in, come back, walk away and sign out; held against a plain account of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.kept: Sessions = {}
        self.count = 0
        self.began: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        """When each that was not signed out or put aside was last used."""

    def names(self) -> list[str]:
        """Those that should be signed in."""
        return [
            name
            for name, seen in self.seen.items()
            if self.now < seen + IDLE_SECONDS and self.now < self.began[name] + LONGEST_SECONDS
        ]

    @rule(seconds=st.one_of(st.sampled_from([0.5, 60, 1799, 1800, 43200]), st.floats(0, 5000)))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    @rule(many=st.sampled_from([1, 1, 1, MOST]))
    def sign_in(self, many: int) -> None:
        """Somebody signs in, or a crowd."""
        for _ in range(many):
            alive = self.names()
            if len(alive) >= MOST:
                del self.seen[min(alive, key=lambda each: self.seen[each])]
            self.count += 1
            name = f"s{self.count}"
            self.began[name] = self.seen[name] = self.now
            self.kept = sessions.opened(self.kept, name, self.now)
            self.now += 0.001  # nobody is exactly as idle as another

    @precondition(lambda self: self.count > 0)
    @rule(data=st.data())
    def use(self, data: st.DataObject) -> None:
        """Somebody comes back with a session, which may have ended."""
        name = f"s{data.draw(st.integers(1, self.count))}"
        if name in self.names():
            self.seen[name] = self.now
        self.kept = sessions.used(self.kept, name, self.now)
        self.now += 0.001

    @precondition(lambda self: self.count > 0)
    @rule(data=st.data())
    def sign_out(self, data: st.DataObject) -> None:
        """Somebody signs out."""
        name = f"s{data.draw(st.integers(1, self.count))}"
        self.seen.pop(name, None)
        self.kept = sessions.closed(self.kept, name)

    @invariant()
    def those_are_in_who_should_be(self) -> None:
        """Nobody else, and never more than the most."""
        assert set(sessions.live(self.kept, self.now)) == set(self.names())
        assert len(self.kept) <= MOST


TestSessions = SessionSteps.TestCase
TestSessions.settings = settings(max_examples=40, stateful_step_count=30)


def test_a_session_that_ended_does_not_come_back() -> None:
    """Not by being used either, and to the second."""
    kept = sessions.opened({}, "a", 0)
    assert sessions.live(kept, IDLE_SECONDS - 1)
    assert sessions.used(kept, "a", IDLE_SECONDS) == {}


def test_a_page_left_open_is_signed_out_in_the_end() -> None:
    """It asks for ever."""
    kept, now = sessions.opened({}, "a", 0.0), 0.0
    while sessions.live(kept, now) and now < 2 * LONGEST_SECONDS:
        now += 60
        kept = sessions.used(kept, "a", now)
    assert now == LONGEST_SECONDS
    assert sessions.seconds_left(Session(began=0, used=now - 60), now - 60) == 60
