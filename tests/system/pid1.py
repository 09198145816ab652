"""A machine whose PID 1 is a real systemd, in namespaces of its own, on an overlay of a root.

Nothing of it reaches the machine that it runs on: its mounts are private, what it writes is in
memory, its processes end with its PID 1, and that with whoever started it. It runs the journal,
and the units that a test puts there; none of the distribution's.
"""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_PATIENCE_SECONDS = 30
_CGROUP = "beekeed-machine-"

# $1 is an empty folder, $2 the root that is below. CGROUPS has a line for each hierarchy: its
# place, type and options; BINDS one for each folder of ours that is to be seen inside.
_BOOT = r"""
set -eu
base=$1 root=$1/root
mount -t tmpfs tmpfs "$base"
mkdir "$base/upper" "$base/work" "$root"
mount -t overlay overlay \
    -o "lowerdir=$2,upperdir=$base/upper,workdir=$base/work" "$root"
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for each in null zero full random urandom tty; do
    touch "$root/dev/$each"
    mount --bind "/dev/$each" "$root/dev/$each"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
echo "$CGROUPS" | while read -r place type options; do
    if [ "$place" != /sys/fs/cgroup ] && ! mountpoint -q "$root/sys/fs/cgroup"; then
        mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
    fi
    mkdir -p "$root$place"
    mount -t "$type" -o "$options" cgroup "$root$place"
done
echo "$BINDS" | while read -r from to; do
    [ -n "$from" ] || continue
    mkdir -p "$root$to"
    mount --bind "$from" "$root$to"
done
units=$root/etc/systemd/system
rm -rf "$units" "$root"/usr/lib/systemd/system-generators
rm -rf "$root"/usr/lib/systemd/system/*.target.wants
mkdir -p "$units"
printf '%s\n' '[Unit]' 'Requires=basic.target systemd-journald.service' \
    'After=basic.target systemd-journald.service' > "$units/machine.target"
mkdir "$root/below"
cd "$root"
pivot_root . below
umount -l /below
rmdir /below
mount --make-rshared /
exec env -i container=test SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    /lib/systemd/systemd --system --unit=machine.target --show-status=no --log-target=journal
"""
_UNSHARE = ("unshare", "--pid", "--fork", "--kill-child", "--mount", "--propagation", "private",
            "--uts", "--ipc", "--cgroup", "--net")  # fmt: skip


class Machine:
    """One that runs. `pid`: of its PID 1, as we see it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._into = ("nsenter", "--target", str(pid), "--all", "--root", "--wd=/")

    def command(self, *words: str) -> list[str]:
        """Give what runs a command inside, as root. The command is a child of what is started,
        and is asked to end (SIGTERM) when that does."""
        return [*self._into, "setpriv", "--pdeathsig", "TERM", "env", "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", *words]  # fmt: skip

    def run(
        self, *words: str, given: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside, to its end."""
        done = subprocess.run(
            self.command(*words), input=given, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
        return done

    def path(self, inside: str) -> Path:
        """Give what a path inside is called out here; no program may resolve its links."""
        return Path(f"/proc/{self.pid}/root{inside}")

    def write(self, inside: str, text: str, mode: int = 0o644) -> None:
        """Write a file."""
        file = self.path(inside)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def show(self, unit: str, name: str) -> str:
        """Give one property of a unit."""
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).stdout.strip()

    def journal(self, unit: str, since: float = 0) -> str:
        """Give what a unit, and systemd of it, put into the journal since a time (Unix seconds)."""
        self.run("journalctl", "--sync")
        return self.run("journalctl", f"--unit={unit}", f"--since=@{since:.6f}", "--output=cat",
                        "--no-pager").stdout  # fmt: skip

    def pid_of(self, unit: str) -> int:
        """Give the number of a unit's main process, as we see it; 0 where there is none."""
        inside = self.show(unit, "MainPID")
        space = Path(f"/proc/{self.pid}/ns/pid").readlink()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended meanwhile
                told = re.search(r"^NSpid:.*\t(\d+)$", (process / "status").read_text(), re.M)
                if told and told[1] == inside and (process / "ns/pid").readlink() == space:
                    return int(process.name)
        return 0


def until(is_so: Callable[[], object], seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def machine(
    folder: Path, *, root: str = "/", binds: Mapping[str, str] | None = None
) -> Iterator[Machine]:
    """Boot one. `folder`: an empty one, for its memory. `root`: what is below, untouched.

    `binds`: folders of ours, by their path inside.
    """
    hierarchies = _hierarchies()
    name = f"{_CGROUP}{time.monotonic_ns()}-{os.getpid()}"
    cgroups = [_own_cgroup(Path(f"{place}{path}"), name) for place, path, _, _ in hierarchies]
    environment = os.environ | {
        "CGROUPS": "\n".join(
            f"{place} {kind} {options}" for place, _, kind, options in hierarchies
        ),
        "BINDS": "\n".join(f"{ours} {inside}" for inside, ours in (binds or {}).items()),
    }
    enter = 'for each in $OURS; do echo $$ > "$each/cgroup.procs"; done; exec "$@"'
    with (folder.parent / f"{folder.name}.log").open("w") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "sh", "-ec", enter, "sh",
             *_UNSHARE, "sh", "-c", _BOOT, "boot", str(folder), root],
            env=environment | {"OURS": " ".join(map(str, cgroups))},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    pid = 0
    try:
        pid = _booted(process, Path(log.name))
        yield Machine(pid)
    finally:
        process.kill()
        process.wait()
        until(lambda: not pid or not Path(f"/proc/{pid}").exists())
        for each in cgroups:
            _remove(each)


def _booted(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """Wait until systemd has started what there is, and give its process."""

    def is_up() -> bool:
        assert process.poll() is None, log.read_text()
        found = children_of(process.pid)
        return bool(found) and not subprocess.run(
            Machine(found[0]).command("systemctl", "is-active", "machine.target"),
            capture_output=True, check=False,
        ).returncode  # fmt: skip

    until(is_up)
    return children_of(process.pid)[0]


def children_of(pid: int) -> list[int]:
    """Give the children of a process."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _hierarchies() -> list[tuple[str, str, str, str]]:
    """Give each hierarchy of cgroups: its place, our path in it, its type and its options."""
    paths = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        paths[controllers] = path
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        place, (kind, _, options) = before.split()[4], after.split(" ", 2)
        if kind == "cgroup2":
            found.append((place, paths[""], kind, "rw"))
        elif kind == "cgroup":
            names = ",".join(each for each in options.split(",") if each in _names(paths))
            wanted = f"none,{names}" if names.startswith("name=") else names
            found.append((place, paths[names], kind, wanted))
    return found


def _names(paths: Mapping[str, str]) -> set[str]:
    return {name for controllers in paths for name in controllers.split(",") if name}


def _own_cgroup(parent: Path, name: str) -> Path:
    """Make a cgroup for one machine; those of machines whose test was killed go."""
    for left in parent.glob(f"{_CGROUP}*"):
        if not Path(f"/proc/{left.name.rpartition('-')[2]}").exists():
            _remove(left, 0)
    made = parent / name
    made.mkdir()
    if (parent / "cpuset.cpus").exists():  # else nothing may run there
        for name in ("cpuset.cpus", "cpuset.mems"):
            (made / name).write_text((parent / name).read_text())
    return made


def _remove(cgroup: Path, patience_seconds: float = 5) -> None:
    """Take a cgroup away with all below it, as soon as the kernel let the processes go."""

    def is_gone() -> bool:
        for below, _, _ in os.walk(cgroup, topdown=False):
            try:
                Path(below).rmdir()
            except OSError:
                return False
        return not cgroup.exists()

    deadline = time.monotonic() + patience_seconds
    while not is_gone() and time.monotonic() < deadline:
        time.sleep(0.05)
