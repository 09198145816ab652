"""Where the digest of the administrator's password is kept."""

from typing import Protocol


class PasswordStore(Protocol):
    """Keeps one digest, or none: then nobody can sign in."""

    async def kept(self) -> str:
        """Give the digest; empty where there is none."""
        ...

    async def keep(self, digest: str) -> None:
        """Keep another one; empty: none."""
        ...
