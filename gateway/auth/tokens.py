"""Bearer tokens: JSON Web Tokens that are verified locally.

Panoptes' payload: ``{"data": {"id", "login", "dname", "scope", "admin"}, "exp", "iss", "rng"}``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import jwt

from gateway.auth.claims import PANOPTES, ClaimNames, viewer_of
from gateway.auth.grants import Grant
from gateway.auth.token_keys import SUPPORTED_ALGORITHMS, TokenKey
from gateway.auth.unverified import UnknownKey, Unverified, Wrong
from gateway.auth.verified_tokens import VerifiedTokens
from gateway.auth.viewer import Viewer
from gateway.errors import InvalidEvent, SettingsError

#: Longer tokens are refused unread; Panoptes' have some 800 characters.
LONGEST_TOKEN = 16 * 1024
#: What clocks of different machines may differ by.
LEEWAY_SECONDS = 10.0
#: The first that fits says what is wrong: a token that is none at all is what remains.
_WRONG: Sequence[tuple[type[Exception], Wrong]] = (
    (jwt.ExpiredSignatureError, Wrong.EXPIRED),
    (jwt.ImmatureSignatureError, Wrong.EARLY),
    (jwt.InvalidIssuerError, Wrong.ISSUER),
    (jwt.InvalidAudienceError, Wrong.AUDIENCE),
    (jwt.InvalidAlgorithmError, Wrong.KEY),
    (jwt.InvalidKeyError, Wrong.KEY),
    (jwt.DecodeError, Wrong.MALFORMED),
    (jwt.InvalidTokenError, Wrong.CLAIMS),
    (InvalidEvent, Wrong.CLAIMS),
)
DEFAULT_ISSUER = "pan-prod"
DEFAULT_ALGORITHMS = ("RS512",)


class TokenVerifier:
    """Turns tokens that one of several public keys has signed into viewers.

    ``keys`` is gone through for every token, so it may be a collection that changes: old and new
    tokens verify while keys are replaced. A key that has a ``kid`` is tried on tokens that name
    it, or none. A token that names an audience verifies only if it is ``audience``.
    """

    def __init__(
        self,
        keys: Iterable[TokenKey],
        *,
        issuer: str = DEFAULT_ISSUER,
        algorithms: Sequence[str] = DEFAULT_ALGORITHMS,
        audience: str | None = None,
        claims: ClaimNames = PANOPTES,
        leeway_seconds: float = LEEWAY_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        unsupported = set(algorithms) - SUPPORTED_ALGORITHMS
        if unsupported or not algorithms:
            raise SettingsError(
                f"Tokens cannot be verified with {', '.join(sorted(unsupported)) or 'nothing'}:"
                f" use {', '.join(sorted(SUPPORTED_ALGORITHMS))}."
            )
        self._keys = keys
        self._issuer = issuer
        self._algorithms = tuple(algorithms)
        self._audience = audience
        self._claims = claims
        self._leeway_seconds = leeway_seconds
        self._verified = VerifiedTokens(now)

    @property
    def cached_bytes(self) -> int:
        """The estimated memory of verified tokens, in bytes."""
        return self._verified.size

    def verify(self, token: str) -> Viewer:
        """The viewer that a token stands for; Unverified, always alike, if it does not."""
        return self.grant(token).viewer

    def holds(self, grant: Grant) -> bool:
        """Whether the token of this grant would verify now."""
        return self._verified.holds(grant, self._keys)

    def grant(self, token: str) -> Grant:
        """What a token grants; Unverified, always alike to a client, if it does not verify."""
        if len(token) > LONGEST_TOKEN:
            raise Unverified(Wrong.MALFORMED)
        try:
            return self._verified.grant_of(token, self._keys) or self._read(token)
        except UnknownKey:
            raise
        except Exception as error:
            # An attacker may have written it: whatever goes wrong while reading it, refuse.
            raise Unverified(_wrong(error)) from None

    def _read(self, token: str) -> Grant:
        payload, key = self._payload(token)
        viewer = viewer_of(payload, self._claims)
        # As PyJWT reads it.
        until = int(payload["exp"]) + self._leeway_seconds
        return self._verified.add(token, viewer, key, until)

    def _payload(self, token: str) -> tuple[Mapping[str, Any], TokenKey]:
        # PyJWT would decode all of the token, letter by letter, as it does once more below.
        first, _, _ = token.partition(".")
        header = jwt.get_unverified_header(f"{first}..")
        kid = header.get("kid")
        for candidate in self._keys:
            if not candidate.may_have_signed(kid, header["alg"]):
                continue
            try:
                payload = jwt.decode(
                    token,
                    candidate.key,
                    algorithms=self._algorithms,
                    issuer=self._issuer,
                    audience=self._audience,
                    leeway=self._leeway_seconds,
                    options={
                        "require": ["exp", "iss"],
                        # Whose it is, the claims say, where an id may be a number, too.
                        "verify_sub": False,
                        "enforce_minimum_key_length": True,
                    },
                )
            except jwt.InvalidSignatureError:
                continue
            return payload, candidate
        jwt.get_unverified_header(token)  # what is no token at all needs no other key
        raise UnknownKey(kid) from None


def _wrong(error: Exception) -> Wrong:
    """The reason why a token is refused, by its error."""
    fitting = (wrong for kind, wrong in _WRONG if isinstance(error, kind))
    return next(fitting, Wrong.MALFORMED)


def issue_token(
    private_key_pem: bytes,
    user_id: int,
    login: str | None,
    display_name: str | None,
    admin: bool,  # noqa: FBT001 (a fact about the user, as the others)
    expires: datetime,
    issuer: str = DEFAULT_ISSUER,
    rng: str = "",
) -> str:
    """A token as Panoptes would sign it; ``rng`` tells two otherwise equal tokens apart."""
    payload = {
        "data": {
            "id": user_id,
            "login": login,
            "dname": display_name,
            "scope": ["user", "group", "public"],
            "admin": admin,
        },
        "exp": int(expires.timestamp()),
        "iss": issuer,
        "rng": rng,
    }
    return jwt.encode(payload, private_key_pem, algorithm="RS512")
