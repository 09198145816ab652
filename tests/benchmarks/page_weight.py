"""What the status page costs: bytes, requests, time until it is seen, server time and memory.

    python -m tests.benchmarks.page_weight [--no-idle] [--phones [--pairs 11]]

A sandbox box where everything is that a screen can show, the real daemon and the real page.
Bytes are those of TCP's streams in both directions, heads and bodies, as chromium asks for
them over a relay that counts: `first`: nothing is cached; `painted`: of that the HTML and the
style sheet; `reload`: the view again; `refresh`: what the page's script asks for when a sync
begins or ends. `seen`: milliseconds until something is painted (First Contentful Paint) at
256 kbit/s and 100 ms, emulated by chromium, and with a processor four times slower, medians
of three. `ratio`: how long the page takes for a view, over a bare answer of aiohttp of the same
size, one after the other in the same run, with the milliseconds of both; what all see alike who
are not signed in is made once a second. Last, the page process's memory (PSS), and that it ends
within 5 minutes after the last visit, as systemd starts it, with nothing changed (--no-idle
leaves that out).

With --phones instead: how long a sync takes over a line of 256 kbit/s and 100 ms while 50
phones look at the page, over how long it takes alone, in alternating pairs.

Ends with 1 where a target is missed.
"""

import argparse
import contextlib
import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from beekeed.say import LANGUAGES
from tests.benchmarks.figures import Figure, Findings
from tests.page.browser import Browser as Plain
from tests.page.busy import busy_site
from tests.page.chromium import PHONE, chromium, go
from tests.page.relay import Relay
from tests.page.site import Site
from tests.page.test_activation import ROOT, free_port, status_of
from tests.page.weight import (
    FIRST_BYTES,
    HOW,
    PAINTED_BYTES,
    REFRESH_BYTES,
    REQUESTS,
    View,
    overview_figures,
    relayed,
    sign_in,
    total,
    weigh,
)
from tests.process import memory

SEEN_MILLISECONDS = 1000
GONE_SECONDS = 300
LINE = {
    "offline": False,
    "latency": 100,
    "downloadThroughput": 256_000 / 8,
    "uploadThroughput": 256_000 / 8,
}
_VIEWS, _PAINTS = 60, 3
_PAINT = """() => new Promise((tell) => new PerformanceObserver((list) => {
  const found = list.getEntriesByName("first-contentful-paint");
  if (found.length) tell(found[0].startTime);
}).observe({ type: "paint", buffered: true }))"""


@dataclass(frozen=True)
class Screen:
    """A line of the table."""

    path: str
    signed_in: bool
    language: str = "en"

    @property
    def name(self) -> str:
        """What the table calls it."""
        path = "/history/…" if self.path.startswith("/history/") else self.path
        return f"{path} {self.language}{' signed in' if self.signed_in else ''}"


def screens(here: Site) -> list[Screen]:
    """Those that are weighed."""
    first = here.ask("GET", "runs?limit=50")["runs"][-1]["event_id"]
    anybodys = ("/", "/calendar", "/scheduling", "/history", f"/history/{first}", "/link")
    others = ("/set-aside", "/waiting", "/settings", "/check")
    found = [Screen(path, signed_in=False) for path in (*anybodys, "/sign-in")]
    found += [Screen(path, signed_in=True) for path in (*anybodys, *others)]
    return found + [Screen("/", True, language) for language in LANGUAGES if language != "en"]


def seen_after(here: Site, browser: Browser, screen: Screen, slower: int) -> float:
    """Milliseconds until something is seen, over the slow line."""
    context = browser.new_context(viewport={"width": PHONE, "height": 640}, locale=screen.language)
    with closing(context):
        if screen.signed_in:
            sign_in(here, context)
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", LINE)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        go(page, here.host, screen.path)
        return _painted(page)


def _painted(page: Page) -> float:
    return float(page.evaluate(_PAINT))


@contextlib.contextmanager
def bare(size: int) -> Iterator[str]:
    """A server of aiohttp in a process of its own, which answers with so many bytes."""
    command = [sys.executable, "-m", "tests.benchmarks.bare_answer", str(size)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def server_times(here: Site, screen: Screen) -> tuple[float, float]:
    """Milliseconds of a view of the page, and of a bare answer of its size; medians."""
    visitor = here.signed_in() if screen.signed_in else here.browser()
    ours = _Asker(here.host, screen.path, visitor)
    with bare(ours.ask()[1]) as host:
        plain = _Asker(host, "/", visitor)
        pairs = [(ours.ask()[0], plain.ask()[0]) for _ in range(_VIEWS)]
    return statistics.median(one for one, _ in pairs), statistics.median(b for _, b in pairs)


class _Asker:
    """Asks for one thing again and again over a connection, as a browser does."""

    def __init__(self, host: str, path: str, visitor: Plain) -> None:
        place, _, port = host.rpartition(":")
        self._line = http.client.HTTPConnection(place, int(port), timeout=60)
        self._path = path
        self._named = {"Cookie": visitor.cookie, "Accept-Encoding": "gzip, deflate"}

    def ask(self) -> tuple[float, int]:
        """Milliseconds, and the bytes of the body."""
        began = time.perf_counter()
        self._line.request("GET", self._path, headers=self._named)
        body = self._line.getresponse().read()
        return (time.perf_counter() - began) * 1000, len(body)


@dataclass(frozen=True)
class Weighed:
    """What one screen was found to cost; milliseconds."""

    screen: Screen
    view: View
    seen: float
    slower: float
    served: float
    plain: float

    def show(self) -> None:
        """Print a line of the table."""
        view = self.view
        print(f"{self.screen.name:30}{total(view.first):7}{view.painted:9}{len(view.first):9}"
              f"{total(view.again):8}{total(view.refresh):8}{self.seen:7.0f}{self.slower:8.0f}"
              f"{self.served / self.plain:7.1f}{self.served:7.1f}/{self.plain:.1f}",
              flush=True)  # fmt: skip


def weighed(here: Site, browser: Browser, relay: Relay, screen: Screen) -> Weighed:
    """Measure a screen."""
    view = weigh(here, relay, browser, screen.path, signed_in=screen.signed_in,
                 language=screen.language)  # fmt: skip
    seen, slower = (
        statistics.median(seen_after(here, browser, screen, factor) for _ in range(_PAINTS))
        for factor in (1, 4)
    )
    return Weighed(screen, view, seen, slower, *server_times(here, screen))


def print_screens(here: Site, browser: Browser, relay: Relay) -> list[Weighed]:
    """Measure all screens and print the table."""
    print(f"{'':30}{'first':>7}{'painted':>9}{'requests':>9}{'reload':>8}{'refresh':>8}"
          f"{'seen':>7}{'slower':>8}{'ratio':>7}{'ms':>13}")  # fmt: skip
    found = []
    for screen in screens(here):
        found.append(weighed(here, browser, relay, screen))
        found[-1].show()
    print(f"{'at most':30}{FIRST_BYTES:7}{PAINTED_BYTES:9}{REQUESTS:9}{'':8}"
          f"{REFRESH_BYTES:8}{SEEN_MILLISECONDS:7}")  # fmt: skip
    return found


def heaviest(found: Sequence[Weighed]) -> list[Figure]:
    """Give the most of everything that any screen costs."""
    overviews = [each.view for each in found if each.screen.path == "/"]
    largest = max(found, key=lambda each: total(each.view.first))
    latest = max(found, key=lambda each: each.seen)
    slowest = max(found, key=lambda each: each.served / each.plain)
    return [
        *overview_figures(overviews),
        Figure("page_weight.first", f"a first view of the heaviest screen, {largest.screen.name}",
               total(largest.view.first), "B", HOW),
        Figure("page_weight.seen", f"until it is seen on a slow line, {latest.screen.name}",
               latest.seen, "ms", HOW),
        Figure("page_weight.served", f"until a view is served, {slowest.screen.name}",
               slowest.served, "ms", HOW, "a bare answer", slowest.served / slowest.plain),
    ]  # fmt: skip


def is_light(screen: Screen, view: View) -> bool:
    """Tell whether a view meets its targets; only the overview refreshes itself."""
    return (
        total(view.first) <= FIRST_BYTES
        and view.painted <= PAINTED_BYTES
        and len(view.first) <= REQUESTS
        and (screen.path != "/" or total(view.refresh) <= REFRESH_BYTES)
    )


class Activated:
    """The page as systemd starts it, visited once."""

    def __init__(self, here: Site) -> None:
        port = free_port()
        config = str(here.world.folder / "beekeed.toml")
        self._process = subprocess.Popen(
            ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", "-E", f"PYTHONPATH={ROOT}",
             sys.executable, "-m", "beekeed.page", "--config", config],
            cwd=ROOT, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert status_of(port) == 200
        self._visited = time.monotonic()
        self._waiting = ThreadPoolExecutor(1)
        self._end = self._waiting.submit(self._wait)

    def gone_after(self) -> float | None:
        """Seconds from the visit to its end, waited for; None: it was there still."""
        with self._waiting:
            return self._end.result()

    def _wait(self) -> float | None:
        try:
            self._process.wait(GONE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return None
        return time.monotonic() - self._visited


def weights(folder: Path, *, waits: bool, json: Path | None = None) -> bool:
    """Measure what one browser costs; tells whether all targets are met.

    `json`: where findings go as well.
    """
    with (
        busy_site(folder, zone="Asia/Kathmandu") as here,
        relayed(here) as relay,
        chromium() as browser,
    ):
        activated = Activated(here) if waits else None
        found = print_screens(here, browser, relay)
        met = all(is_light(each.screen, each.view) and each.seen <= SEEN_MILLISECONDS
                  for each in found)  # fmt: skip
        mib = memory([here.pids[1]]).share / 2**20
        print(f"\nMemory of the page's process (PSS): {mib:.1f} MiB")
        if json is not None:
            memories = Figure("page_weight.memory", "the page's memory (PSS)", mib, "MiB", HOW)
            Findings("What the page weighs", [*heaviest(found), memories]).write(json)
        if activated is not None:
            print(f"Whether it is gone {GONE_SECONDS} s after the last visit: ", end="", flush=True)
            seconds = activated.gone_after()
            print("no" if seconds is None else f"yes, after {seconds:.0f} s")
            met &= seconds is not None
    return met


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-idle", action="store_true")
    parser.add_argument("--phones", action="store_true")
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("--json", type=Path, metavar="FILE", help="where findings go as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        if options.phones:
            from tests.benchmarks.phones import compare

            return 0 if compare(Path(folder), options.pairs) else 1
        return 0 if weights(Path(folder), waits=not options.no_idle, json=options.json) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
