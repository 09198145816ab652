"""The box's side of the emulated line: the real Transport on the real line, told what to do.

Run as a program inside a namespace: a scenario a line comes in as JSON, what came of it
goes out.
"""

import asyncio
import contextlib
import dataclasses
import json
import resource
import socket
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psutil

from beekeed.core.model import Bytes
from beekeed.errors import BeekeedError, Code
from beekeed.link.line import PaidLine
from beekeed.link.meter import InterfaceGauge
from beekeed.link.uplink import Uplink
from beekeed.moodle import wire
from beekeed.moodle.transport import Transport
from tests.ledger import Purse
from tests.line import paid_line
from tests.link.emulator import NET
from tests.link.server import BESIDE

TOKEN = "f00dfacef00dfacef00dfacef00dface"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its size, and how it is to be answered."""

    up: int
    how: str
    size: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the box does."""

    address: str
    requests: list[Request]
    limit: int | None = None
    new_connections: bool = False
    beside: bool = False
    timeout_seconds: float = 1.0
    largest_answer: int = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it: the ledger's bytes, and how each request ended."""

    sent: int
    received: int
    held: int
    connections: int
    names: int
    left: int | None
    refused: int
    """The reservation that was too much in the end; 0 where none was."""
    line: int
    outcomes: dict[str, int]
    carried: int
    """Bytes of requests that were answered."""
    cpu_seconds: float
    seconds: float


async def play(scenario: Scenario) -> Told:
    """Do what a scenario says."""
    ledger = Purse(scenario.limit)
    uplink = Uplink()
    is_encrypted = scenario.address.startswith("https")
    line = paid_line(ledger, uplink=uplink, encrypted=is_encrypted)
    way = Transport(
        address=scenario.address,
        token=TOKEN,
        timeout_seconds=scenario.timeout_seconds,
        line=line,
        largest_answer=scenario.largest_answer,
    )
    gauge = InterfaceGauge(uplink=uplink)
    beside = asyncio.create_task(download()) if scenario.beside else None
    began, cpu = time.monotonic(), cpu_seconds()
    outcomes, carried = await ask_all(scenario, way, line)
    await way.close()
    cpu, seconds = cpu_seconds() - cpu, time.monotonic() - began
    if beside is not None:
        beside.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beside
    return told(ledger, gauge.spent(), uplink.opened, outcomes, carried, cpu, seconds)


async def ask_all(scenario: Scenario, way: Transport, line: PaidLine) -> tuple[Counter[str], int]:
    """Make a scenario's requests, each no larger than can be paid."""
    outcomes: Counter[str] = Counter()
    carried = 0
    for request in scenario.requests:
        payable = line.payable_bytes()
        up = request.up if payable is None else max(1, min(request.up, payable - 200))
        outcome = await ask(way, dataclasses.replace(request, up=up))
        outcomes[outcome] += 1
        carried += up if outcome == "answer" else 0
        if outcome == f"LinkDown {Code.LIMIT_REACHED}":
            break
        if scenario.new_connections:
            await way.close()
    return outcomes, carried


async def ask(way: Transport, request: Request) -> str:
    """Make a request, and tell what came of it."""
    arguments: dict[str, Any] = {"how": request.how, "size": request.size, "x": "x" * request.up}
    try:
        await way.ask(wire.Call("f", arguments))
    except BeekeedError as error:
        return f"{type(error).__name__} {error.code}"
    return "answer"


async def download() -> None:
    """Load the line beside the sync."""
    made = socket.socket()
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)  # or it fills the line's queues
    await asyncio.get_running_loop().sock_connect(made, (NET[0], BESIDE))
    reader, writer = await asyncio.open_connection(sock=made)
    try:
        while await reader.read(65536):
            await asyncio.sleep(0.03)
    finally:
        writer.close()


def told(
    ledger: Purse,
    line: Bytes,
    connections: int,
    outcomes: Counter[str],
    carried: int,
    cpu: float,
    seconds: float,
) -> Told:
    """Sum up."""
    entries = ledger.entries.values()
    names = sum(entry.spent == Bytes(1000, 1000) for entry in entries)
    return Told(
        sent=sum(entry.spent.sent for entry in entries),
        received=sum(entry.spent.received for entry in entries),
        held=sum(entry.held for entry in entries),
        connections=connections,
        names=names,
        left=None if ledger.limit is None else ledger.limit - ledger.charged(),
        refused=ledger.refused,
        line=line.sent + line.received,
        outcomes=dict(outcomes),
        carried=carried,
        cpu_seconds=cpu,
        seconds=seconds,
    )


def cpu_seconds() -> float:
    """The processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main() -> None:
    """Play what comes in."""
    reading = ThreadPoolExecutor(1)
    psutil.net_io_counters(pernic=True)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while text := await loop.run_in_executor(reading, sys.stdin.readline):
        given = json.loads(text)
        given["requests"] = [Request(**each) for each in given["requests"]]
        with ThreadPoolExecutor() as looking_up:  # a lookup that was given up goes on: till its end
            loop.set_default_executor(looking_up)
            result = await play(Scenario(**given))
        print(json.dumps(dataclasses.asdict(result)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
