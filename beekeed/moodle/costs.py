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


def cost(requests: Sequence[Sequence[wire.Call]]) -> Cost:
    """Give what some requests cost: each is the calls that go together."""
    each = [_of_request(calls) for calls in requests if calls]
    return sum(each, Cost())


def _of_request(calls: Sequence[wire.Call]) -> Cost:
    call = calls[0] if len(calls) == 1 else wire.batch(calls)
    sent = _HEAD + len(wire.encode(call, _TOKEN))
    answers = sum(_ANSWER_EACH.get(each.function, 1) for each in calls)
    return Cost(Bytes(sent, _ANSWER + answers), 1)
