"""The Debian package, in machines whose PID 1 is systemd and that have no network.

On this system itself, and on Debian 12 and 13 as debootstrap makes them, from the mirror that this
machine's apt uses.
"""

import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import beekeed
from tests.system.built import build, debian
from tests.system.installed import PAGE, SETTINGS, TOKEN, UNIT, Box, installed
from tests.system.pid1 import Machine, until
from tests.system.world import ROOT

pytestmark = pytest.mark.root
_STATE = "/var/lib/beekeed"
_SOCKET = "beekeed-page.socket"
SYSTEMS = [
    pytest.param("", id="this system", marks=pytest.mark.full),
    pytest.param("bookworm", id="Debian 12", marks=pytest.mark.full),
    pytest.param("trixie", id="Debian 13", marks=pytest.mark.full),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of this working copy."""
    return build(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def first_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the first release, of its tag."""
    folder = tmp_path_factory.mktemp("first")
    tree = folder / "tree"
    tree.mkdir()
    archive = subprocess.run(["git", "archive", "0.1.0"], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive.stdout, check=True)
    return build(folder, "--source", str(tree))


@pytest.fixture(scope="module", params=SYSTEMS)
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The system that it is installed on."""
    if not request.param:
        return "/"
    return str(debian(tmp_path_factory.mktemp("root") / request.param, request.param))


def put(made: Machine, package: Path, *words: str) -> str:
    """Install a package in a machine; gives what that said."""
    inside = f"/root/{package.name}"
    with made.path(inside).open("wb") as target, package.open("rb") as source:
        shutil.copyfileobj(source, target)
    return made.run("dpkg", *words, "--install", inside).stdout


@contextmanager
def box(folder: Path, root: str, *packages: Path) -> Iterator[Box]:
    """A machine with these packages installed one after the other."""

    def install(made: Machine) -> None:
        made.path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)  # a container's: start nothing
        for each in packages:
            put(made, each)

    with installed(folder, root=root, install=install, learners=4, now=int(time.time())) as made:
        yield made


@pytest.fixture(scope="module")
def fresh(root: str, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A machine with it installed, and nothing else done."""
    with box(tmp_path_factory.mktemp("fresh"), root, package) as made:
        yield made


def switch_on(made: Box) -> None:
    """Do what set-up does at its end."""
    made.configure()
    made.machine.run("systemctl", "enable", "--now", UNIT, _SOCKET)


def looked_at(made: Box) -> str:
    """What a browser on the box sees."""
    program = (
        "import urllib.request;"
        "print(urllib.request.urlopen('http://127.0.0.1:8088/', timeout=30).read().decode())"
    )
    return made.machine.run("python3", "-c", program).stdout


def test_it_installs_without_a_network_and_starts_nothing(fresh: Box) -> None:
    """With its user, groups, programs, manual and completions; compiled; nothing is enabled."""
    run = fresh.machine.run
    assert run("beekeectl", "--version").stdout == f"{beekeed.__version__}\n"
    assert run("beekeed", "--version").stdout == f"{beekeed.__version__}\n"
    for unit in (UNIT, _SOCKET):
        assert fresh.machine.show(unit, "LoadState") == "loaded"
        assert fresh.machine.show(unit, "ActiveState") == "inactive"
        assert fresh.machine.show(unit, "UnitFileState") == "disabled"
    assert run("id", "-gn", "beekeed").stdout == "beekeed\n"
    compiled = fresh.machine.path("/usr/lib/beekeed/lib/python3/site-packages/beekeed/__pycache__")
    assert list(compiled.glob("daemon.cpython-*.pyc"))
    installed = run("dpkg", "--listfiles", "beekeed").stdout.splitlines()
    for name in ("man/man1/beekeectl.1.gz", "man/man5/beekeed.toml.5.gz", "man/man8/beekeed.8.gz",
                 "man/man8/beekeed-page.8.gz", "doc/beekeed/docs/technician.md",
                 "doc/beekeed/packaging/online-moodle/beekeed.xml",
                 "doc/beekeed/packaging/answers.example.toml"):  # fmt: skip
        assert f"/usr/share/{name}" in installed
    assert run("dpkg", "--verify", "beekeed").stdout == ""


def test_it_synchronizes_shows_it_and_survives(fresh: Box) -> None:
    """Enabled, as set-up does it: started, ready, the page by its socket; back after a kill."""
    fresh.renew()
    switch_on(fresh)
    assert fresh.machine.show(UNIT, "StatusText") == "idle"
    assert fresh.sync()["status"] == "completed"
    assert fresh.compare().verified
    assert "Everything that learners did until" in looked_at(fresh)
    assert fresh.machine.show(PAGE, "ActiveState") == "active"
    before = fresh.machine.pid_of(UNIT)
    fresh.machine.run("systemctl", "kill", "--signal=KILL", UNIT)
    until(lambda: fresh.machine.pid_of(UNIT) not in (0, before))
    until(lambda: fresh.machine.show(UNIT, "ActiveState") == "active")
    fresh.machine.run("systemctl", "reload", UNIT)
    assert fresh.sync()["actions"] == []


def test_it_is_put_over_itself_while_it_runs(fresh: Box, package: Path) -> None:
    """As an upgrade does it: ended, exchanged and started again; what was off stays off."""
    fresh.renew()
    switch_on(fresh)
    assert fresh.sync()["status"] == "completed"
    before = fresh.machine.pid_of(UNIT)
    put(fresh.machine, package, "--force-confold")
    until(lambda: fresh.machine.show(UNIT, "ActiveState") == "active")
    assert fresh.machine.pid_of(UNIT) != before
    assert fresh.machine.show(_SOCKET, "ActiveState") == "active"
    assert fresh.ctl("history", "--json").json["total"] == 1
    fresh.machine.run("systemctl", "disable", "--now", UNIT, _SOCKET)
    put(fresh.machine, package, "--force-confold")
    assert fresh.machine.show(UNIT, "ActiveState") == "inactive"


def test_what_learners_did_stays_until_it_is_purged(fresh: Box, package: Path) -> None:
    """Removed, the data stay and go on when it is back; purged, nothing of ours is left."""
    fresh.renew()
    made = fresh.machine
    switch_on(fresh)
    assert fresh.sync()["status"] == "completed"
    made.run("dpkg", "--remove", "beekeed")
    assert made.show(UNIT, "ActiveState") == "inactive"
    assert made.path(f"{_STATE}/beekeed.sqlite").exists()
    assert made.path(TOKEN).exists()
    assert made.path(SETTINGS).exists()
    put(made, package, "--force-confold")
    until(lambda: made.show(UNIT, "ActiveState") == "active")
    assert fresh.ctl("history", "--json").json["total"] == 1
    made.run("umount", "--lazy", _STATE)  # it is a folder of ours in a test, which stays
    made.write(f"{_STATE}/beekeed.sqlite", "")
    made.run("dpkg", "--purge", "beekeed")
    found = made.run("find", "/etc", "/usr", "/var", "/run", "-xdev", "-ipath", "*beekeed*").stdout
    allowed = ("/var/log/journal", "/run/log/journal", "/run/systemd", "/var/cache")
    assert [line for line in found.splitlines() if not line.startswith(allowed)] == []


@pytest.mark.full
def test_the_first_release_is_brought_up_to_date_and_back(
    root: str, package: Path, first_package: Path, tmp_path: Path
) -> None:
    """With what it had done, both ways; nothing is sent twice, and the month's bytes are kept."""
    with box(tmp_path, root, first_package) as made:
        switch_on(made)
        first = made.sync()
        assert first["status"] == "completed"
        put(made.machine, package, "--force-confold")
        until(lambda: made.machine.show(UNIT, "ActiveState") == "active")
        assert made.sync()["actions"] == []
        assert made.ctl("history", "--json").json["total"] == 2
        used = made.ctl("usage", "--json").json["current"]["charged_bytes"]
        put(made.machine, first_package, "--force-confold", "--force-downgrade")
        until(lambda: made.machine.show(UNIT, "ActiveState") == "active")
        assert made.ctl("history", "--json").json["total"] == 1
        assert made.ctl("usage", "--json").json["current"]["charged_bytes"] >= used
        assert made.sync()["status"] == "completed"
        assert made.compare().verified


def test_the_units_are_put_in_place_where_it_came_with_pip(tmp_path: Path) -> None:
    """From what is in the wheel, for the programs beside it; settings that are there stay."""
    place, system = tmp_path / "place", tmp_path / "system"
    subprocess.run(
        [sys.executable, "-m", "pip", "-q", "install", "--no-deps", "--no-build-isolation",
         "--target", str(place), str(ROOT)],
        check=True, cwd=tmp_path,
    )  # fmt: skip
    python = tmp_path / "bin/python3"
    python.parent.mkdir()
    python.symlink_to(sys.executable)

    def install() -> subprocess.CompletedProcess[str]:
        words = (str(python), "-m", "beekeed", "install-units", "--root", str(system))
        path = f"{place}:{sysconfig.get_path('purelib')}"
        return subprocess.run(words, env={"PYTHONPATH": path}, cwd=tmp_path,
                              capture_output=True, text=True, check=False)  # fmt: skip

    done = install()
    assert done.returncode == 0, done.stderr
    for unit in ("beekeed.service", "beekeed-page.service", _SOCKET):
        shipped = (ROOT / "systemd" / unit).read_text()
        ours = shipped.replace("ExecStart=/usr/bin/", f"ExecStart={python.parent}/")
        assert (system / "etc/systemd/system" / unit).read_text() == ours
    for kind in ("sysusers.d", "tmpfiles.d"):
        shipped = (ROOT / "systemd" / kind / "beekeed.conf").read_text()
        assert (system / "etc" / kind / "beekeed.conf").read_text() == shipped
    assert (system / "usr/local/bin/beekeectl").readlink() == python.parent / "beekeectl"
    settings = system / SETTINGS[1:]
    assert settings.read_text() == (ROOT / "config/beekeed.toml").read_text()
    settings.write_text("# ours\n")
    assert install().returncode == 0
    assert settings.read_text() == "# ours\n"
    packaged = system / "usr/lib/systemd/system/beekeed.service"
    packaged.parent.mkdir(parents=True)
    packaged.touch()
    done = install()
    assert (done.returncode, "Debian package" in done.stderr) == (1, True)


@pytest.mark.full
def test_the_same_tree_gives_the_same_package(package: Path, tmp_path: Path) -> None:
    """To the byte, whenever it is built."""
    assert build(tmp_path).read_bytes() == package.read_bytes()


@pytest.mark.full
def test_lintian_has_nothing_to_say(package: Path) -> None:
    """But what the package's overrides give a reason for."""
    done = subprocess.run(
        ["lintian", "--fail-on", "error,warning,info", "--tag-display-limit=0", "--allow-root",
         str(package)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
