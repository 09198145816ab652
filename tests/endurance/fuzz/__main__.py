"""Fuzzes one target from its corpus on; or replays that, where atheris is not installed.

    python -m tests.endurance.fuzz TARGET [--seconds N] [--seed N] [--into FOLDER] [FILE|FOLDER ...]

With `--seconds 0` only what is given is tried, once each. `--merge FOLDER`: keep there as few as
show all that the others show. What it finds is written into the folder `--into`.
"""

import argparse
import importlib
import importlib.util
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from tests.endurance.fuzz.mutating import mutated
from tests.endurance.fuzz.target import Target
from tests.system.world import ROOT

TARGETS: Mapping[str, tuple[str, ...]] = {
    "wire": ("beekeed",),
    "online": ("beekeed",),
    "http": ("beekeed.moodle", "beekeed.link", "beekeed.core"),
    "settings": ("beekeed",),
    "answers": ("beekeed",),
    "control": ("beekeed.control", "beekeed.tuning", "beekeed.config"),
    "page": ("beekeed.page",),
}
"""Each with the modules that libFuzzer looks into: to prepare all would take long."""
LONGEST_BYTES = 8192  # of what is tried
_FOUND = 77
_CORPUS = Path(__file__).parent.parent / "corpus"


def corpus_of(name: str) -> Path:
    """Give the folder of what a target is to be tried with each time."""
    return _CORPUS / name


def is_here() -> bool:
    """Tell whether there is a fuzzer: atheris has wheels for few Pythons and one processor."""
    return importlib.util.find_spec("atheris") is not None


def main() -> NoReturn:
    """Run one target; a finding ends the process with its traceback."""
    asked = _parser().parse_intermixed_args()
    corpora = asked.corpus or [corpus_of(asked.target)]
    if is_here() and (asked.seconds or asked.merge):
        _fuzz(asked, corpora)
    tried = _replay(_ending(_target(asked.target).taste), corpora)
    print(f"replayed {tried} files", flush=True)
    os._exit(0)  # without a word to what a target has running


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.fuzz")
    parser.add_argument("target", choices=list(TARGETS))
    parser.add_argument("corpus", nargs="*", type=Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="0: another each time")
    parser.add_argument("--into", type=Path)
    parser.add_argument("--merge", type=Path)
    return parser


def _target(name: str) -> Target:
    made: Target = importlib.import_module(f"tests.endurance.fuzz.{name}").target()
    return made


def _ending(taste: Callable[[bytes], None], into: Path | None = None) -> Callable[[bytes], None]:
    """Have a finding end the process at once, which would wait for a daemon's threads otherwise.

    What was found is kept in the folder `into`.
    """

    def tasted(data: bytes) -> None:
        try:
            taste(data)
        except Exception:  # noqa: BLE001 - whatever it is, it is a finding
            traceback.print_exc()
            if into is not None:
                (into / "finding").write_bytes(data)
            sys.stderr.flush()
            os._exit(_FOUND)

    return tasted


def _replay(taste: Callable[[bytes], None], corpora: list[Path]) -> int:
    tried = 0
    for file in _files(corpora):
        print(file, flush=True)
        taste(file.read_bytes())
        tried += 1
    return tried


def _files(corpora: list[Path]) -> Iterator[Path]:
    for each in corpora:
        yield from sorted(each.iterdir()) if each.is_dir() else [each]


def _fuzz(asked: argparse.Namespace, corpora: list[Path]) -> None:
    """Have libFuzzer try the target: it ends the process, with 77 where something was found."""
    import atheris

    with atheris.instrument_imports(["beekeed"], _beside(TARGETS[asked.target])):
        target = _target(asked.target)
    into = asked.into or Path(tempfile.mkdtemp(prefix=f"fuzz-{asked.target}-"))
    grown = into / "corpus"
    grown.mkdir(parents=True, exist_ok=True)
    (into / "words").write_text("".join(f"{_entry(each)}\n" for each in target.words))
    options = [
        f"-seed={asked.seed}",
        f"-dict={into / 'words'}",
        f"-artifact_prefix={into}/",
        f"-max_len={LONGEST_BYTES}",
        "-rss_limit_mb=1500",
        "-timeout=20",
        "-print_final_stats=1",
    ]
    if asked.merge:
        options += ["-merge=1", str(asked.merge)]
    else:
        options += [f"-max_total_time={asked.seconds}", str(grown)]

    def mutate(data: bytes, most_bytes: int, seed: int) -> bytes:
        return mutated(data, most_bytes, seed, atheris.Mutate)

    words = [sys.argv[0], *options, *map(str, corpora)]
    atheris.Setup(words, _ending(target.taste, into), custom_mutator=mutate)
    atheris.Fuzz()


def _beside(looked_into: tuple[str, ...]) -> list[str]:
    """Name our modules that libFuzzer does not look into."""
    files = (ROOT / "beekeed").rglob("*.py")
    names = (".".join(each.relative_to(ROOT).with_suffix("").parts) for each in files)
    modules = [each.removesuffix(".__init__") for each in names]
    return [each for each in modules if each != "beekeed" and not each.startswith(looked_into)]


def _entry(word: str) -> str:
    """Write a word for libFuzzer's dictionary (llvm.org/docs/LibFuzzer.html, Dictionaries)."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"'


if __name__ == "__main__":
    main()
