"""Link: where the way to the online Moodle ends, and how far the box's clock is believed.

Everybody may look, so that whoever stands beside the box can see what is wrong with it. The
box's own addresses are for who is signed in: that on the learners' network stands in each
browser's address bar, and the one on the way out belongs to somebody's network or phone.
"""

from beekeed.page.asking import Data, together
from beekeed.page.visit import Gone, Served, Shown, Visit


async def link(visit: Visit) -> Served:
    """Show the way as it is known, without a byte."""
    way, status = await together(visit.get("link"), visit.get("status"))
    return Shown(
        "link",
        {
            "link": way,
            "nodes": way["nodes"] if visit.is_signed_in else [_nameless(n) for n in way["nodes"]],
            "status": status,
        },
    )


async def try_link(visit: Visit) -> Served:
    """Try the Link: walk the whole way; the daemon keeps what it found."""
    await visit.post("link")
    return Gone("/link?done=tried")


def _nameless(node: Data) -> Data:
    facts = {name: fact for name, fact in node["facts"].items() if name != "address"}
    return {**node, "facts": facts}
