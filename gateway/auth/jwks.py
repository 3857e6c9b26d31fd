"""JSON Web Key Set (RFC 7517): keys that an issuer publishes."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import jwt

from gateway.auth.token_keys import PublicKey, TokenKey, weakness_of
from gateway.errors import SettingsError, Unavailable
from gateway.reasons import reason_of
from gateway.settings import PREFIX

_SETTING = f"{PREFIX}JWT_JWKS_URL"
_FETCH_TIMEOUT_SECONDS = 5.0


class Jwks:
    """The key set at a URL: HTTPS, or HTTP on this machine; anything else is a SettingsError.

    Whoever could change an answer on its way could sign tokens.
    """

    def __init__(self, url: str, timeout_seconds: float = _FETCH_TIMEOUT_SECONDS) -> None:
        _check(url)
        parts = urlsplit(url)
        self.name = f"{parts.scheme}://{parts.netloc}{parts.path}"
        # Caching is the key ring's: it serves the last good set while a new one is fetched.
        self._client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=timeout_seconds)

    def load(self) -> tuple[TokenKey, ...]:
        """Fetch the set, which blocks: its signature keys, at least one; else Unavailable."""
        try:
            content = self._client.fetch_data()
        except (jwt.PyJWTError, OSError, ValueError) as error:
            raise Unavailable(
                f"{self.name} did not return a key set: {reason_of(error)}."
            ) from None
        entries = content.get("keys") if isinstance(content, dict) else None
        if not isinstance(entries, list):
            raise Unavailable(
                f"{self.name} did not return a key set: the answer has no list of keys."
            )
        keys = tuple(key for entry in entries if (key := _token_key(entry)) is not None)
        if not keys:
            raise Unavailable(f"{self.name} did not return a key that can verify tokens.")
        return keys


def _token_key(entry: object) -> TokenKey | None:
    """The key; None if it is for encryption, of an unknown kind, too weak or not public."""
    if not isinstance(entry, dict) or entry.get("use") not in (None, "sig"):
        return None
    operations = entry.get("key_ops")
    if operations is not None and "verify" not in operations:
        return None
    try:
        key = jwt.PyJWK(entry).key
    except Exception:  # a set may hold what is meant for others, or for newer readers
        return None
    if weakness_of(key) is None and isinstance(key, PublicKey):
        return TokenKey(key, _text(entry.get("kid")), _text(entry.get("alg")))
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        raise SettingsError(f"{_SETTING} must be a URL such as https://example.org/jwks.json.")
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            f"{_SETTING} must not contain a user name or password: public keys need none."
        )
    if not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        raise SettingsError(
            f"{_SETTING} must begin with https:// (http:// is allowed only for localhost)."
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
