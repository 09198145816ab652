"""A language that is none: every text of ours is marked, so that one that is not is seen.

It is for those who make beekeed: `LANG=en_XA beekeectl status`, and `?language=en-XA` on the
page. CLDR knows it by that code.
"""

import gettext
import re

PSEUDO = "en-XA"

_PUT_IN = re.compile(r"(\{[^}]*\}|%\([a-z_]+\)[sr]|%[sr])")
_ACCENTED = str.maketrans("aeiouyAEIOUYcnsz", "áéíóúýÁÉÍÓÚÝçñšž")


class Pseudo(gettext.NullTranslations):
    """Gives each text accents and brackets; what is put into it stays as it is."""

    def gettext(self, message: str) -> str:
        """Mark a text."""
        parts = _PUT_IN.split(message)
        parts[::2] = [part.translate(_ACCENTED) for part in parts[::2]]
        return f"⟦{''.join(parts)}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Mark a singular or a plural."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002
        """Mark a word; leave what stands between digits or things."""
        return self.gettext(message) if any(map(str.isalpha, message)) else message
