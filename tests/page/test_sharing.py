"""What all see alike is made once for them, is never older than a second, and is nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from beekeed.page.sharing import Shared
from tests.page.browser import Browser
from tests.page.site import Site
from tests.page.test_live import Watcher

MAKING_SECONDS = 0.05


def made(counted: list[int]) -> Callable[[], Awaitable[int]]:
    """What takes its time to make, and counts how often it was."""

    async def make() -> int:
        counted.append(len(counted))
        await asyncio.sleep(MAKING_SECONDS)
        return counted[-1]

    return make


async def test_it_is_made_once_for_those_who_ask_together() -> None:
    """And again for what is something else."""
    shared, counted = Shared[int](), list[int]()
    found = await asyncio.gather(*(shared.get("one", made(counted)) for _ in range(50)))
    assert (set(found), len(counted)) == ({0}, 1)
    assert await shared.get("other", made(counted)) == 1


async def test_it_is_made_again_after_a_second() -> None:
    """Not before."""
    shared, counted = Shared[int](), list[int]()
    loop = asyncio.get_running_loop()
    began = loop.time()
    while await shared.get("one", made(counted)) == 0:
        assert loop.time() - began < 3
        await asyncio.sleep(0.05)
    assert loop.time() - began >= 1


async def test_who_leaves_takes_it_from_nobody() -> None:
    """The one for whom it was begun is not waited for."""
    shared, counted = Shared[int](), list[int]()
    first = asyncio.create_task(shared.get("one", made(counted)))
    await asyncio.sleep(0)
    second = asyncio.create_task(shared.get("one", made(counted)))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 0


async def test_however_much_is_asked_for_little_is_kept() -> None:
    """Anybody may ask for any address."""
    shared, counted = Shared[int](), list[int]()
    for number in range(100):
        await asyncio.wait_for(shared.get(number, _at_once), 1)
    assert await shared.get(0, made(counted)) == -1
    assert await shared.get(99, made(counted)) == 0


async def _at_once() -> int:
    return -1


def test_who_is_signed_in_shares_nothing(here: Site, admin: Browser) -> None:
    """Neither what they see, which has a token of theirs, nor what others see."""
    for browser in (admin, here.browser(), admin, here.browser()):
        seen = browser.get("/")
        assert bool(seen.form_token) is (browser is admin)
        assert ("Sign out" in seen.text) is (browser is admin)


def test_what_somebody_changed_here_is_seen_by_all_at_once(here: Site, admin: Browser) -> None:
    """Also by who looked a moment before."""
    said = "Syncs are switched off."
    assert said not in here.browser().send("GET", "/").text
    admin.post("/enabled", {"enabled": "off"}, on="/settings")
    assert said in here.browser().send("GET", "/").text
    admin.post("/enabled", {"enabled": "on"}, on="/settings")
    assert said not in here.browser().send("GET", "/").text


@pytest.mark.parametrize("told", ["language", "theme"])
def test_whoever_chose_something_gets_that(here: Site, told: str) -> None:
    """Also of what others saw a moment before."""
    choice = {"language": "/?language=ar", "theme": "/theme/dark"}[told]
    mark = {"language": '<html lang="ar"', "theme": 'data-theme="dark"'}[told]
    other, chooser = here.browser(), here.browser()
    assert mark not in other.get("/").html
    chooser.send("GET", choice)
    assert mark in chooser.get("/").html
    assert mark not in other.get("/").html


def test_who_was_told_of_something_new_is_shown_that(here: Site) -> None:
    """However many ask: a page of before would stay, as nothing more is told."""
    browsers = [here.browser() for _ in range(10)]
    with closing(Watcher(here)) as watcher, ThreadPoolExecutor(10) as pool:
        watcher.next()
        list(pool.map(lambda each: each.get("/"), browsers))
        here.world.switch("hold_before", "*")
        event_id = here.ask("POST", "sync", {})["event_id"]
        while watcher.next()["event_id"] != event_id:
            pass
        seen = list(pool.map(lambda each: each.get("/").html, browsers))
        assert all(f'data-run="{event_id}"' in html for html in seen)
        here.world.switch("hold_before", None)
        while watcher.next()["status"] != "completed":
            pass
        seen = list(pool.map(lambda each: each.get("/").html, browsers))
        assert not any("data-run" in html for html in seen)
