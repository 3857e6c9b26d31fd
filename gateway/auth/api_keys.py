"""API keys: ``sgw_<id>_<secret>``, in hexadecimal digits, for machines.

The id finds the row; the secret has 256 random bits. What is stored is the key's plain SHA-256:
a slow hash makes up for secrets that can be guessed, which nobody can do with these, and would
cost every request what it costs an attacker.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple

from gateway.auth.api_key_uses import ApiKeyUses
from gateway.auth.unverified import Unverified, Wrong
from gateway.auth.viewer import Scope, Viewer
from gateway.db import Database
from gateway.directory.api_keys import API_KEY_BY_ID, API_KEYS_IN_USE, ApiKey, api_key_of

_MARK = "sgw_"
_FORM = re.compile(_MARK + r"([0-9a-f]{12})_[0-9a-f]{64}")
_ID_BYTES = 6
_SECRET_BYTES = 32


class NewApiKey(NamedTuple):
    """A new API key: as its owner receives it, once, and as it is stored."""

    text: str
    stored: ApiKey


def new_api_key(
    name: str,
    scopes: Iterable[Scope],
    created_us: int,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> NewApiKey:
    """Make a key as of an instant in microseconds; it is good once ``stored`` is stored."""
    key_id = random_bytes(_ID_BYTES).hex()
    text = f"{_MARK}{key_id}_{random_bytes(_SECRET_BYTES).hex()}"
    granted = tuple(sorted({scope.value for scope in scopes}))
    return NewApiKey(text, ApiKey(key_id, name, granted, _hash(text), created_us))


def is_marked_as_key(credential: str) -> bool:
    """Whether a credential is an API key by its first letters, which no token has."""
    return credential.startswith(_MARK)


class ApiKeys:
    """Verifies API keys: turns each into a viewer, and records when it is used.

    ``now_us`` tells the current instant in microseconds since the epoch.
    """

    def __init__(self, database: Database, uses: ApiKeyUses, now_us: Callable[[], int]) -> None:
        self._database = database
        self._uses = uses
        self._now_us = now_us

    async def verify(self, text: str) -> Viewer:
        """The viewer that a key stands for; Unverified if it is malformed, unknown or revoked.

        Read from the database every time, so that a revoked key is refused from then on.
        """
        form = _FORM.fullmatch(text)
        if form is None:
            raise Unverified(Wrong.MALFORMED)
        async with self._database.read() as snapshot:
            rows = await snapshot.fetch(API_KEY_BY_ID, {"id": form[1]})
        key = api_key_of(rows[0]) if rows else None
        # In constant time: how far two hashes agree tells nothing.
        if key is None or not compare_digest(_hash(text), key.secret_hash) or key.revoked_at:
            raise Unverified(Wrong.API_KEY)
        self._uses.record(key, self._now_us())
        scopes = frozenset(scope for scope in Scope if scope in key.scopes)
        return Viewer(is_site_admin=Scope.STATS_READ in scopes, api_key_id=key.id, scopes=scopes)

    async def in_use(self) -> set[str]:
        """The ids of all keys that are not revoked, in one statement."""
        async with self._database.read() as snapshot:
            return {row[0] for row in await snapshot.fetch(API_KEYS_IN_USE)}


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()
