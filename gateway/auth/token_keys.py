"""Public keys that verify tokens, with the signature algorithms that each allows."""

from __future__ import annotations

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

SMALLEST_RSA_BITS = 2048

PublicKey = RSAPublicKey | EllipticCurvePublicKey

_RSA_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
#: RFC 7518, section 3.4: each of these algorithms has a curve of its own.
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}

#: Only signatures of key pairs: an HMAC would take the public key for its secret.
SUPPORTED_ALGORITHMS = _RSA_ALGORITHMS | frozenset(_CURVES.values())


class TokenKey(NamedTuple):
    """A public key, with the key id and algorithm that its publisher gives.

    ``kid`` is its name, ``algorithm`` the only one it is meant for; None if neither was said.
    """

    key: PublicKey
    kid: str | None = None
    algorithm: str | None = None

    @property
    def algorithms(self) -> frozenset[str]:
        """The algorithms that its signatures may have."""
        possible = _algorithms_of(self.key)
        return possible if self.algorithm is None else possible & {self.algorithm}

    def may_have_signed(self, kid: str | None, algorithm: str) -> bool:
        """Whether a token that names this ``kid``, if any, can be this key's."""
        named_otherwise = None not in (kid, self.kid) and kid != self.kid
        return not named_otherwise and algorithm in self.algorithms


def weakness_of(key: object) -> str | None:
    """Why a key must not verify tokens, to follow its name; None for one that may."""
    if isinstance(key, RSAPublicKey):
        if key.key_size < SMALLEST_RSA_BITS:
            return f"of {key.key_size} bits: it must have at least {SMALLEST_RSA_BITS}"
        return None
    if isinstance(key, EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            return f"on the curve {key.curve.name}: use {', '.join(_CURVES)}"
        return None
    return "that is neither an RSA nor an elliptic-curve public key"


def _algorithms_of(key: PublicKey) -> frozenset[str]:
    if isinstance(key, RSAPublicKey):
        return _RSA_ALGORITHMS
    return frozenset({_CURVES[key.curve.name]})
