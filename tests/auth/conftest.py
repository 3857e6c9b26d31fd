from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from gateway.auth.token_keys import TokenKey
from gateway.auth.tokens import TokenVerifier


class Pair(NamedTuple):
    key: TokenKey
    private_pem: bytes
    public_pem: bytes


def pair(bits: int = 2048) -> Pair:
    private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return Pair(
        TokenKey(private.public_key()),
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )


@pytest.fixture(scope="session")
def ours() -> Pair:
    return pair()


@pytest.fixture(scope="session")
def older() -> Pair:
    return pair()


@pytest.fixture(scope="session")
def foreign() -> Pair:
    return pair()


@pytest.fixture
def verifier(ours: Pair) -> TokenVerifier:
    return TokenVerifier([ours.key])
