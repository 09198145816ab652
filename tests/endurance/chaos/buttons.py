"""People at the box who press buttons, all at any time."""

import random
from datetime import timedelta

from tests.endurance.chaos.place import Place


class Buttons:
    """Whoever is signed in. `most_allowed_bytes`: the highest that the limit ever was."""

    def __init__(self, place: Place, chance: random.Random, limit_bytes: int) -> None:
        self._place = place
        self._chance = chance
        self._limit_bytes = limit_bytes
        self._topped_up_bytes = 0
        self.most_allowed_bytes = limit_bytes
        self._how = {
            "sync": self.sync,
            "stop": self.stop,
            "off and on": self._off_and_on,
            "limit": self._change_limit,
            "top-up": self._top_up,
            "verify": self._verify,
            "retry": self._retry,
            "late": self._send_late,
        }

    def press_any(self) -> None:
        """Press one of them."""
        self._how[self._chance.choices(list(self._how), (4, 3, 2, 2, 2, 2, 1, 1))[0]]()

    def set_limit(self, limit_bytes: int) -> None:
        """Set the limit."""
        self._limit_bytes = limit_bytes
        # What is asked for may hold although nobody hears the answer.
        self.most_allowed_bytes = max(self.most_allowed_bytes, limit_bytes + self._topped_up_bytes)
        self._press("limit", "/v1/limit", {"enabled": True, "bytes": limit_bytes})

    def sync(self) -> None:
        """Start a sync: of everything, by force, or of some days."""
        today = self._place.clock.today()
        first = today - timedelta(days=self._chance.randrange(25))
        body = self._chance.choice(
            (
                None,
                None,
                None,
                {"force": True},
                {"day": f"{first}"},
                {"month": f"{first:%Y-%m}"},
                {"from": f"{first}", "to": f"{today}"},
            )
        )
        self._press("sync", "/v1/sync", body)

    def sync_all(self) -> None:
        """Start a sync of everything, at times by force."""
        body = {"force": True} if self._chance.random() < 0.2 else None
        self._press("sync", "/v1/sync", body)

    def stop(self) -> None:
        """Stop the sync that runs."""
        self._press("stop", "/v1/stop", None)

    def top_up(self, more_bytes: int) -> None:
        """Allow more, once."""
        self._topped_up_bytes += more_bytes
        self.most_allowed_bytes += more_bytes
        self._press("top-up", "/v1/limit/top-up", {"bytes": more_bytes})

    def begin_month(self) -> None:
        """A month begins: the top-ups of the last one are gone."""
        self._topped_up_bytes = 0
        self.most_allowed_bytes = self._limit_bytes

    def enable(self) -> None:
        """Have Enable Sync be on, and what is late go by itself or not."""
        self._settings("enabled", {"sync.enabled": True})

    def _off_and_on(self) -> None:
        self._settings("off", {"sync.enabled": False})
        self._settings("on", {"sync.enabled": True})

    def _change_limit(self) -> None:
        self.set_limit(self._chance.randrange(80_000, 300_000))

    def _top_up(self) -> None:
        self.top_up(self._chance.randrange(10_000, 60_000))

    def _verify(self) -> None:
        self._press("verify", "/v1/verify", None)

    def _retry(self) -> None:
        self._press("retry", "/v1/set-aside/retry", None)

    def _send_late(self) -> None:
        self._settings("late", {"sync.late_changes": self._chance.choice(("hold", "send"))})

    def _settings(self, name: str, values: dict[str, object]) -> None:
        self._press(name, "/v1/settings", {"values": values})

    def _press(self, name: str, target: str, body: object) -> None:
        answer = self._place.ask("POST", target, body)
        if answer is None:
            return
        is_of_disk = self._place.is_disk_full and answer.code.startswith("store_")
        assert answer.status < 500 or is_of_disk, (target, body, answer.body)
        self._place.tally.pressed[name if answer.status == 200 else f"{name} refused"] += 1
