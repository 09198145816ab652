"""What stands before the online Moodle, takes the encryption off, and may misbehave.

Rule: what it does to a connection is counted when it is done. It may also keep a request, or
its answer, back (`hold.py`): then whoever breaks something knows what is under way.
"""

import asyncio
import contextlib
import random
import socket
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.endurance.chaos.hold import Hold
from tests.endurance.chaos.witness import Witness
from tests.front import Front, ending

_PIECE = 65_536
_SHUT_DOWN_HARD = struct.pack("ii", 1, 0)  # SO_LINGER: a close is a reset


@dataclass
class Mood:
    """How it misbehaves. `after_bytes`: of an answer; `times`: so often."""

    what: str
    after_bytes: int = 0
    times: int = 1


class Mischief(Front):
    """A front that resets, garbles, gives up or drips while it has a mood for it."""

    def __init__(self, *where: Any, **how: Any) -> None:
        super().__init__(*where, **how)
        self.mood: Mood | None = None
        self.hold: Hold | None = None
        self.witness: Witness | None = None
        self.did: Counter[str] = Counter()
        self._random = random.Random(0)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held: list[Hold] = []
        with ending(writer), contextlib.suppress(OSError, ExceptionGroup):
            behind, to_behind = await asyncio.open_connection(self._host, self.port_behind)
            with ending(to_behind):
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._carry_up(reader, to_behind, writer, held))
                    both.create_task(self._carry_down(behind, writer, held))

    def _takes(self, *moods: str) -> Mood | None:
        """Use up a mood, if it has one of these."""
        mood = self.mood
        if mood is None or mood.what not in moods or mood.times <= 0:
            return None
        mood.times -= 1
        self.did[mood.what] += 1
        return mood

    async def _carry_up(
        self,
        reader: asyncio.StreamReader,
        to_behind: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
        held: list[Hold],
    ) -> None:
        """Carry requests up; `held`: whose answer is to be kept back."""
        assert self.witness is not None
        listener = self.witness.listen()
        with contextlib.suppress(OSError):
            while piece := await reader.read(_PIECE):
                hold = self._holds(listener.hear(piece))
                if hold is not None and hold.of_answer:
                    held.append(hold)
                elif hold is not None and not await hold.keep_back():
                    _reset(writer)
                    break
                if mood := self._takes("reset request"):
                    to_behind.write(piece[: mood.after_bytes])
                    _reset(writer)
                    break
                to_behind.write(piece)
                await to_behind.drain()
        to_behind.close()

    def _holds(self, writing: Sequence[bool]) -> Hold | None:
        """Give the hold that a request meets; each of `writing`: one, and whether it writes."""
        hold = self.hold
        return hold if hold is not None and any(hold.takes(each) for each in writing) else None

    async def _carry_down(
        self, behind: asyncio.StreamReader, writer: asyncio.StreamWriter, held: list[Hold]
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await behind.read(_PIECE):
                if held and not await held.pop().keep_back():
                    _reset(writer)
                    break
                if mood := self._takes("reset", "garbage", "502", "502 later"):
                    await self._spoil(mood, piece, writer)
                    break
                await self._send(piece, writer)
        writer.close()

    async def _spoil(self, mood: Mood, piece: bytes, writer: asyncio.StreamWriter) -> None:
        """Do something else than to answer; what was asked is done by then."""
        match mood.what:
            case "reset":
                writer.write(piece[: mood.after_bytes])
                await writer.drain()
                _reset(writer)
            case "garbage":
                kept = piece[: mood.after_bytes]
                writer.write(kept + self._random.randbytes(len(piece) - len(kept)))
                await writer.drain()
            case _:
                later = "Retry-After: 2\r\n" if mood.what == "502 later" else ""
                head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n{later}"
                writer.write(f"{head}Connection: close\r\n\r\n".encode())
                await writer.drain()

    async def _send(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        mood = self._takes("drip")
        while mood is not None and self.mood is mood and piece:
            few, piece = piece[:7], piece[7:]
            writer.write(few)
            await writer.drain()
            await asyncio.sleep(0.02)
        writer.write(piece)
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    made = writer.get_extra_info("socket")
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _SHUT_DOWN_HARD)
    writer.transport.abort()
