"""An emulated line with the box's side and the other side on it, ready to play scenarios."""

import dataclasses
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.link.client import Scenario, Told
from tests.link.emulator import DNS, Emulator, Flow, Weather
from tests.link.server import NAME

ROOT = Path(__file__).parent.parent.parent
_QUIET_SECONDS = 0.25
_OVER_SECONDS = 8.0
_RETRANSMITS = "01:"  # the timer that is set: that of what is not acknowledged


@dataclasses.dataclass(frozen=True, slots=True)
class Played:
    """What came of a scenario, and the truth."""

    scenario: Scenario
    weather: Weather
    told: Told
    truth: int
    """Bytes of its connections, both ways, with those of the names that were looked up."""
    resolver: int

    @property
    def ledger(self) -> int:
        """What the ledger has."""
        return self.told.sent + self.told.received

    @property
    def is_lossy(self) -> bool:
        """Whether the line lost packets."""
        return self.weather.loss > 0


def certificates(folder: Path) -> None:
    """Make good.pem, which ca.pem signed, and bad.pem, which nobody did."""
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    script = (
        f"openssl req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=ca;"
        f" openssl req {key} -keyout good.key -out good.csr -subj /CN=moodle;"
        f" printf 'subjectAltName=DNS:{NAME},IP:10.9.0.2,IP:fd09::2' > names;"
        " openssl x509 -req -in good.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        " -extfile names -out good.crt; cat good.key good.crt ca.pem > good.pem;"
        f" openssl req -x509 {key} -keyout bad.key -out bad.crt -days 2"
        " -subj /CN=bad; cat bad.key bad.crt > bad.pem"
    )
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True, capture_output=True)


class Bench:
    """Both sides and the line between them. Close it in the end."""

    def __init__(self, name: str, seed: int, folder: Path) -> None:
        self.emulator = Emulator(name, seed)
        self._server = self._start(self.emulator.net, "server", str(folder), trusted=folder)
        self._client = self._start(self.emulator.box, "client", trusted=folder)

    def _start(
        self, namespace: str, module: str, *words: str, trusted: Path
    ) -> subprocess.Popen[str]:
        command = ["ip", "netns", "exec", namespace, sys.executable, "-m", f"tests.link.{module}"]
        started = subprocess.Popen(
            [*command, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "SSL_CERT_FILE": str(trusted / "ca.pem")},
        )
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        return started

    def play(self, scenario: Scenario, weather: Weather, port: int) -> Played:
        """Play a scenario, and count what really passed."""
        assert self._client.stdin is not None
        assert self._client.stdout is not None
        self.emulator.weather = weather
        self.emulator.retransmit_patiently(patiently=not weather.loss)
        self.emulator.forget()
        self._client.stdin.write(json.dumps(dataclasses.asdict(scenario)) + "\n")
        self._client.stdin.flush()
        told = Told(**json.loads(self._client.stdout.readline()))
        self._wait_until_over(_QUIET_SECONDS + 4 * weather.delay_seconds)
        resolver = self.emulator.bytes_of(DNS)
        truth = self.emulator.bytes_of(Flow(socket.IPPROTO_TCP, port)) + resolver
        return Played(scenario, weather, told, truth, resolver)

    def _wait_until_over(self, quiet_seconds: float) -> None:
        """Wait until nothing passes any more, nor waits at the other side to be sent again."""
        until = time.monotonic() + _OVER_SECONDS
        self.emulator.wait_until_quiet(quiet_seconds)
        while self._sends_again() and time.monotonic() < until:
            self.emulator.wait_until_quiet(quiet_seconds)

    def _sends_again(self) -> bool:
        """Tell whether a socket of the other side waits to send something again (proc(5))."""
        tables = [Path(f"/proc/{self._server.pid}/net/{name}") for name in ("tcp", "tcp6")]
        rows = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
        return any(row[5].startswith(_RETRANSMITS) for row in rows)

    def close(self) -> None:
        """Take everything down."""
        for process in (self._client, self._server):
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                pipe.close()
        self.emulator.close()
