"""Open a link with a secret in the browser of this machine."""

from __future__ import annotations

import os
import sys
import webbrowser
from html import escape
from pathlib import Path
from threading import Thread

from gateway.private_file import owner_only

_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={link}">
<title>stats-gateway</title>
<p><a href="{link}">Open stats-gateway</a></p>
"""


def open_privately(link: str, folder: Path) -> None:
    """Open a link by a redirect in a file that only its owner may read, if there is a browser.

    The file is in ``folder``. Everybody on the machine can see the arguments of a process.
    """
    if not _has_screen():
        return
    file = folder / "open.html"
    with open(file, "w", encoding="utf-8", opener=owner_only) as page:
        page.write(_PAGE.format(link=escape(link)))
    # Some browsers return only when they are closed.
    Thread(target=webbrowser.open, args=(file.as_uri(),), daemon=True).start()


def _has_screen() -> bool:
    """Whether there is a display: without one, a browser would take over the terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
