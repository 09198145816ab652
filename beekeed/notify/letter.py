"""Makes a message of what a mail says: text and HTML, for SMTP.

Rule: a header holds one line, whatever stood in a name: what email.message refuses is never
put together by hand.
"""

import html
import re
import textwrap
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from beekeed.core.mail import Mailing
from beekeed.notify.content import Content
from beekeed.say import Language, language_of

_WIDTH = 76
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to be sent. `key`: the left part of its Message-ID, the same each time.

    `at`: when what it tells happened; None where no clock was trusted: the server dates it.
    """

    content: Content
    mailing: Mailing
    key: str
    at: datetime | None

    def bytes(self, *, eight_bits: bool) -> bytes:
        """Write it as it goes over the wire. `eight_bits`: the server takes them."""
        mailing = self.mailing
        message = EmailMessage(policy=SMTP)
        message["From"] = mailing.from_address
        message["To"] = mailing.to
        message["Subject"] = self.content.subject
        if self.at is not None:
            message["Date"] = format_datetime(self.at)
        message["Message-ID"] = f"<{self.key}@{mailing.from_address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
        text, markup = as_text(self.content), as_html(self.content, language_of(mailing.language))
        message.set_content(text, cte=_encoding(text, eight_bits))
        message.add_alternative(markup, subtype="html", cte=_encoding(markup, eight_bits))
        message.set_boundary(f"=_{self.key.rpartition('.')[2]}")
        return message.as_bytes()


def wrong_address(mailing: Mailing) -> str | None:
    """Give an address of the settings that is none, if there is one."""
    both = (mailing.to, mailing.from_address)
    return next((each for each in both if not _ADDRESS.fullmatch(each)), None)


def _encoding(text: str, eight_bits: bool) -> str:
    if text.isascii():
        return "7bit"
    return "8bit" if eight_bits else "quoted-printable"


def as_text(content: Content) -> str:
    """Give a mail as plain text, folded."""
    blocks = [_folded(each) for each in content.sentences]
    blocks.append("\n".join(_folded(f"{each.name}: {each.value}", "  ") for each in content.facts))
    blocks += [f"{_folded(f'- {each.what}', '  ')}\n{_folded(each.said, '  ', '  ')}"
               for each in content.items]  # fmt: skip
    blocks += [_folded(each) for each in content.below]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _folded(text: str, later: str = "", first: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False
    )


def as_html(content: Content, language: Language) -> str:
    """Give a mail as HTML; a line of a mail has 998 bytes at most (RFC 5322)."""
    lines = [f'<html lang="{language.code}" dir="{language.direction}"><body>']
    lines += [f"<p>{_marked(each)}</p>" for each in content.sentences]
    if content.facts:
        facts = [f"<b>{_marked(each.name)}</b>: {_marked(each.value)}" for each in content.facts]
        lines.append("<p>" + "<br>\n".join(facts) + "</p>")
    if content.items:
        lines.append("<ul>")
        lines += [
            f"<li><b>{_marked(each.what)}</b><br>\n{_marked(each.said)}</li>"
            for each in content.items
        ]
        lines.append("</ul>")
    lines += [f"<p>{_marked(each)}</p>" for each in content.below]
    return "\n".join(lines) + "\n</body></html>\n"


def _marked(text: str) -> str:
    """Fold a text, and make it one that holds no markup of its own."""
    return html.escape(_folded(text))
