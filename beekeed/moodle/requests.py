"""Makes calls: many in one request where the service has Moodle's batch function.

One by one where it has not. A batch stops at its first error and is no transaction
(recorded), so every call stands for itself.
"""

from collections.abc import Sequence

from beekeed.errors import (
    BeekeedError,
    Code,
    LinkDown,
    OutcomeUnknown,
    RemoteGarbled,
    RemoteRefused,
)
from beekeed.moodle import answers, functions, refusals, wire
from beekeed.moodle.patience import Patience
from beekeed.moodle.transport import Transport

# A call whose arguments PHP cut off (max_input_vars) looks like one with wrong arguments. It is
# believed only of the first call of a request; a later one is tried again as the first.
_MAYBE_CUT = wire.Refusal("invalidparameter")


class Requests:
    """Requests to one Moodle.

    `batches`: whether its service has the batch function; None until it was asked.
    `most_calls`: how many calls of a batch it reads; learned where the settings say too much.
    """

    def __init__(self, *, transport: Transport, patience: Patience, batch_calls: int) -> None:
        self._transport = transport
        self._patience = patience
        self.most_calls = batch_calls
        self._cut_at: int | None = None
        self._most_reads = batch_calls
        self.batches: bool | None = None

    def begin(self) -> None:
        """Begin a run: reading dares twice as much at once as the last one ended with."""
        self._most_reads = min(self.most_calls, self._most_reads * 2)

    def payable_bytes(self) -> int | None:
        """Give the largest request that can be paid now; None where any can."""
        return self._transport.payable_bytes()

    async def close(self) -> None:
        """Let the connection go."""
        await self._transport.close()

    async def read_one(self, call: wire.Call) -> wire.Json:
        """Make a call that only reads; a refusal is raised."""
        return (await self.read_all([call]))[0]

    async def read_all(
        self, calls: Sequence[wire.Call], *, at_once: int | None = None
    ) -> list[wire.Json]:
        """Make calls that only read, all of them; a refusal of any is raised.

        `at_once`: in one request at most. What passes by itself is waited out; less is asked
        at once after an answer was lost, which may take a slow site too long.
        """
        done: list[wire.Json] = []
        while len(done) < len(calls):
            await self._patience.wait()
            most = min(self.most_calls, self._most_reads, at_once or self.most_calls)
            some = calls[len(done) : len(done) + most]
            try:
                replies = await self._read_some(some)
            except BeekeedError as error:
                if not self._patience.is_worth_a_try(error):
                    raise
                if len(some) > 1 and isinstance(error, OutcomeUnknown):
                    self._most_reads = len(some) // 2
                continue
            done.extend(replies)
            if isinstance(replies[-1], wire.Refusal):
                raise refusals.raised(calls[len(done) - 1].function, replies[-1].errorcode)
        return done

    async def _read_some(self, calls: Sequence[wire.Call]) -> list[wire.Json]:
        """Make calls by one request, or the first of them; raises where they got no answer."""
        replies = None
        if self.batches:
            replies = await self._ask_batch(calls)
        if replies is None or not self.batches:
            replies = [await self.ask_one(calls[0])]
        if isinstance(replies[0], answers.Lost):
            raise replies[0].error
        return replies

    async def ask(self, calls: Sequence[wire.Call]) -> list[wire.Json]:
        """Make calls in order, up to the first refusal; what has no reply was not tried.

        In one request, or without batches one by one. None was tried where the batch function
        turned out to be refused us: what fits into a batch need not fit into single calls.
        Raises RemoteRefused where the site refused us, LinkDown where surely nothing left.
        """
        if self.batches:
            return await self._ask_batch(calls) or []
        replies: list[wire.Json] = []
        for call in calls:
            try:
                replies.append(await self.ask_one(call))
            except (LinkDown, RemoteRefused) as error:
                if not replies:
                    raise
                replies.append(answers.Lost(OutcomeUnknown(error.code, **error.params)))
            if isinstance(replies[-1], answers.Lost | wire.Refusal):
                break
        return replies

    async def _ask_batch(self, calls: Sequence[wire.Call]) -> list[wire.Json] | None:
        """Make some calls by one request, up to the first refusal.

        None: the batch function is refused us, and nothing was done; calls go one by one
        from now on.
        """
        call = wire.request(calls, batches=True)
        try:
            reply = await self.ask_one(call)
        except RemoteRefused as error:  # of the function or of us: a single call tells
            if call.function != functions.BATCH or error.code is not Code.ACCESS_REFUSED:
                raise
            reply = wire.Refusal(refusals.NO_SUCH_FUNCTION)
        if call.function != functions.BATCH:
            return [reply]
        match reply:
            case answers.Lost() as lost:
                return [lost] * len(calls)
            case wire.Refusal(errorcode=refusals.NO_SUCH_FUNCTION):
                self.batches = False
                return None
            case wire.Refusal(errorcode=errorcode):
                self.batches = False
                unclear = OutcomeUnknown(Code.REFUSED_BY_MOODLE, errorcode=errorcode)
                return [answers.Lost(unclear)] * len(calls)
            case value:
                replies = _batch_replies(value, len(calls))
                self._learn(len(calls), replies)
                return replies

    def _learn(self, sent: int, replies: Sequence[wire.Json]) -> None:
        """Learn how many calls the site reads, from fewer answers with no refusal at the end.

        Twice in a row as many, because wrong arguments of one call look the same.
        """
        if len(replies) < sent and not isinstance(replies[-1], answers.Lost | wire.Refusal):
            if len(replies) == self._cut_at:
                self.most_calls = len(replies)
            self._cut_at = len(replies)

    async def ask_one(self, call: wire.Call) -> wire.Json:
        """Make one call; gives its answer, a Refusal, or Lost.

        Raises LinkDown where surely nothing left, and RemoteRefused where the site refuses us
        altogether.
        """
        try:
            answer = await self._transport.ask(call)
        except (OutcomeUnknown, RemoteGarbled) as error:
            self._patience.failed(error)
            return answers.Lost(error)
        except LinkDown as error:
            self._patience.failed(error)
            raise
        except RemoteRefused as error:
            if error.of_site:
                self._patience.failed(error)
                raise
            answer = wire.Refusal(error.errorcode)
        self._patience.succeeded()
        return answer


def _batch_replies(value: wire.Json, sent: int) -> list[wire.Json]:
    try:
        replies = wire.read_batch(value)[:sent]
    except RemoteGarbled as error:
        return [answers.Lost(error)] * sent
    if len(replies) > 1 and replies[-1] == _MAYBE_CUT:
        return replies[:-1]
    nothing = RemoteGarbled(Code.ANSWER_UNREADABLE, what=functions.BATCH)
    return replies or [answers.Lost(nothing)]
