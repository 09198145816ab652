"""Not safe yet: the learners of whom something is not online, to be printed as well.

It shows learners' names: to nobody who is not signed in.
"""

from beekeed.page.visit import Served, Shown, Visit

_ON_A_PAGE = 500  # a school's classes print as one list


async def waiting(visit: Visit) -> Served:
    """Show them by name, from where the page before this one ended."""
    after = visit.query("after")
    from_there = {"after": after} if after else {}
    answer = await visit.get("waiting", limit=_ON_A_PAGE, **from_there)
    return Shown("waiting", {"waiting": answer, "is_first": not after})
