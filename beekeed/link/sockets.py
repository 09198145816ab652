"""Sockets that ask before they read, and whose cost is known however they end.

asyncio reads and writes by `recv`, `recv_into`, `send` and `sendmsg`, TLS as well.
"""

import socket
from typing import Any, Protocol

from beekeed.link.beside import Beside
from beekeed.link.counters import Resets
from beekeed.link.flow import Flow, narrow
from beekeed.ports.link import AddressInfo


class Gate(Protocol):
    """What lets a socket read."""

    def readable(self, wanted: int) -> int:
        """Give how much may be read now. Raises BlockingIOError and ConnectionError."""
        ...

    def closed(self, flow: Flow) -> None:
        """Be told that a socket was closed; its flow has been handed over."""
        ...


class MeteredSocket(socket.socket):
    """A socket for a connection of ours; `flow` has its figures, also after it is closed."""

    def __init__(
        self,
        address: AddressInfo,
        *,
        window: int,
        gate: Gate,
        resets: Resets,
        beside: Beside,
    ) -> None:
        super().__init__(*address[:3])
        self.setblocking(False)
        narrow(self, window)  # before it connects, so that no larger one is ever offered
        self.flow = Flow(self, resets, beside)
        self._gate = gate

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """See socket.socket."""
        data = super().recv(self._gate.readable(bufsize), flags)
        self.flow.count_read(len(data))
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """See socket.socket."""
        wanted = nbytes or memoryview(buffer).nbytes
        size = super().recv_into(buffer, self._gate.readable(wanted), flags)
        self.flow.count_read(size)
        return size

    def send(self, data: Any, flags: int = 0, /) -> int:
        """See socket.socket."""
        size = super().send(data, flags)
        self.flow.count_written(size)
        return size

    def sendmsg(self, *arguments: Any) -> int:
        """See socket.socket."""
        size = super().sendmsg(*arguments)
        self.flow.count_written(size)
        return size

    def close(self) -> None:
        """See socket.socket. The connection is followed to its end."""
        if self.fileno() >= 0:
            self.flow.hand_over()
            super().close()
            self._gate.closed(self.flow)

    def detach(self) -> int:
        """See socket.socket. The connection is followed to its end all the same."""
        self.flow.hand_over()
        descriptor = super().detach()
        self._gate.closed(self.flow)
        return descriptor
