"""People of the tests, each with a browser of their own and a way to use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import listen
from tests.web.hands import POINTER, Hands

SIZE = {"width": 1360, "height": 860}


class Person(NamedTuple):
    """Somebody with a browser of their own."""

    page: Page
    hands: Hands
    #: Keeps a picture of the page, under a name.
    keep: Callable[[str], None]


#: A new one, whose hands are a pointer unless others are made for the tab.
NewPerson = Callable[..., Person]


@contextmanager
def new_people(browser: Browser, pictures: Path) -> Iterator[NewPerson]:
    """Makes people who know nothing of each other; no page complains of anything to them."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    pictures.mkdir(parents=True, exist_ok=True)

    def made(hands: Callable[[Page], Hands] = lambda _: POINTER) -> Person:
        context = browser.new_context(
            viewport=SIZE,  # type: ignore[arg-type]
            color_scheme="light",
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        listen(page, complaints)

        def keep(name: str) -> None:
            file = pictures / f"{name}.png"
            page.screenshot(path=file)
            assert file.stat().st_size > 0

        return Person(page, hands(page), keep)

    yield made
    for context in contexts:
        context.close()
    assert complaints == [], complaints
