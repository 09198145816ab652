"""Who may import whom. Each rule has its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "beekeed"

# For each part of beekeed: the parts that it may import, and why no others.
RULES: dict[str, tuple[set[str], str]] = {
    "errors": (set(), "everybody raises them, so they must not drag anything along"),
    "clock": (set(), "time is given to everybody and asks nobody"),
    "usernames": (set(), "a list is read alike in a terminal and on the page"),
    "starting": ({"errors", "say"}, "both servers' programs tell of their settings alike"),
    "say": (set(), "sentences know codes, not code"),
    "client": (set(), "beekeectl must start fast: standard library only"),
    "core": ({"errors"}, "pure: no I/O can sneak in through an adapter"),
    "ports": ({"core", "errors"}, "they speak of the core's nouns only"),
    "sections": (set(), "it is the one description of what may be set, and does nothing"),
    "config": ({"sections", "errors"}, "settings are read before anything else is there"),
    "credentials": (
        {"sections", "errors"},
        "secrets are read by nobody else, and by no way around",
    ),
    "meaning": (
        {"sections", "credentials", "engine", "moodle", "core", "errors"},
        "it has each part's own nouns, and nothing that acts",
    ),
    "connections": (set(), "both servers, the daemon's and the page's, limit their clients by it"),
    "disclosure": ({"sections"}, "it knows what a setting may give away, and nothing else"),
    "host": (set(), "it looks at the machine, and at nothing of ours"),
    "installing": ({"errors"}, "it puts files in place, before anything of ours runs"),
    "logs": (set(), "whoever starts a program sets them up first"),
    "systemd": ({"clock"}, "it knows how systemd is told, and not what"),
    "watchdog": ({"clock", "systemd"}, "it looks at all parts alike, and knows none of them"),
    "tuning": (
        {"config", "sections", "ports", "core", "errors"},
        "it holds changes to the file's rules",
    ),
    "moodle": ({"core", "ports", "errors", "clock"}, "an adapter knows no other adapter"),
    "link": ({"core", "ports", "errors", "clock"}, "an adapter knows no other adapter"),
    "sqlite": ({"core", "ports", "errors", "clock"}, "an adapter knows no other adapter"),
    "notify": ({"core", "ports", "errors", "clock", "say"}, "an adapter that speaks to people"),
    "engine": ({"core", "ports", "errors", "clock"}, "it runs on any adapters, twins included"),
    "loop": ({"core", "ports", "errors", "clock", "engine"}, "it only wakes the engine"),
    "control": (
        {"core", "ports", "errors", "clock", "say", "connections"},
        "it shows, it decides nothing",
    ),
    "page": (
        {"say", "client", "config", "connections", "errors", "logs", "starting", "usernames"},
        "it sees what any other program sees, and holds nothing",
    ),
    "ctl": ({"client", "say", "usernames"}, "it starts fast and sees what any other program sees"),
    "sandbox": ({"core.model"}, "sharing the encoder would hide its faults"),
}
FILES: dict[str, tuple[set[str], str]] = {
    "ctl.token": (
        {"client", "say", "config", "errors"},
        "it is loaded only when a token is given, and must know where the settings keep it",
    ),
    "ctl.setup": (
        {
            *("client", "say", "config", "errors", "ports.device"),
            *("moodle.login", "moodle.device", "moodle.databases.mysql"),
        },
        "it is loaded only when a box is set up, before there is a daemon to ask: it reads the"
        " settings, the Moodle's config.php, and tries the account as the daemon will",
    ),
}
"""Files with a rule of their own, or a folder's."""
MAY_SEE_ALL = {"daemon": "the only wiring", "__main__": "starts the programs"}


def part(name: str) -> str:
    """The part that a module belongs to: `beekeed.core.model` -> `core`."""
    return name.split(".")[1] if "." in name else ""


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package with its syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        yield name.removesuffix(".__init__"), ast.parse(path.read_text())


def imported(name: str, tree: ast.Module) -> Iterator[str]:
    """The modules of ours that a module imports anywhere, functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("beekeed"))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative imports hide where things come from"
            module = node.module or ""
            if module == "beekeed":
                yield from (f"beekeed.{alias.name}" for alias in node.names)
            elif module.startswith("beekeed."):
                yield module


def rule_of(name: str) -> tuple[set[str], str]:
    """The rule of a module: its own, or that of the folder of files that it is in."""
    own = next((each for each in FILES if name == each or name.startswith(f"{each}.")), None)
    return FILES[own] if own else RULES[name.partition(".")[0]]


@pytest.mark.parametrize(("name", "tree"), [pytest.param(*each, id=each[0]) for each in modules()])
def test_a_module_imports_only_what_its_layer_may(name: str, tree: ast.Module) -> None:
    """design.md, Layers."""
    own = part(name)
    if own in MAY_SEE_ALL or not own:
        return
    allowed, reason = rule_of(name.removeprefix("beekeed."))
    for other in imported(name, tree):
        target = other.removeprefix("beekeed.")
        ok = part(other) == own or target in allowed or part(other) in allowed
        ok = ok or target in ("__version__",)
        ok = ok or other == "beekeed"
        assert ok, f"{name} imports {other}: {reason}"


def test_nobody_imports_the_wiring() -> None:
    """The daemon builds everything, so whoever imported it would import everything."""
    for name, tree in modules():
        if part(name) != "__main__":
            assert "daemon" not in {part(other) for other in imported(name, tree)}, name


def test_only_main_sees_the_sandbox() -> None:
    """What learners depend on must not depend on a stand-in."""
    for name, tree in modules():
        if part(name) not in ("__main__", "sandbox"):
            assert "sandbox" not in {part(other) for other in imported(name, tree)}, name


def test_every_part_has_a_rule() -> None:
    """A new folder cannot escape the table."""
    parts = {part(name) for name, _ in modules()} - {""}
    assert parts == set(RULES) | set(MAY_SEE_ALL)


def test_the_core_does_nothing_but_compute() -> None:
    """No await, clock, logging, randomness or I/O in core."""
    forbidden = {"asyncio", "logging", "random", "secrets", "time", "os", "sqlite3", "pathlib"}
    for name, tree in modules():
        if part(name) == "core":
            for node in ast.walk(tree):
                assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), name
                if isinstance(node, ast.Import):
                    assert not forbidden & {alias.name for alias in node.names}, name
                if isinstance(node, ast.ImportFrom):
                    assert node.module not in forbidden, name
                if isinstance(node, ast.Attribute):
                    assert node.attr not in ("now", "today", "utcnow"), name
