"""The package for the Raspberry Pi's processor, run under qemu's emulation of one process."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.conftest import TOLD
from tests.system.built import build, debian

pytestmark = [pytest.mark.root, pytest.mark.full]
_QEMU = "/usr/bin/qemu-aarch64-static"
_NAME = "beekeed-test-aarch64"
_MAGIC = r"\x7fELF\x02\x01\x01\x00" + 8 * r"\x00" + r"\x02\x00\xb7\x00"
_MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00" + 8 * r"\xff" + r"\xfe\xff\xff\xff"
_STARTED = (
    "import resource, beekeed.daemon;print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)
_PYTHON = ("/usr/lib/beekeed/bin/python3", "-I", "-c", _STARTED)


@contextmanager
def mounted(kind: str, source: str, folder: Path, *words: str) -> Iterator[None]:
    """Mount something, and take it away again."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", *words, "-t", kind, source, str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def emulated(folder: Path) -> Iterator[None]:
    """Have the kernel start programs for arm64 under qemu (binfmt_misc), everywhere."""
    with mounted("binfmt_misc", "none", folder):
        (folder / "register").write_text(f":{_NAME}:M::{_MAGIC}:{_MASK}:{_QEMU}:F")
        try:
            yield
        finally:
            (folder / _NAME).write_text("-1")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian 12 for arm64 with the package installed."""
    folder = tmp_path_factory.mktemp("arm64")
    with emulated(folder / "binfmt"), ExitStack() as stack:
        made = debian(folder / "root", "bookworm", "--arch=arm64")
        for kind, place in (("proc", "proc"), ("devtmpfs", "dev")):
            stack.enter_context(mounted(kind, kind, made / place))
        package = build(folder, "--arch", "arm64")
        package.rename(made / "root/beekeed.deb")
        inside(made, "dpkg", "--install", "/root/beekeed.deb")
        yield made


def inside(root: Path, *words: str) -> str:
    """Run a command there, to its end."""
    done = subprocess.run(["chroot", str(root), "env", "-i", "HOME=/root", "LC_ALL=C.UTF-8",
                           "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *words],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def test_a_sync_of_the_demo_arrives_whole(root: Path) -> None:
    """With all three programs, each built for arm64."""
    assert inside(root, "uname", "-m") == "aarch64\n"
    run = json.loads(inside(root, "beekeed", "demo", "--once", "--json"))
    assert (run["status"], run["verified"]) == ("completed", True)


def test_what_a_start_takes_is_told(
    root: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Beside the same package for this processor: ratios of an emulation, of no Raspberry Pi."""
    package = build(tmp_path)
    native = tmp_path / "native"
    subprocess.run(["dpkg-deb", "--extract", str(package), str(native)], check=True)
    site = native / "usr/lib/beekeed/lib/python3/site-packages"
    here = ("env", f"PYTHONPATH={site}", "/usr/bin/python3", "-c", _STARTED)
    there = ("chroot", str(root), *_PYTHON)
    times, sizes = zip(*(start(words) for words in (there, here) for _ in range(3)), strict=True)
    slower, larger = min(times[:3]) / min(times[3:]), min(sizes[:3]) / min(sizes[3:])
    pytestconfig.stash[TOLD].append(
        f"arm64 under qemu-user, to amd64: loading beekeed.daemon takes {slower:.1f} times as long"
        f" and {larger:.2f} times the memory"
    )
    assert larger < 2, "the same program, and what emulates it"


def start(words: tuple[str, ...]) -> tuple[float, int]:
    """Load the daemon; gives the seconds that took, and its largest memory in kB."""
    began = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return time.monotonic() - began, int(done.stdout)
