"""What a machine of ours leaves behind: nothing, however it ends."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.pid1 import machine, until
from tests.system.world import ROOT

pytestmark = pytest.mark.root


def cgroups() -> set[Path]:
    """The cgroups of machines."""
    return set(Path("/sys/fs/cgroup").rglob("beekeed-machine-*"))


def test_one_whose_test_is_killed_ends_with_it(tmp_path: Path) -> None:
    """Its processes and mounts go at once; its cgroups, which are empty, when the next one is made.
    What a machine writes, it alone has."""
    (tmp_path / "killed").mkdir()
    (tmp_path / "next").mkdir()
    program = (
        "import sys, time; from pathlib import Path; from tests.system.pid1 import machine\n"
        "with machine(Path(sys.argv[1])) as made: print(made.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "killed")],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as test:  # fmt: skip
        assert test.stdout is not None
        pid1 = Path("/proc", test.stdout.readline().strip())
        left = {each for each in cgroups() if each.name.endswith(f"-{test.pid}")}
        test.send_signal(signal.SIGKILL)
    assert left
    until(lambda: not pid1.exists())
    with machine(tmp_path / "next") as made:
        assert not left & cgroups()
        made.write("/etc/of-the-machine", "")
        assert made.run("cat", "/proc/1/comm").stdout == "systemd\n"
    assert not Path("/etc/of-the-machine").exists()
    assert list((tmp_path / "next").iterdir()) == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
