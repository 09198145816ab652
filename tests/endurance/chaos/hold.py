"""A request, or its answer, kept back on its way, so that something can go wrong just then."""

import asyncio
import threading
from dataclasses import dataclass, field

_LOOK_SECONDS = 0.005


@dataclass
class Hold:
    """The request after `skip` others; `of_writing`: only those that write count.

    `of_answer`: not the request, which is done, but its answer. `loses`: what was kept back
    is lost in the end; else it goes on its way.
    """

    of_writing: bool = False
    skip: int = 0
    of_answer: bool = False
    loses: bool = False
    caught: threading.Event = field(default_factory=threading.Event)
    """Set once it keeps something back."""
    _is_taken: bool = False
    _is_released: bool = False

    def takes(self, writes: bool) -> bool:
        """Take note of a request, and tell whether it is the one."""
        if self._is_taken or self._is_released or (self.of_writing and not writes):
            return False
        self.skip -= 1
        self._is_taken = self.skip < 0
        return self._is_taken

    def release(self) -> None:
        """Keep nothing back any more."""
        self._is_released = True

    async def keep_back(self) -> bool:
        """Wait until it is released; tells whether to go on with what was kept back."""
        self.caught.set()
        while not self._is_released:
            await asyncio.sleep(_LOOK_SECONDS)
        return not self.loses
