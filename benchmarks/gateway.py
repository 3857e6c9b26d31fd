"""The gateway as it is served, and tokens for it."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from benchmarks.servers import Server, free_port, started
from gateway.auth.keys import KeyPair, read_private_key, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.settings import PREFIX

#: Settings under which nothing is kept from one request to the next.
CACHE_OFF = {"cache_bytes": "0", "answer_cache_bytes": "0"}
#: Settings under which facts are kept, as for viewers who have not asked before.
FACTS_KEPT = {"answer_cache_bytes": "0"}


class Gateway:
    """Starts gateways that trust one key, and signs tokens with it."""

    def __init__(self, folder: Path) -> None:
        self._keys: KeyPair = write_new_keys(folder)
        # Loaded once: loading a key takes a hundred times as long as signing.
        self._private: Any = load_pem_private_key(read_private_key(self._keys.private), None)

    def serve(
        self,
        database_url: str,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[Server]:
        """``stats-gateway serve``; settings by their field's name, variables by their own."""
        named = {
            "database_url": database_url,
            "jwt_public_key_file": str(self._keys.public),
            **(settings or {}),
        }
        variables = {PREFIX + name.upper(): value for name, value in named.items()}
        port = free_port()
        command = str(Path(sys.executable).with_name("stats-gateway"))
        words = [command, "serve", "--port", str(port)]
        return started(words, port, {**variables, **(environment or {})})

    def headers(self, user_id: int) -> dict[str, str]:
        """What a volunteer sends along."""
        key, is_admin = self._private, False
        expires = datetime.now(UTC) + timedelta(hours=12)
        token = issue_token(key, user_id, None, None, is_admin, expires, rng=secrets.token_hex(8))
        return {"Authorization": f"Bearer {token}"}
