"""Builds the Debian package: one for each architecture, for Debian and Raspberry Pi OS 12 and 13.

    python packaging/deb.py FOLDER [--arch arm64]... [--quick] [--source TREE]

writes beekeed_VERSION_ARCH.deb there. It installs without a network: what beekeed needs is inside,
in a virtual environment of its own (/usr/lib/beekeed), with what is compiled for the Python of
either release side by side. `--source`: build that tree, of an older release for example, with
the maintainer scripts of this one. The same tree gives the same package.

Run with what packaging/deb installs. It fetches from PyPI what packaging/requirements/box.txt pins.
"""

import argparse
import gzip
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import textwrap
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.13")  # of Debian 12 and 13
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's name of each architecture, and the one in the names of wheels."""
ELF_MACHINES = {"amd64": 62, "arm64": 183}  # elf(5), e_machine
_ELF_MACHINE_AT = 18
_PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")  # Debian 12 has glibc 2.36
_HOME = "usr/lib/beekeed"
_SITE = f"{_HOME}/lib/python3/site-packages"
_PROGRAMS = {
    "beekeed": "beekeed.__main__",
    "beekeectl": "beekeed.ctl",
    "beekeed-page": "beekeed.page.__main__",
}
_MAINTAINER = "The beekeed developers <beekeed@localhost>"


def main() -> int:
    """Build a package for each architecture that is asked for; prints their names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where to write them")
    parser.add_argument("--arch", action="append", choices=sorted(MACHINES))
    parser.add_argument("--quick", action="store_true", help="compress it less")
    parser.add_argument("--source", type=Path, default=ROOT, help="the tree to build")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    source = arguments.source.resolve()
    os.environ.setdefault("SOURCE_DATE_EPOCH", _committed(source))
    for arch in arguments.arch or [_arch_here()]:
        with tempfile.TemporaryDirectory() as work:
            print(build(source, arch, Path(work), arguments.folder, quick=arguments.quick))
    return 0


def build(source: Path, arch: str, work: Path, folder: Path, *, quick: bool) -> Path:
    """Build one package; gives its file."""
    tree = work / "tree"
    site = tree / _SITE
    ours = work / "ours"
    _pip("wheel", "--no-deps", "--wheel-dir", str(ours), *_isolation(source), str(source))
    for python in PYTHONS:
        libraries = work / f"libraries-{python}"
        _fetch(_pinned(source, work), arch, python, libraries)
        shutil.copytree(libraries, site, dirs_exist_ok=True)
    _pip("install", "--no-deps", "--no-compile", "--target", str(work / "beekeed"),
         *map(str, ours.iterdir()))  # fmt: skip
    shutil.copytree(work / "beekeed", site, dirs_exist_ok=True)
    _tidy(site, arch)
    _environment(tree)
    _system(source, tree)
    version = debian_version(next(ours.glob("*.whl")).name.split("-")[1])
    _documents(source, tree, version)
    _control(tree, arch, version)
    _plain_modes(tree)
    target = folder / f"beekeed_{version}_{arch}.deb"
    level = "-z1" if quick else "-z6"
    _run("dpkg-deb", "--root-owner-group", "-Zxz", level, "--build", str(tree), str(target))
    return target


def debian_version(version: str) -> str:
    """Give Debian's form of a version: what comes before a release sorts before it."""
    return re.sub(r"\.?(dev|a|b|rc)(\d+)", r"~\1\2", version)


def _pinned(source: Path, work: Path) -> Path:
    """Give the list of what beekeed needs.

    Conditions on Python's version are taken out: pip weighs them with the Python that it runs on.
    """
    lists = source / "packaging/requirements"
    pinned = lists / "box.txt" if (lists / "box.txt").exists() else lists / "run.txt"
    text = re.sub(r" ; python_full_version [^\\\n]*", " ", pinned.read_text())
    (work / "pinned.txt").write_text(text)
    return work / "pinned.txt"


def _fetch(pinned: Path, arch: str, python: str, folder: Path) -> None:
    """Install what beekeed needs as that Python on that processor has it."""
    platforms = [f"{each}_{MACHINES[arch]}" for each in _PLATFORMS]
    _pip(
        "install", "--no-deps", "--no-compile", "--target", str(folder),
        "--require-hashes", "-r", str(pinned),
        *(word for each in platforms for word in ("--platform", each)),
        "--python-version", python, "--implementation", "cp",
        "--only-binary", ":all:", "--no-binary", "sdnotify", "--no-build-isolation",
    )  # fmt: skip


def _isolation(source: Path) -> list[str]:
    """What builds it is here already, unless it is another one's tree."""
    return ["--no-build-isolation"] if source == ROOT else []


def _tidy(site: Path, arch: str) -> None:
    """Take away what no box needs; make sure that nothing is for another processor."""
    for name in ("bin", "beekeed/shipped"):
        shutil.rmtree(site / name, ignore_errors=True)
    for each in site.glob("*.dist-info"):
        for name in ("RECORD", "direct_url.json", "INSTALLER", "REQUESTED"):
            (each / name).unlink(missing_ok=True)
    for pattern in ("*.pyx", "*.pxd", "*.pxi", "*.c", "*.h", "*.pyi", "*.hash", ".gitignore"):
        for each in site.rglob(pattern):
            each.unlink()
    for each in site.rglob("*.so"):
        (machine,) = struct.unpack_from("<H", each.read_bytes(), _ELF_MACHINE_AT)
        if machine != ELF_MACHINES[arch]:
            sys.exit(f"{each.name} is not for {arch}: no wheel of it is, and it was built here.")


def _environment(tree: Path) -> None:
    """Make the virtual environment, and the programs that run in it."""
    home = tree / _HOME
    (home / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    for python in PYTHONS:
        (home / f"lib/python{python}").symlink_to("python3")
    (home / "bin").mkdir()
    (home / "bin/python3").symlink_to("../../../bin/python3")
    (tree / "usr/bin").mkdir(parents=True)
    for name, module in _PROGRAMS.items():
        program = home / "bin" / name
        program.write_text(
            f"#!/{_HOME}/bin/python3 -I\nimport sys\n\nfrom {module} import main\n\n"
            "sys.exit(main())\n"
        )
        program.chmod(0o755)
        (tree / "usr/bin" / name).symlink_to(f"../lib/beekeed/bin/{name}")


def _system(source: Path, tree: Path) -> None:
    """Put in place what systemd reads, and the settings."""
    for unit in sorted((source / "systemd").glob("*.s*")):
        if unit.is_file():
            _put(unit, tree / "usr/lib/systemd/system" / unit.name)
    for kind in ("sysusers.d", "tmpfiles.d"):
        given = source / "systemd" / kind / "beekeed.conf"
        _put(given if given.exists() else ROOT / given.relative_to(source),
             tree / "usr/lib" / kind / "beekeed.conf")  # fmt: skip
    _put(source / "config/beekeed.toml", tree / "etc/beekeed/beekeed.toml")
    _put(ROOT / "packaging/debian/rtupdate", tree / "usr/share/python3/runtime.d/beekeed.rtupdate")
    _put(ROOT / "packaging/debian/lintian-overrides", tree / "usr/share/lintian/overrides/beekeed")


def _documents(source: Path, tree: Path, version: str) -> None:
    """Put in place the manual, the completions, the guides and what changed."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
        program = str(source / "packaging/documents.py")
        subprocess.run([sys.executable, program, made], check=True, env=environment)
        for page in sorted(folder.glob("*.[1-8]")):
            _put_compressed(
                page.read_bytes(), tree / f"usr/share/man/man{page.suffix[1:]}" / page.name
            )
        _put(folder / "beekeectl.bash", tree / "usr/share/bash-completion/completions/beekeectl")
        _put(folder / "_beekeectl", tree / "usr/share/zsh/vendor-completions/_beekeectl")
        _put(folder / "beekeectl.schema.json", tree / "usr/share/beekeed/beekeectl.schema.json")
    documents = tree / "usr/share/doc/beekeed"
    for guide in _guides(source):
        if guide.is_file():
            _put(guide, documents / guide.relative_to(source))
    _put(ROOT / "packaging/debian/copyright", documents / "copyright")
    _put_compressed(_changes(source, version).encode(), documents / "changelog.gz")


def _guides(source: Path) -> list[Path]:
    """Name what people read, and what they copy from there."""
    packaging = source / "packaging"
    return [
        source / "README.md",
        *sorted((source / "docs").rglob("*")),
        *sorted((packaging / "online-moodle").glob("*")),
        packaging / "answers.example.toml",
    ]


def _changes(source: Path, version: str) -> str:
    """Give all of changelog/ in Debian's form, the newest first."""
    folders = [each for each in (source / "changelog").iterdir() if each.is_dir()]
    told = []
    for folder in sorted(folders, key=lambda each: each.name, reverse=True):
        is_next = folder.name == "unreleased"
        when = datetime.fromtimestamp(int(_committed(source, *([] if is_next else [folder]))), UTC)
        changes = "\n\n".join(_item(each.read_text()) for each in sorted(folder.glob("*.md")))
        told.append(
            f"beekeed ({version if is_next else debian_version(folder.name)}) stable;"
            f" urgency=medium\n\n{changes}\n\n -- {_MAINTAINER}  {format_datetime(when)}\n"
        )
    return "\n".join(told)


def _item(text: str) -> str:
    """Give a change as an item of such a list."""
    said = " ".join(text.replace("#", "").split())
    return textwrap.fill(said, 78, initial_indent="  * ", subsequent_indent="    ",
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def _control(tree: Path, arch: str, version: str) -> None:
    """Write what dpkg reads."""
    folder = tree / "DEBIAN"
    folder.mkdir()
    shipped = ROOT / "packaging/debian"
    kib = sum(each.lstat().st_size // 1024 + 1 for each in tree.rglob("*"))
    text = (shipped / "control").read_text()
    for name, value in {"VERSION": version, "ARCH": arch, "KIB": str(kib),
                        "MAINTAINER": _MAINTAINER}.items():  # fmt: skip
        text = text.replace(f"@{name}@", value)
    (folder / "control").write_text(text)
    (folder / "conffiles").write_text("/etc/beekeed/beekeed.toml\n")
    for name in ("postinst", "prerm", "postrm"):
        _put(shipped / name, folder / name)
    sums = [
        f"{hashlib.md5(each.read_bytes(), usedforsecurity=False).hexdigest()}"
        f"  {each.relative_to(tree)}"
        for each in sorted(tree.rglob("*"))
        if each.is_file() and not each.is_symlink() and folder not in each.parents
        and each != tree / "etc/beekeed/beekeed.toml"
    ]  # fmt: skip
    (folder / "md5sums").write_text("\n".join(sums) + "\n")


def _plain_modes(tree: Path) -> None:
    """Give everything the usual rights and the time of the commit, whoever builds it."""
    when = int(os.environ["SOURCE_DATE_EPOCH"])
    runs = {*(tree / "DEBIAN").glob("p*"), *(tree / _HOME / "bin").iterdir(),
            *(tree / "usr/share/python3").rglob("*.rtupdate")}  # fmt: skip
    for each in [tree, *tree.rglob("*")]:
        if not each.is_symlink():
            each.chmod(0o755 if each.is_dir() or each in runs else 0o644)
        os.utime(each, (when, when), follow_symlinks=False)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _put_compressed(content: bytes, target: Path) -> None:
    target = target.with_name(target.name.removesuffix(".gz") + ".gz")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(content, 9, mtime=0))


def _committed(source: Path, *paths: Path) -> str:
    """Give when a tree, or something in it, was last changed; now, where it is no working copy."""
    words = ["git", "-C", str(source), "log", "-1", "--format=%ct", "--", *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() or str(int(datetime.now(UTC).timestamp()))


def _arch_here() -> str:
    return _run("dpkg", "--print-architecture").decode().strip()


def _pip(*words: str) -> None:
    quiet = ("-qq", "--disable-pip-version-check", "--no-input")
    subprocess.run([sys.executable, "-m", "pip", words[0], *quiet, *words[1:]], check=True)


def _run(*words: str) -> bytes:
    return subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    sys.exit(main())
