"""Goes through a run wait by wait: at a drawn one the power goes, or something else happens.

A wait is where the engine's own task waits: for a statement of its database, for a request,
for a reading. What it waits for is done then, and the run has not seen it: so each power cut
falls between two statements, or between a request and what is written of it.
"""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import Any, TypeVar

Result = TypeVar("Result")


class PowerCut(Exception):
    """The run is over: the power went."""


@types.coroutine
def stepping(
    run: Coroutine[Any, Any, Result],
    at: Mapping[int, Callable[[], None]],
    cut: int | None,
    went: Callable[[], None],
    counts: Callable[[], bool],
) -> Generator[Any, None, Result]:
    """Run something, with what happens at some of its waits, counted from 1 as soon as `counts`.

    `cut`: at this one the power goes and `went` is called; the run itself is no more than
    rubbish then and is ended. Raises PowerCut.
    """
    number, todo = 0, dict(at)
    trouble: BaseException | None = None
    while number != cut:
        try:
            waited = _go_on(run, trouble)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]
        number += counts()
        todo.pop(number, _nothing)()
        trouble = yield from _wait(waited)
        del waited  # a cursor that it may hold would keep a statement open
    went()
    yield from _end(run)
    raise PowerCut


def _go_on(run: Coroutine[Any, Any, Any], trouble: BaseException | None) -> Any:
    return run.send(None) if trouble is None else run.throw(trouble)


def _wait(waited: Any) -> Generator[Any, None, BaseException | None]:
    """Wait, and give what came of it instead of a result: the task throws that at us.

    It is the run's own: one that never gets it is left standing in what it has open.
    """
    try:
        yield waited
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the run judges it
        return error
    return None


def _end(run: Coroutine[Any, Any, Any]) -> Generator[Any, None, None]:
    """Let a run that nobody looks at any more give back what it holds."""
    trouble: BaseException | None = asyncio.CancelledError()
    try:
        while True:
            waited = _go_on(run, trouble)
            trouble = yield from _wait(waited)
            del waited
    except BaseException:  # noqa: BLE001 - whatever it says, the power went
        return


def _nothing() -> None:
    pass
