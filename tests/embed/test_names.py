"""Names that somebody chose are text wherever they are shown, whatever is in them."""

from __future__ import annotations

from functools import partial

import httpx
from sqlalchemy import Connection, update

from gateway.db import open_database, tables
from tests.embed.conftest import GALAXIES, OPEN, Serve
from tests.embed.reading import Document, Image

NAMES = [
    "<script>alert(1)</script>",
    "</title></svg><script>alert(1)</script><svg onload=alert(1)>",
    "]]><!--<style>*{display:none}</style>",
    "&lt;img src=x onerror=alert(1)&gt; &amp;amp;",
    "\"'><a href=javascript:alert(1)>x</a>",
    "\u202eright to left\u202c \u2066and back",
    "a\x01b\x0bc\ufffe\x7f",
    "多" * 119 + "!",
    "W" * 120,
]
FORMS = ("", "/counter", "/chart.svg", "/counter.svg")
#: All elements that there are.
DRAWN = {"svg", "title", "desc", "rect", "text", "tspan", "line", "g", "path"}
WRITTEN = DRAWN | {
    *("html", "head", "meta", "style", "body", "main", "h1", "a", "p", "strong", "div"),
    *("details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td"),
}


def readable(name: str) -> str:
    """The name without what no XML can have."""
    return "".join("\ufffd" if letter in "\x01\x0b\ufffe" else letter for letter in name)


async def test_a_hostile_name_is_nothing_but_text(serve: Serve, database_url: str) -> None:
    for name in NAMES:
        async with open_database(database_url) as database:
            await database.write(partial(rename, name=name))
        # A name that no directory takes may have come from elsewhere: nobody was told of it.
        await check(await serve(answer_cache_bytes=0, cache_bytes=0), name)


def rename(connection: Connection, name: str) -> None:
    for table, key in ((tables.project, GALAXIES), (tables.user_group, OPEN)):
        connection.execute(update(table).where(table.c.id == key).values(display_name=name))


async def check(client: httpx.AsyncClient, name: str) -> None:
    """Look at all that shows the name."""
    for path in (f"projects/{GALAXIES}", f"groups/{OPEN}"):
        for form in FORMS:
            answer = await client.get(f"/embed/{path}{form}")
            assert answer.status_code == 200
            if form.endswith(".svg"):
                image = Image(answer.content)
                assert image.tags <= DRAWN
                assert image.title.startswith(readable(name))
                assert readable(" ".join(name.split())).startswith(image.texts[0].rstrip("…"))
            else:
                page = Document(answer.text)
                assert set(page.tags) <= WRITTEN
                assert page.texts["h1"] == readable(name)
                assert all("javascript" not in (link or "") for link in page.links)
