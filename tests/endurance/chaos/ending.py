"""When all is quiet: everything is online, or listed with its reason; nothing is left open."""

import time
from typing import Any

from tests.endurance.chaos import agreeing, doubled
from tests.endurance.chaos.books import Books
from tests.endurance.chaos.buttons import Buttons
from tests.endurance.chaos.explained import Explained
from tests.endurance.chaos.place import Place
from tests.endurance.chaos.teachers import Teachers

_ROUNDS = 6
_LONGEST_SECONDS = 120
_PLENTY_BYTES = 20_000_000


class Ending:
    """The end of a round."""

    def __init__(self, place: Place, buttons: Buttons, books: Books, teachers: Teachers) -> None:
        self._place = place
        self._buttons = buttons
        self._books = books
        self._teachers = teachers

    def come_to_rest(self) -> None:
        """Have all faults be over, and sync until nothing is left to do."""
        self._teachers.put_right()
        self._place.clock.step(0)
        self._place.restart()  # whoever was asked to wait is not any more
        self._buttons.enable()
        self._buttons.set_limit(_PLENTY_BYTES)
        self._sync()
        self._run("/v1/verify")
        for _ in range(_ROUNDS):
            self._ask("/v1/set-aside/retry")
            self._accept()
            if not self._did_anything(self._sync()):
                return
        raise AssertionError(f"it comes to no rest\n{self._place.here.log()}")

    def check(self) -> None:
        """See that everything is accounted for."""
        here = self._place.here
        assert self._place.witness.seen
        doubles = [*self._place.witness.broken, *doubled.broken(here.online, here.box)]
        assert not doubles, "\n".join(doubles)
        assert here.in_state("SELECT count(*) FROM intent") == [(0,)], "a request was left open"
        assert here.in_state("PRAGMA integrity_check") == [("ok",)]
        assert "Traceback" not in here.log(), here.log()
        found = here.compare()
        self._place.tally.left_open = self._place.witness.read_back.seen
        self._place.tally.facts = found.compared - len(found.differences)
        explained = Explained(self._place)
        lost = [each for each in found.differences if not explained.has(each)]
        assert not lost, lost
        agreeing.check(self._place, self._teachers.took_away())
        self._books.close()

    def _sync(self) -> dict[str, Any]:
        return self._run("/v1/sync", {"force": True})

    def _run(self, target: str, body: object = None) -> dict[str, Any]:
        event_id = self._ask(target, body)["event_id"]
        deadline = time.monotonic() + _LONGEST_SECONDS
        while True:
            run = self._place.data(f"/v1/runs/{event_id}?wait=60")
            if run["ended_at"] is not None:
                break
            assert time.monotonic() < deadline, run
        assert run["status"] in ("completed", "partial"), run
        self._books.check()
        return run

    def _did_anything(self, run: dict[str, Any]) -> bool:
        return any(each["verdict"] == "done" for each in run["actions"])

    def _accept(self) -> None:
        for each in self._place.data("/v1/guard")["guards"]:
            self._ask(f"/v1/guard/accept?which={each['number']}")

    def _ask(self, target: str, body: object = None) -> dict[str, Any]:
        answer = self._place.ask("POST", target, body)
        assert answer is not None, f"no answer to {target}\n{self._place.here.log()}"
        assert answer.status == 200, (target, answer.body)
        return answer.data
