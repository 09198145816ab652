"""Who the children of a box really are, and all that the box ever said of each.

A username may come to another child; a child may come to other names. What a child never did
on the box justifies nothing online.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from beekeed.core.person import folded
from tests.engine.histories.facts import Fact, Facts, Held

Said = dict[tuple[str, str], set[Held]]


@dataclass(eq=False)
class Child:
    """One child: its username, every name that it had, and what the box ever said of it."""

    username: str
    names: set[str]
    said: Said = field(default_factory=lambda: defaultdict(set))

    def values(self, kind: str, part: str) -> set[str]:
        """Every value that the box ever had of something."""
        return {held.value for held in self.said.get((kind, part), ())}

    def words(self, part: str) -> set[str]:
        """Every comment that the box ever had beside a grade."""
        return {one_line(held.words) for held in self.said.get(("grade", part), ())}


class Children:
    """All of them."""

    def __init__(self) -> None:
        self.now: dict[str, Child] = {}
        """By username, who has it on the box now."""
        self._all: list[Child] = []

    def add(self, username: str, first: str, last: str) -> None:
        """Tell of a new child, which takes the username of whoever had it."""
        self.now[username] = Child(username, {_name(first, last)})
        self._all.append(self.now[username])

    def rename(self, username: str, first: str, last: str) -> None:
        """Tell that a child has another name from now on."""
        self.now[username].names.add(_name(first, last))

    def of_account(self, account: Held | None) -> Child | None:
        """Find the child to whom an account online belongs, by its names and username."""
        if account is None:
            return None
        name = _name(*account.words.split("|"))
        fitting = (c for c in self._all if c.username == account.value and name in c.names)
        return next(fitting, None)

    def hear(self, box: Facts) -> None:
        """Note all that the box says now."""
        for child, fact, held in self.work(box):
            child.said[fact.kind, fact.part].add(held)

    def work(self, box: Facts) -> Iterator[tuple[Child, Fact, Held]]:
        """Give what the box says, by child."""
        for fact, held in box.items():
            account = box.get(Fact("account", fact.user))
            child = self.now.get(account.value) if account else None
            if child is not None:
                yield child, fact, held


def one_line(words: str) -> str:
    """A comment as it is compared: Moodle may set its blanks anew."""
    return " ".join(words.split())


def _name(first: str, last: str) -> str:
    return f"{folded(first)}|{folded(last)}"
