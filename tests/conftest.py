"""What the normal run leaves out, and says so; the database servers that all tests share."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import hypothesis
import pytest

from tests.servers import Server, running

LEFT_OUT = pytest.StashKey[dict[str, list[str]]]()
TOLD = pytest.StashKey[list[str]]()
"""What tests tell whoever reads the end of the run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --full and --endurance."""
    parser.addoption("--full", action="store_true", help="run what is slow as well")
    parser.addoption("--endurance", action="store_true", help="let what endures go on for longer")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks; see that Ctrl-C reaches what the tests start."""
    # Whoever started us in the background of a shell had it ignored, and that is inherited.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "full: slow; runs with --full only")
    config.addinivalue_line("markers", "live: needs a real Moodle, named by BEEKEED_LIVE_*")
    config.addinivalue_line("markers", "live_php: needs to run PHP there: BEEKEED_LIVE_PHP")
    config.addinivalue_line("markers", "live_device: needs a real device: BEEKEED_LIVE_DEVICE")
    config.addinivalue_line("markers", "live_storm: needs to kill what serves a real Moodle")
    config.addinivalue_line("markers", "root: needs root (namespaces, mounts)")
    config.stash[LEFT_OUT] = {}
    config.stash[TOLD] = []
    # No deadline for one example: a busy machine is not a fault.
    hypothesis.settings.register_profile("beekeed", deadline=None)
    hypothesis.settings.load_profile("beekeed")


REASONS: dict[str, tuple[str, Callable[[pytest.Config], bool]]] = {
    "full": ("--full runs them", lambda config: bool(config.getoption("--full"))),
    "live": (
        "no BEEKEED_LIVE_ADDRESS points at a real Moodle",
        lambda _: "BEEKEED_LIVE_ADDRESS" in os.environ,
    ),
    "live_php": (
        "no BEEKEED_LIVE_PHP runs PHP in a real Moodle",
        lambda _: "BEEKEED_LIVE_PHP" in os.environ,
    ),
    "live_device": (
        "no BEEKEED_LIVE_DEVICE points at a real device's config.php",
        lambda _: "BEEKEED_LIVE_DEVICE" in os.environ,
    ),
    "live_storm": (
        "no BEEKEED_LIVE_KILL and BEEKEED_LIVE_START kill and start what serves a real Moodle",
        lambda _: {"BEEKEED_LIVE_KILL", "BEEKEED_LIVE_START"} <= os.environ.keys(),
    ),
    "root": ("they need root", lambda _: os.geteuid() == 0),
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a mark rules out, and remember it."""
    left_out = config.stash[LEFT_OUT]
    kept = []
    for item in items:
        for mark, (reason, runs) in REASONS.items():
            if item.get_closest_marker(mark) and not runs(config):
                left_out.setdefault(reason, []).append(item.nodeid)
                break
        else:
            kept.append(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have a process that ran some of the files tell the one that speaks to people."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[LEFT_OUT]
        output["told"] = session.config.stash[TOLD]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear what such a process told; each leaves out the same."""
    output = getattr(node, "workeroutput", {})
    node.config.stash[LEFT_OUT].update(output.get("left_out", {}))
    node.config.stash[TOLD].extend(output.get("told", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was left out and why, and what tests tell."""
    for line in terminalreporter.config.stash[TOLD]:
        terminalreporter.line(line)
    for reason, names in terminalreporter.config.stash[LEFT_OUT].items():
        terminalreporter.section(f"left out: {reason}", sep="-")
        for name in names:
            terminalreporter.line(name)


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[str], Server]]:
    """Give the running server of a kind; each starts when it is first asked for."""
    servers: dict[str, Server] = {}
    with ExitStack() as stack:

        def server(kind: str) -> Server:
            if kind not in servers:
                servers[kind] = stack.enter_context(running(kind))
            return servers[kind]

        yield server
