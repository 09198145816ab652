"""The paid way to the online Moodle: what may go out is held in the ledger before it does.

Rule: what a connection cost, and what may still come of it if it were cut off at once,
is never more than what is held for it. Where no more can be held, it is cut off.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from beekeed.core.model import Bytes, Category, Charge
from beekeed.errors import LinkDown
from beekeed.link import allowance, tcpinfo
from beekeed.link.beside import Beside
from beekeed.link.counters import Resets
from beekeed.link.meter import InterfaceGauge
from beekeed.link.sockets import MeteredSocket
from beekeed.link.tab import Tab
from beekeed.link.uplink import Uplink, received_bytes
from beekeed.ports.ledger import Ledger
from beekeed.ports.link import AddressInfo

_LOOK_SECONDS = {Charge.SYNC: 0.05, Charge.LINE: 1.0}
NAME_BYTES = Bytes(1_000, 1_000)
"""What looking up a name is charged: two questions, repeated a few times, and their answers."""


class PaidLine:
    """See ports.Line. `charge`: tells by what; the interface where the kernel tells no more."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        category: Category,
        encrypted: bool,
        uplink: Uplink,
        charge: Callable[[], Charge] = lambda: Charge.SYNC,
    ) -> None:
        self._ledger = ledger
        self._category = category
        self._encrypted = encrypted
        self._uplink = uplink
        self._charge = charge
        self._kernel_tells = _kernel_tells()
        self._resets = Resets()
        self._besides: dict[str | None, Beside] = {}
        self._run_id: int | None = None
        self._names: dict[tuple[str, int, int], Sequence[AddressInfo]] = {}
        self._tab: Tab | None = None
        self._settling: set[asyncio.Task[None]] = set()
        self._over = Bytes()
        self._tabs: list[Tab] = []
        self._left: int | None = None
        self.refusal: LinkDown | None = None

    @property
    def charged_by(self) -> Charge:
        """What the cost of connections is told by."""
        return self._charge() if self._kernel_tells else Charge.LINE

    def charge_to(self, run_id: int | None) -> None:
        """Charge what follows to a run."""
        self._run_id = run_id

    def spent(self) -> Bytes:
        """Give what everything cost since the start; final after `close`."""
        return sum((tab.total() for tab in self._tabs), self._over)

    def payable_bytes(self) -> int | None:
        """See ports.Line."""
        if self._left is None:
            return None
        left = self._left + (self._tab.unused() if self._tab is not None else 0)
        return allowance.most_body_bytes(left - self._fixed_bytes(left))

    def _fixed_bytes(self, left: int) -> int:
        """Give what a request costs beside its body."""
        tab = self._tab
        if tab is not None and tab.is_open:
            return tab.may_come() + allowance.ANSWER_BYTES
        window = allowance.window_bytes(left)
        opening = allowance.opening_bytes(encrypted=self._encrypted)
        coming = allowance.coming_bytes(window)
        return coming + opening + allowance.ANSWER_BYTES + allowance.END_BYTES

    @asynccontextmanager
    async def request(self, body_bytes: int) -> AsyncIterator[None]:
        """See ports.Line."""
        self.refusal = None
        tab = await self._granted(allowance.request_bytes(body_bytes))
        keeper = asyncio.create_task(self._keep(tab))
        try:
            yield
        except asyncio.CancelledError:
            tab.discard()
            raise
        finally:
            tab.end()
            await keeper  # never cancelled: what it holds must be known here as well
            self._after(tab)

    async def _granted(self, size: int) -> Tab:
        """Give the tab that pays for a request, with enough held for it. Raises LinkDown."""
        left = await self._ledger.left()
        tab = self._tab
        if tab is None or not tab.is_open:
            tab = self._new_tab(left)
        tab.begin(size, self._window(left, tab))
        was_open = tab.is_open
        try:
            await self._hold(tab, self._most(tab, left))
            if was_open and not tab.is_open:
                await self._hold(tab, self._most(tab, left))  # it went while that was written down
        except BaseException:
            tab.end()
            self._after(tab)
            raise
        return tab

    def _window(self, left: int | None, tab: Tab) -> int:
        """Give how large a window may be; what a tab has not used up is its own again."""
        return allowance.window_bytes(None if left is None else left + tab.unused())

    def _new_tab(self, left: int | None) -> Tab:
        gauge = InterfaceGauge(uplink=self._uplink) if self.charged_by is Charge.LINE else None
        window = allowance.window_bytes(left)
        tab = Tab(window=window, resets=self._resets, ended=self._settle_soon, gauge=gauge)
        self._tab = tab
        self._tabs.append(tab)
        return tab

    def _most(self, tab: Tab, left: int | None) -> int:
        """Give what has to be held for a tab's request."""
        most = tab.may_come() + allowance.answer_bytes(left)
        if not tab.is_open:
            most += allowance.opening_bytes(encrypted=self._encrypted)
            most += allowance.coming_bytes(tab.window)
        return most

    async def _hold(self, tab: Tab, most: int) -> None:
        """Hold so much more for a tab, and remember what is left then."""
        spent = tab.spent()
        granted = spent.sent + spent.received + most
        tab.granted = min(tab.granted, granted)  # it may be less from now on
        entry = await self._ledger.hold(tab.entry, self._category, self._run_id, spent, most)
        is_new = tab.entry is not None and entry != tab.entry
        tab.enter(entry, spent)
        tab.granted = most if is_new else granted
        self._left = await self._ledger.left()

    async def _keep(self, tab: Tab) -> None:
        """Watch a request's cost until it is over, and hold more while there is more.

        Where that cannot be written down, the request ends at once.
        """
        seconds = _LOOK_SECONDS[self.charged_by]
        try:
            while tab.is_under_way:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await tab.wants_more.wait()
                tab.wants_more.clear()
                if tab.is_under_way:
                    tab.look()
                    await self._make_room(tab)
        except BaseException:
            tab.stop()
            raise

    async def read_on(self) -> None:
        """See ports.Line."""
        if self._tab is not None:
            await self._make_room(self._tab)
            self._tab.check()

    async def _make_room(self, tab: Tab) -> None:
        """Hold more for a tab that will need it; cut it off where that cannot be paid."""
        async with tab.lock:
            for step in allowance.STEPS_BYTES:
                if tab.may_grow and tab.room() < step // 2:
                    await self._grow(tab, step)
        if tab.room() < 0:
            tab.stop()

    async def _grow(self, tab: Tab, step: int) -> None:
        try:
            await self._hold(tab, tab.may_come() + step)
        except LinkDown as error:  # what is held already stays so
            tab.may_grow = step != allowance.STEPS_BYTES[-1]
            self.refusal = error

    def open_socket(self, address: AddressInfo) -> MeteredSocket:
        """See ports.Line."""
        if self._tab is None:
            raise RuntimeError("a socket was opened without a request")
        self._uplink.note(address)
        return self._tab.open_socket(address, self._beside(self._uplink.interface()))

    def _beside(self, interface: str | None) -> Beside:
        """Give what knows all our connections over an interface."""
        if interface not in self._besides:
            self._besides[interface] = Beside(everybody=partial(received_bytes, interface))
        return self._besides[interface]

    async def look_up(self, host: str, port: int, family: int) -> Sequence[AddressInfo]:
        """See ports.Line. Once a run."""
        key = (host, port, family)
        if key not in self._names:
            self._names[key] = await self._look_up(host, port, family)
        return self._names[key]

    async def _look_up(self, host: str, port: int, family: int) -> Sequence[AddressInfo]:
        find = asyncio.get_running_loop().getaddrinfo
        if _is_known(host):
            return await _found(find, host, port, family)
        both = NAME_BYTES.sent + NAME_BYTES.received
        entry = await self._ledger.hold(None, self._category, self._run_id, Bytes(), both)
        try:
            return await _found(find, host, port, family)
        finally:
            self._over += NAME_BYTES
            await self._ledger.settle(entry, NAME_BYTES)

    def discard(self) -> None:
        """See ports.Line."""
        if self._tab is not None:
            self._tab.discard()

    def _after(self, tab: Tab) -> None:
        """Settle a tab that is over: nothing was opened, or everything has ended."""
        if tab.is_over:
            self._settle_soon(tab)

    def _settle_soon(self, tab: Tab) -> None:
        task = asyncio.get_running_loop().create_task(self._settle(tab))
        self._settling.add(task)
        task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Task[None]) -> None:
        """Forget it, unless it could not be written down: `close` raises that."""
        if not task.cancelled() and task.exception() is None:
            self._settling.discard(task)

    async def _settle(self, tab: Tab) -> None:
        if tab not in self._tabs:
            return
        self._tabs.remove(tab)
        self._over += tab.total()
        if self._tab is tab:
            self._tab = None
        if tab.entry is not None:
            await self._ledger.settle(tab.entry, tab.spent())

    async def close(self) -> None:
        """See ports.Line."""
        for tab in list(self._tabs):
            await tab.wait()
            await self._settle(tab)
        while self._settling:
            settling, self._settling = self._settling, set()
            await asyncio.gather(*settling)
        self._names.clear()
        self._left = None


def _kernel_tells() -> bool:
    """Tell whether the kernel says what a connection cost (Linux 5.4 and later)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        raw = probe.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, tcpinfo.LENGTH)
    return tcpinfo.tells_cost(raw)


async def _found(find: Any, host: str, port: int, family: int) -> Sequence[AddressInfo]:
    return list(
        await find(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)
    )


def _is_known(host: str) -> bool:
    """Tell whether no resolver is asked for a host: an address, or this machine (RFC 6761)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
