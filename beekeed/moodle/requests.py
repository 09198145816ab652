"""Makes calls: many in one request where the service has Moodle's batch function.

One by one where it has not. A batch stops at its first error and is no transaction
(recorded), so every call stands for itself.
"""

from collections.abc import Sequence

from beekeed.errors import Code, LinkDown, OutcomeUnknown, RemoteGarbled, RemoteRefused
from beekeed.moodle import answers, functions, refusals, wire
from beekeed.moodle.transport import Transport

# A call whose arguments PHP cut off (max_input_vars) looks like one with wrong arguments. It is
# believed only of the first call of a request; a later one is tried again as the first.
_MAYBE_CUT = wire.Refusal("invalidparameter")


class Requests:
    """Requests to one Moodle. `batches`: whether its service has the batch function."""

    def __init__(self, *, transport: Transport, batch_calls: int) -> None:
        self._transport = transport
        self._batch_calls = batch_calls
        self.batches = False

    async def close(self) -> None:
        """Let the connection go."""
        await self._transport.close()

    async def read_one(self, call: wire.Call) -> wire.Json:
        """Make a call that only reads; a refusal is raised."""
        return (await self.read_all([call]))[0]

    async def read_all(self, calls: Sequence[wire.Call]) -> list[wire.Json]:
        """Make calls that only read, all of them; a refusal of any is raised."""
        done: list[wire.Json] = []
        while len(done) < len(calls):
            replies = await self._ask_many(calls[len(done) : len(done) + self._batch_calls])
            done.extend(replies)
            match replies[-1]:
                case answers.Lost(error=error):
                    raise error
                case wire.Refusal() as refusal:
                    raise refusals.raised(calls[len(done) - 1].function, refusal.errorcode)
        return done

    async def ask(self, calls: Sequence[wire.Call]) -> list[wire.Json]:
        """Make calls in order, up to the first refusal; what has no reply was not tried.

        In one request, or without batches one by one. Raises RemoteRefused where the
        site refused us, LinkDown where surely nothing left.
        """
        if self.batches:
            return await self._ask_many(calls)
        replies: list[wire.Json] = []
        for call in calls:
            try:
                replies.append(await self.ask_one(call))
            except LinkDown as error:
                if not replies:
                    raise
                replies.append(answers.Lost(OutcomeUnknown(error.code, **error.params)))
            if isinstance(replies[-1], answers.Lost | wire.Refusal):
                break
        return replies

    async def _ask_many(self, calls: Sequence[wire.Call]) -> list[wire.Json]:
        """Make one request: some calls, up to the first refusal; without batches, the first."""
        if not self.batches or len(calls) == 1:
            return [await self.ask_one(calls[0])]
        match await self.ask_one(wire.batch(calls)):
            case answers.Lost() as lost:
                return [lost] * len(calls)
            case wire.Refusal(errorcode=errorcode):
                unclear = OutcomeUnknown(Code.REFUSED_BY_MOODLE, errorcode=errorcode)
                return [answers.Lost(unclear)] * len(calls)
            case value:
                return _batch_replies(value, len(calls))

    async def ask_one(self, call: wire.Call) -> wire.Json:
        """Make one call; gives its answer, a Refusal, or Lost."""
        try:
            return await self._transport.ask(call)
        except (OutcomeUnknown, RemoteGarbled) as error:
            return answers.Lost(error)
        except RemoteRefused as error:
            if error.of_site:
                raise
            return wire.Refusal(error.errorcode)


def _batch_replies(value: wire.Json, sent: int) -> list[wire.Json]:
    try:
        replies = wire.read_batch(value)[:sent]
    except RemoteGarbled as error:
        return [answers.Lost(error)] * sent
    if len(replies) > 1 and replies[-1] == _MAYBE_CUT:
        return replies[:-1]
    nothing = RemoteGarbled(Code.ANSWER_UNREADABLE, what=functions.BATCH)
    return replies or [answers.Lost(nothing)]
