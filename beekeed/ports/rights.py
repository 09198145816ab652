"""What our account may do online, beyond the functions of its service."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rights:
    """The online Moodle's rights, by its own names, held against what beekeed needs.

    Of each that is not held: the functions that need it, for a person to read.
    """

    missing: Mapping[str, str]
    """Without which nothing, or a whole kind of work, can be sent."""
    wanted: Mapping[str, str]
    """Without which less is seen, or some work waits."""
    more: tuple[str, ...]
    """What the account may do and beekeed never does: what a stolen token could do."""


class RightsReader(Protocol):
    """Tells which rights our account has, without writing anything."""

    async def rights(self, kinds: Collection[str], shortnames: Collection[str]) -> Rights:
        """Ask, after `probe`; `kinds`: of the activities on the box, as `quiz`.

        `shortnames`: of the box's courses; what is not held on the whole site may be held there.

        Raises what the online Moodle's other methods raise; RemoteRefused
        (FUNCTION_MISSING) where the service lacks the function that tells.
        """
        ...
