"""Requests that write, besides those of the wire: a stop ends the waiting for one, never itself.

What was begun is waited for until it is answered, so that a run that has stopped left
nothing under way.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from beekeed.core import retry
from beekeed.core.step import Outcome, Step, Verdict
from beekeed.engine.stopping import Stop
from beekeed.errors import BeekeedError, LinkDown, RemoteRefused
from beekeed.ports.online import OnlineMoodle

Result = TypeVar("Result")


def may_have_arrived(error: BeekeedError) -> bool:
    """Tell whether a request that raised this may have reached the site and done something."""
    return not isinstance(error, LinkDown | RemoteRefused)


async def patiently(
    online: OnlineMoodle, stop: Stop, write: Callable[[], Awaitable[Result]]
) -> Result:
    """Make a request that writes, again while its trouble may pass.

    Raises what it raised last, and Stopped.
    """
    fruitless = 0
    while True:
        await stop.unless_asked(online.wait(fruitless))
        try:
            return await write()
        except BeekeedError as error:
            fruitless += may_have_arrived(error)
            if fruitless == retry.ATTEMPTS or not online.is_worth_a_try(error):
                raise


async def settle(online: OnlineMoodle, stop: Stop, steps: Sequence[Step]) -> Sequence[Outcome]:
    """Find out what became of steps by reading, and hold back the notices of what arrived.

    Raises what the port raises, and Stopped: the steps stay open then.
    """
    outcomes = await stop.unless_asked(online.settle(steps))
    done = [s for s, each in zip(steps, outcomes, strict=True) if each.verdict is Verdict.DONE]
    if online.is_silenced(done):
        return outcomes
    await patiently(online, stop, lambda: online.silence(done))
    return outcomes
