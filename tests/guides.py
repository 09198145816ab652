"""What README and the guides say, as tests read it: commands, settings, links, tables."""

import re
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent
ONLINE = ROOT / "packaging" / "online-moodle"
GUIDES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ONLINE / "README.md")

OURS = ("beekeectl", "beekeed", "beekeed-page")
_STANDS_FOR = {
    "D": "2026-11-02", "M": "2026-11", "YYYY-MM": "2026-11", "ID": "latest", "N": "5", "PAGE": "1",
    "BYTES": "200000", "USERNAME...": "learner.one", "FILE": "file", "FOLDER": "folder",
    "COMMAND": "status", "SIZE": "500MB", "NUMBER": "1",
    "KEY": "sync.audit_bytes", "KEY=VALUE": "sync.audit_bytes=4000",
}  # fmt: skip
"""What a reader puts in the place of a word in capitals."""


def blocks(guide: Path, language: str) -> list[str]:
    """Give the fenced blocks of a language."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", guide.read_text("utf-8"), re.M | re.S)
    return [text for kind, text in found if kind == language]


def inline(guide: Path) -> list[str]:
    """Give all that stands between backticks in the running text and in tables."""
    text = re.sub(r"^```.*?^```$", "", guide.read_text("utf-8"), flags=re.M | re.S)
    return [" ".join(each.replace("\\|", "|").split()) for each in re.findall(r"`([^`]+)`", text)]


def shell(guide: Path) -> list[str]:
    """Give every line of a shell that a guide has, without `sudo`."""
    lines = chain.from_iterable(text.splitlines() for text in blocks(guide, "sh"))
    return [re.sub(r"^sudo (-u \S+ )?", "", line) for line in lines if line]


def commands(guide: Path) -> list[tuple[str, ...]]:
    """Give each command of ours that a guide names, in each of the ways that it tells."""
    written = [*shell(guide), *(re.sub(r"^sudo ", "", each) for each in inline(guide))]
    ours = [each for each in written if _program(each) in OURS and " " in each]
    return [tuple(words.split()) for each in ours for words in ways(each)]


def _program(line: str) -> str:
    """Name the program of a line, wherever it is, with whatever environment."""
    words = [word for word in line.split() if not re.match(r"[A-Z_]+=", word)]
    return words[0].rpartition("/")[2] if words else ""


def ways(written: str) -> Iterator[str]:
    """Give each way of a command: with and without what is in brackets, one of each choice."""
    bare = re.sub(r"^(?:[A-Z_]+=\S+ )*(?:\S*/)?(?=beekee)", "", written)
    for each in _chosen(bare):
        yield from _without_brackets(each)


def _chosen(text: str) -> Iterator[str]:
    """Give one of `do --day D|--month M|--from D --to D`, or of `show ID|latest`."""
    outside = re.sub(r"\[[^]]*\]", lambda each: "." * len(each[0]), text)
    cuts = [0, *(each.start() + 1 for each in re.finditer(r"\|", outside)), len(text) + 1]
    parts = [text[start : end - 1].strip() for start, end in pairwise(cuts)]
    first = parts[0].split()
    options = [place for place, word in enumerate(first) if word.startswith("--")]
    shared = first[: options[0]] if options else first[:-1]
    yield parts[0]
    yield from (" ".join([*shared, part]) for part in parts[1:])


def _without_brackets(text: str) -> Iterator[str]:
    found = re.search(r"\[([^]]*)\]", text)
    if found is None:
        yield " ".join(_STANDS_FOR.get(word, word) for word in text.split())
        return
    for part in ("", *found[1].split("|")):
        yield from _without_brackets(text[: found.start()] + part + text[found.end() :])


def links(guide: Path) -> list[tuple[str, str]]:
    """Give each link to a file here: the file, as it is written, and the heading in it."""
    found = re.findall(r"\]\(([^)\s]+)\)", guide.read_text("utf-8"))
    here = [each.partition("#") for each in found if "://" not in each]
    return [(file, heading) for file, _, heading in here]


def headings(guide: Path) -> set[str]:
    """Give the names by which links reach the headings of a guide, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", guide.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}


def table(guide: Path, first: str) -> list[list[str]]:
    """Give the rows of the table whose first column has that name."""
    lines = guide.read_text("utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows
