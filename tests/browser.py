"""Debian's Chromium, for the tests that look at pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Ample: what is waited for comes, or the test fails anyway.
DEADLINE_MILLISECONDS = 60_000
expect.set_options(timeout=DEADLINE_MILLISECONDS)


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """The browser, without a head, with more flags; whoever has none skips the test.

    While it runs, ``asyncio.run`` cannot: Playwright has a loop in this thread.
    """
    executable = shutil.which("chromium")
    if executable is None:
        # In CI a page that nobody looked at must not pass for one that works.
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *more])
        yield browser
        browser.close()


def listen(page: Page, complaints: list[str]) -> None:
    """Note what a tab complains of; violations of its policy are among that."""
    page.set_default_timeout(DEADLINE_MILLISECONDS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: message.type in ("error", "warning") and complaints.append(message.text),
    )
