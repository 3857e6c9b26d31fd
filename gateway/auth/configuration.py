"""Configuration of authentication: verifiers of tokens and keys, built from the settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gateway.auth.api_key_uses import ApiKeyUses
from gateway.auth.api_keys import ApiKeys
from gateway.auth.authenticator import Authenticator
from gateway.auth.claims import ClaimNames
from gateway.auth.jwks import Jwks
from gateway.auth.key_ring import KeyRing, KeySource
from gateway.auth.keys import load_public_keys
from gateway.auth.owner import Owner
from gateway.auth.token_keys import TokenKey
from gateway.auth.tokens import TokenVerifier
from gateway.db import Database
from gateway.errors import SettingsError
from gateway.settings import PREFIX, Settings


class Tokens(NamedTuple):
    """A verifier, and the ring that it takes its keys from."""

    verifier: TokenVerifier
    ring: KeyRing


def configured_authenticator(
    settings: Settings,
    database: Database,
    now_us: Callable[[], int],
    owner: Owner | None = None,
) -> Authenticator:
    """Everything that verifies credentials; SettingsError as for ``configured_tokens``."""
    tokens = configured_tokens(settings)
    uses = ApiKeyUses(database)
    return Authenticator(
        *tokens,
        ApiKeys(database, uses, now_us),
        uses,
        owner,
        forwards_bearers=settings.groups == "panoptes",
    )


def configured_tokens(settings: Settings) -> Tokens:
    """The verifier that the settings describe; without any key it refuses every token.

    Reads key files; SettingsError if one of them, the URL or an algorithm cannot be used.
    """
    algorithms = tuple(name.strip() for name in settings.jwt_algorithms.split(",") if name.strip())
    ring = KeyRing(_key_sources(settings, algorithms))
    claims = ClaimNames(
        id=settings.jwt_id_claim,
        login=settings.jwt_login_claim,
        display_name=settings.jwt_name_claim,
        admin=settings.jwt_admin_claim,
        scope=settings.jwt_scope_claim,
        admin_scope=settings.jwt_admin_scope or None,
        group_scope=settings.group_scope or None,
    )
    verifier = TokenVerifier(
        ring,
        issuer=settings.jwt_issuer,
        algorithms=algorithms,
        audience=settings.jwt_audience or None,
        claims=claims,
    )
    return Tokens(verifier, ring)


def _key_sources(settings: Settings, algorithms: Sequence[str]) -> list[KeySource]:
    sources = []
    if settings.jwt_public_key_file is not None:
        paths = [path for path in settings.jwt_public_key_file.split(os.pathsep) if path]
        if not paths:
            raise SettingsError(f"{PREFIX}JWT_PUBLIC_KEY_FILE does not name a file.")

        def load_files() -> list[TokenKey]:
            return [key for path in paths for key in _usable_keys(path, algorithms)]

        # Files are cheap to read: their contents are compared, not their times, which some
        # ways of replacing a file leave as they were.
        sources.append(
            KeySource(
                load_files,
                keys=load_files(),
                every_seconds=2,
                pause_seconds=0.5,
                timeout_seconds=5,
            )
        )
    if settings.jwt_jwks_url is not None:
        jwks = Jwks(settings.jwt_jwks_url)
        sources.append(
            KeySource(jwks.load, every_seconds=300, pause_seconds=10, timeout_seconds=10)
        )
    return sources


def _usable_keys(path: str, algorithms: Sequence[str]) -> list[TokenKey]:
    keys = load_public_keys(path)
    if not all(key.algorithms.intersection(algorithms) for key in keys):
        raise SettingsError(
            f"{PREFIX}JWT_PUBLIC_KEY_FILE names {path}, which holds a key that does not work "
            f"with {', '.join(algorithms)}: change {PREFIX}JWT_ALGORITHMS."
        )
    return keys
