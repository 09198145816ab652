"""Pushes steps: as many by one request as it carries."""

from collections.abc import Callable, Sequence

from beekeed.clock import Clock
from beekeed.core import pace
from beekeed.core.cost import Cost
from beekeed.core.step import Outcome, SetGrade, Step, Verdict
from beekeed.errors import Code, OutcomeUnknown
from beekeed.moodle import answers, costs, wire
from beekeed.moodle.bundles import Bundle, bundles
from beekeed.moodle.calls import Manner
from beekeed.moodle.patience import Patience
from beekeed.moodle.requests import Requests


class Pushing:
    """Requests that write, to one site; `learner_role_id` may be learned later.

    How large they are is learned from how long they take.
    """

    def __init__(
        self,
        *,
        requests: Requests,
        patience: Patience,
        clock: Clock,
        max_input_vars: int,
        manner: Callable[[], Manner],
        learner_role_id: int,
    ) -> None:
        self._requests = requests
        self._patience = patience
        self._clock = clock
        self._most_fields = max_input_vars - 1
        self._most_bytes = pace.FIRST_BYTES
        self._manner = manner
        self.learner_role_id = learner_role_id

    def fits(self, steps: Sequence[Step], *, apart: bool = False) -> int:
        """Tell how many of some steps, from the first on, one request carries."""
        return self._fitting(steps, apart=apart, batches=bool(self._requests.batches))

    def _fitting(self, steps: Sequence[Step], *, apart: bool, batches: bool) -> int:
        """Halve until the most is found that one request carries."""
        fits, too_many = 1, len(steps) + 1
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            found = self._bundles(steps[:middle], apart=apart)
            if self._is_one_request(found, batches=batches):
                fits = middle
            else:
                too_many = middle
        return min(fits, len(steps))

    def _is_one_request(self, found: Sequence[Bundle], *, batches: bool) -> bool:
        calls = [call for bundle in found for call in bundle.calls]
        if not batches and len(found) > 1:
            return False
        if batches and len(calls) > self._requests.most_calls:
            return False
        call = wire.request(calls, batches=True) if batches else calls[0]
        if not batches and wire.fields(call) > self._most_fields:
            return False
        return len(wire.encode(call, "")) <= self._payable_bytes()

    def _payable_bytes(self) -> int:
        """Give how large a request may be: as the pace allows, and the limit of bytes."""
        payable = self._requests.payable_bytes()
        return self._most_bytes if payable is None else min(self._most_bytes, payable)

    def _bundles(self, steps: Sequence[Step], *, apart: bool = False) -> list[Bundle]:
        return bundles(steps, self.learner_role_id, self._manner(), apart=apart)

    def cost(self, steps: Sequence[Step]) -> Cost:
        """Tell what some steps cost; a site that was not asked yet is taken to have batches."""
        batches = self._requests.batches is not False
        requests = []
        left = list(steps)
        while left:
            count = self._fitting(left, apart=False, batches=batches)
            found = self._bundles(left[:count])
            own = [call for bundle in found for call in bundle.calls]
            requests += [own] if batches else [[call] for call in own]
            left = left[count:]
        return costs.cost(requests, batches=batches)

    async def push(self, steps: Sequence[Step], *, apart: bool) -> Sequence[Outcome]:
        """Do steps that fit into one request; as many outcomes. Raises what Requests.ask raises."""
        found = self._bundles(steps, apart=apart)
        calls = [call for bundle in found for call in bundle.calls]
        replies = await self._timed(calls, len(steps))
        outcomes = [Outcome(Verdict.NOT_TRIED)] * len(steps)
        for bundle in found:
            own, replies = replies[: len(bundle.calls)], replies[len(bundle.calls) :]
            for place, outcome in zip(bundle.places, _outcomes(bundle, own), strict=True):
                outcomes[place] = outcome
        return outcomes

    async def _timed(self, calls: Sequence[wire.Call], steps: int) -> list[wire.Json]:
        """Make calls that write, and learn from it how large the next request may be.

        Where the answer is lost, nothing is asked until the site must be done with it.
        """
        size = len(wire.encode(wire.request(calls, batches=bool(self._requests.batches)), ""))
        began = self._clock.monotonic()
        replies = await self._requests.ask(calls)
        seconds = self._clock.monotonic() - began
        if not replies:
            return replies
        if isinstance(replies[-1], answers.Lost):
            self._most_bytes = pace.after_loss(self._most_bytes)
            self._patience.hold(pace.working_seconds(steps) - seconds)
        else:
            self._most_bytes = pace.after_answer(self._most_bytes, size, seconds)
        return replies

    def silences(self, graded: Sequence[SetGrade]) -> list[wire.Call]:
        """Give the calls that hold back the notices of grades of assignments."""
        return [call for bundle in self._bundles(graded) for call in bundle.calls[1:]]


def _outcomes(bundle: Bundle, replies: Sequence[wire.Json]) -> Sequence[Outcome]:
    """Tell what became of a bundle by the answers to its calls: the first is the steps' own.

    Where a later one got lost or was not made, the steps must be settled; what Moodle
    refused of it changes nothing of what was done.
    """
    if not replies:
        own: wire.Json = answers.NotTried()
    elif isinstance(replies[-1], wire.Refusal | answers.Lost):
        own = replies[-1] if isinstance(replies[-1], answers.Lost) else replies[0]
    elif len(replies) < len(bundle.calls):
        own = answers.Lost(OutcomeUnknown(Code.NO_ANSWER))
    else:
        own = replies[0]
    return answers.outcomes(bundle.steps, bundle.calls[0].function, own)
