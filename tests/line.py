"""The real line to the online Moodle, paid from an account that is in memory."""

from beekeed.core.model import Category, Charge
from beekeed.link.line import PaidLine
from beekeed.link.uplink import Uplink
from beekeed.ports.ledger import Ledger
from tests.ledger import Purse


def paid_line(
    ledger: Ledger | None = None,
    *,
    category: Category = Category.SYNC,
    uplink: Uplink | None = None,
    encrypted: bool = False,
    charge: Charge = Charge.SYNC,
) -> PaidLine:
    """Give a line that is paid from a ledger; without one it costs what it likes."""
    return PaidLine(
        ledger=ledger or Purse(),
        category=category,
        encrypted=encrypted,
        uplink=uplink or Uplink(),
        charge=lambda: charge,
    )
