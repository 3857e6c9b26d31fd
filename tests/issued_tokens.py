"""Watch over join tokens and codes of certificates: no test passes that wrote one elsewhere.

The tests' ``conftest.py`` loads it for all of them. It notes each token that is made in this
process, and those in the databases of servers that tests have run. What is logged, what servers
write and what is exported as traces is searched for them; the test during which one was written
fails, or the one whose server did so.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from gateway.db import open_database
from gateway.db.certificate_tables import certificate
from gateway.db.group_tables import group_join_link
from gateway.directory import certificates
from gateway.errors import GatewayError
from gateway.groups import links

#: What a token looks like; whatever looks so and was not issued is none.
_CANDIDATE = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
#: How the demo hands out its link: on a line of its own.
_HANDED_OUT = re.compile(r"^  http://\S+/groups/\d+#join_token=\w+$", re.MULTILINE)
#: A test may have stopped the database.
_TIMEOUT_SECONDS = 5


class Watch(logging.Handler):
    """Tokens that were issued in this process or to it, and where one of them was written."""

    def __init__(self) -> None:
        super().__init__()
        self.issued: set[str] = set()
        self.leaks: list[str] = []

    def token_hex(self, number: int) -> str:
        """Make a token, and note it."""
        token = token_hex(number)
        self.issued.add(token)
        return token

    def search(self, what: str, where: str) -> None:
        """Note a leak if there is a token in a text."""
        if not self.issued.isdisjoint(_CANDIDATE.findall(what)):
            self.leaks.append(f"{where}: {_CANDIDATE.sub('<32 hexadecimal digits>', what)[:500]}")

    def emit(self, record: logging.LogRecord) -> None:
        """Search a line of a log, and all that a formatter might write of it."""
        self.search(f"{self.format(record)} {record.__dict__!r}", f"log of {record.name}")


watch = Watch()
# From now on, whatever is made is noted.
links.token_hex = watch.token_hex  # type: ignore[assignment, attr-defined]
certificates.token_hex = watch.token_hex  # type: ignore[assignment, attr-defined]


@pytest.fixture(autouse=True)
def no_token_is_written() -> Iterator[None]:
    """Fail a test while which a token was written."""
    logger = logging.getLogger()
    # Configured logging may have taken it away.
    logger.addHandler(watch)
    before = len(watch.leaks)
    yield
    logger.removeHandler(watch)
    assert watch.leaks[before:] == [], "A join token was written."


def search_log(text: str, database_url: str) -> None:
    """AssertionError if a server has written a token; its database has those that it made."""
    # A test may run a loop of its own here.
    with ThreadPoolExecutor(1) as pool:
        watch.issued.update(pool.submit(asyncio.run, _tokens_in(database_url)).result())
    before = len(watch.leaks)
    watch.search(_HANDED_OUT.sub("", text), "log of a server")
    found, watch.leaks[before:] = watch.leaks[before:], []
    assert found == [], "A server has written a join token."


async def _tokens_in(url: str) -> Iterable[str]:
    """All tokens and codes; none of a database that does not answer, or has no tables."""
    try:
        async with (
            asyncio.timeout(_TIMEOUT_SECONDS),
            open_database(url) as database,
            database.read() as snapshot,
        ):
            secrets = select(group_join_link.c.token), select(certificate.c.code)
            return [row[0] for one in secrets for row in await snapshot.fetch(one)]
    except (DBAPIError, GatewayError, OSError, TimeoutError):
        return ()
