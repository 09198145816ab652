"""What requests cost as HTTP messages, before they go. Pure.

Up it is measured on the request itself. What answers there is short and always the same:
its figures were measured as those of `core.cost`.
"""

from collections.abc import Sequence

from beekeed.core.cost import Cost
from beekeed.core.model import Bytes
from beekeed.moodle import functions, wire

_HEAD = 190  # a request's, with a host of 15 characters
_TOKEN = "0" * 32

_ANSWER = 430
_ANSWER_EACH = {
    functions.CREATE: 11,
    functions.COMPLETE: 8,
    functions.GRADE_ASSIGNMENT: 3,
    functions.GRADE: 1,
}


def cost(requests: Sequence[Sequence[wire.Call]], *, batches: bool) -> Cost:
    """Give what some requests cost: each is the calls that go together."""
    each = [_of_request(calls, batches=batches) for calls in requests if calls]
    return sum(each, Cost())


def _of_request(calls: Sequence[wire.Call], *, batches: bool) -> Cost:
    sent = _HEAD + len(wire.encode(wire.request(calls, batches=batches), _TOKEN))
    answers = sum(_answer(each) for each in calls)
    return Cost(Bytes(sent, _ANSWER + answers), 1)


def _answer(call: wire.Call) -> int:
    """Give what the answer to a call weighs beside the answer's head."""
    if call.function != functions.CREATE:
        return _ANSWER_EACH.get(call.function, 1)
    return _ANSWER_EACH[functions.CREATE] * len(call.arguments["users"])
