"""The way to the online Moodle without a socket: real bytes, a real sandbox, drawn faults.

What is sent is encoded by `wire.encode`, answered by the sandbox's own code, and read by
`wire.read`; a fault is one of the sandbox's switches, on for one request. That it raises
what the real Transport raises, and does what a socket would have done, both are held to by
`tests/adapters/test_line.py`.
"""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from beekeed.errors import Code, LinkDown, OutcomeUnknown
from beekeed.moodle import functions, wire
from beekeed.moodle.transport import Transport
from beekeed.sandbox import faults
from beekeed.sandbox.answering import Answer, answer, read_asked
from beekeed.sandbox.parameters import Contract
from beekeed.sandbox.rest import parse_form

HOST = "online.example"
_FIELDS = 1000  # PHP's own max_input_vars
_FAILED = {"exception": "dml_write_exception", "errorcode": "dmlwriteexception", "message": "x"}


class Fault(StrEnum):
    """What may go wrong with a request."""

    REFUSED = "refused"
    """Nothing listens; nothing was sent."""
    LOST_REQUEST = "cut_before"
    LOST_ANSWER = "cut_after"
    CUT_ANSWER = "garbage"
    PORTAL = "html"
    REDIRECTED = "redirect"
    BUSY = "status"
    MAINTENANCE = "maintenance"
    CUT_REQUEST = "max_input_vars"
    """PHP reads the first fields of the form only."""
    LATE = "late"
    """The request is done only after another one, when nobody waits for it any more."""
    HALF_DONE = "half_done"
    """The first calls of the batch are done; then the connection is reset."""
    HALF_ANSWERED = "half_answered"
    """The first calls of the batch are done; then Moodle fails, and says so."""


@dataclass(frozen=True)
class Trouble:
    """One fault. `value`: the switch's, or how many calls of a batch are done."""

    fault: Fault
    value: str = "*"


Witness = Callable[[Sequence[wire.Call]], Callable[[], None]]
"""Is told which calls the site is about to see; what it gives is called when they are done."""

WRITING = frozenset(
    {
        functions.CREATE, functions.ENROL, functions.COMPLETE, functions.GRADE,
        functions.GRADE_ASSIGNMENT, functions.MAKE_GROUP, functions.JOIN_GROUP, functions.UPDATE,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Weather:
    """What is to go wrong in one run.

    By the number of the request, and by its number among those that write, both from 1;
    `for_good` meets every request after that.
    """

    requests: Mapping[int, Trouble] = field(default_factory=dict)
    writes: Mapping[int, Trouble] = field(default_factory=dict)
    for_good: Trouble | None = None


class Line(Transport):
    """See Transport."""

    def __init__(self, db: sqlite3.Connection, contract: Contract, token: str) -> None:
        self._db = db
        self._contract = contract
        self._own_token = token
        self._late: list[wire.Call] = []
        self._numbers: Counter[bool] = Counter()
        self.change(Weather())
        self.now = 0
        self.is_dead = False
        """The power went: nothing arrives any more."""
        self.met: Counter[str] = Counter()
        """The faults that really met a request."""
        self.witness: Witness = lambda _: lambda: None
        self.dispute: Callable[[Sequence[wire.Call]], None] = lambda _: None
        """Is told which calls come late."""

    def change(self, weather: Weather) -> None:
        """Have other faults from now on, as another run begins; what is late arrives first."""
        self.arrive()
        self._requests, self._writes = dict(weather.requests), dict(weather.writes)
        self._for_good = weather.for_good
        self._numbers.clear()

    def payable_bytes(self) -> int | None:
        """See Transport."""
        return None

    def sent(self) -> int:
        """Tell how many requests that write have gone out in this run."""
        return self._numbers[True]

    def arrive(self) -> None:
        """Have done what is late."""
        late, self._late = self._late, []
        for call in late:
            self._answer(call, _FIELDS)

    def _trouble(self, call: wire.Call) -> Trouble | None:
        """Draw what meets the next request."""
        writes = any(each.function in WRITING for each in inner(call))
        self._numbers.update({True: writes, False: 1})
        calm = None if self._requests or self._writes else self._for_good
        found = self._requests.pop(self._numbers[False], None)
        return found or (self._writes.pop(self._numbers[True], None) if writes else None) or calm

    async def ask(self, call: wire.Call) -> wire.Json:
        """See Transport. Between its two waits the site does what it is asked."""
        trouble = self._trouble(call)
        await asyncio.sleep(0)
        if self.is_dead or (trouble and trouble.fault is Fault.REFUSED):
            self.met[Fault.REFUSED] += not self.is_dead
            raise LinkDown(Code.NOT_REACHED, detail="Connection refused")
        given = self._with(trouble, call)
        await asyncio.sleep(0)
        if given is None:
            raise OutcomeUnknown(Code.NO_ANSWER, detail="Server disconnected")
        return wire.read(given.status, dict(given.headers), given.body, given.phrase or "")

    async def close(self) -> None:
        """See Transport."""

    def _with(self, trouble: Trouble | None, call: wire.Call) -> Answer | None:
        """Answer a request that meets a fault, or none; None: the connection was reset."""
        late = len(self._late)
        try:
            return self._now_with(trouble, call)
        finally:
            if late:
                self.arrive()

    def _now_with(self, trouble: Trouble | None, call: wire.Call) -> Answer | None:
        if trouble is None:
            return self._answer(call, _FIELDS)
        if trouble.fault in (Fault.HALF_DONE, Fault.HALF_ANSWERED):
            return self._half(trouble, call)
        self.met[trouble.fault] += 1
        if trouble.fault is Fault.LATE:
            self._late.append(call)
            self.dispute(inner(call))
            return None
        put = "INSERT INTO sandbox_switch (name, value) VALUES (?, ?)"
        self._db.execute(put, (trouble.fault.value, trouble.value))
        try:
            return self._switched(call)
        finally:
            self._db.execute("DELETE FROM sandbox_switch")

    def _switched(self, call: wire.Call) -> Answer | None:
        """Answer under the sandbox's switches, in the order of its `Exchange`."""
        limit = faults.max_input_vars(self._db)
        asked = read_asked(parse_form(wire.encode(call, self._own_token), limit))
        if faults.take(self._db, "cut_before", asked):
            return None
        given = faults.instead(self._db, asked) or self._answer(call, limit)
        if faults.take(self._db, "cut_after", asked):
            return None
        if faults.take(self._db, "garbage", asked):
            given = replace(given, body=given.body[: len(given.body) // 2])
        return given

    def _half(self, trouble: Trouble, call: wire.Call) -> Answer | None:
        """Have the first calls of a batch done; what is no batch leaves it to the next request."""
        requests = call.arguments.get("requests", ()) if call.function == functions.BATCH else ()
        count = int(trouble.value) % max(len(requests), 1)
        if not count:
            self._writes.setdefault(self._numbers[True] + 1, trouble)
            return self._answer(call, _FIELDS)
        self.met[trouble.fault] += 1
        given = self._answer(wire.Call(call.function, {"requests": requests[:count]}), _FIELDS)
        return _broken_off(given) if trouble.fault is Fault.HALF_ANSWERED else None

    def _answer(self, call: wire.Call, limit: int) -> Answer:
        asked = read_asked(parse_form(wire.encode(call, self._own_token), limit))
        self.now += 1
        done = self.witness(inner(call))
        given = answer(self._db, self._contract, asked, host=HOST, remote="127.0.0.1", now=self.now)
        done()
        return given


def _broken_off(given: Answer) -> Answer:
    """What a batch answers whose next call failed."""
    said = json.loads(given.body)
    said["responses"].append({"error": True, "exception": json.dumps(_FAILED)})
    return replace(given, body=json.dumps(said).encode())


def inner(call: wire.Call) -> list[wire.Call]:
    """The calls that a request makes: itself, or those of a batch."""
    if call.function != functions.BATCH:
        return [call]
    return [
        wire.Call(each["function"], json.loads(each["arguments"]))
        for each in call.arguments["requests"]
    ]
