"""What comes from outside, as a fuzzer thinks of it: parsed, or refused as the contract says.

A finding leaves a file; `python -m tests.endurance.fuzz TARGET --seconds 0 FILE` tries it again.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import TOLD
from tests.endurance.fuzz.__main__ import TARGETS, corpus_of, is_here
from tests.system.world import ROOT

_SECONDS = 1
_SECONDS_LONG = 60
_MOST_CORPUS_BYTES = 200_000
_DONE = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+) ft: (\d+) corp: (\d+)")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Fuzz in a process of its own, which ends without clearing away, in memory."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        return subprocess.run(
            [sys.executable, "-m", "tests.endurance.fuzz", *words],
            cwd=ROOT, env=os.environ | {"TMPDIR": folder},
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_from_outside_does_more_than_it_may(
    target: str, tmp_path: Path, request: pytest.FixtureRequest, *, is_long: bool
) -> None:
    """All of the corpus, which has what was found before, and what is thought of from there on."""
    told = request.config.stash[TOLD]
    if not is_here():
        done = run(target, "--seconds", "0")
        assert done.returncode == 0, done.stdout[-500:] + done.stderr[-5000:]
        replayed = done.stdout.splitlines()[-1]
        told.append(f"fuzz {target}: {replayed}, and nothing more: there is no atheris here")
        return
    seconds = _SECONDS_LONG if is_long else _SECONDS
    done = run(target, "--seconds", str(seconds), "--into", str(tmp_path))
    assert done.returncode == 0, f"{tmp_path}\n{done.stderr[-8000:]}"
    end = _DONE.search(done.stderr)
    assert end is not None, done.stderr[-8000:]
    files = len(list(corpus_of(target).iterdir()))
    assert int(end[1]) > files
    told.append(
        f"fuzz {target}: {end[1]} executions from {files} files on, in {seconds} s;"
        f" {end[2]} edges, {end[3]} features"
    )


def test_the_corpora_stay_small() -> None:
    """A few dozen small files of each target, and none without."""
    folders = {each.name: list(each.iterdir()) for each in corpus_of("wire").parent.iterdir()}
    assert folders.keys() == set(TARGETS)
    assert all(0 < len(files) <= 80 for files in folders.values())
    sizes = [file.stat().st_size for files in folders.values() for file in files]
    assert sum(sizes) < _MOST_CORPUS_BYTES
