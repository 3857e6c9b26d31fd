"""Keys in PEM files: the public ones that verify tokens, and pairs for local use."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from gateway.auth.token_keys import SMALLEST_RSA_BITS, PublicKey, TokenKey, weakness_of
from gateway.errors import SettingsError
from gateway.reasons import reason_of
from gateway.settings import PREFIX

_NEW_KEY_BITS = 3072
_PUBLIC_KEY_SETTING = f"{PREFIX}JWT_PUBLIC_KEY_FILE"
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)


class KeyPair(NamedTuple):
    """The two files of a key pair."""

    private: Path
    public: Path


def load_public_keys(path: str | Path) -> list[TokenKey]:
    """All public keys of a PEM file that the setting names, at least one.

    SettingsError if a block is not a public key that is strong enough.
    """
    content = _read(path, f"{_PUBLIC_KEY_SETTING} names {path}, which")
    blocks = list(_BLOCK.finditer(content))
    if not blocks or content.count(b"-----BEGIN ") != len(blocks):
        _refuse(path, "does not hold a complete public key in PEM format")
    return [_public_key(path, block.group(1), block.group()) for block in blocks]


def _public_key(path: str | Path, label: bytes, pem: bytes) -> TokenKey:
    if b"PRIVATE" in label:
        _refuse(
            path, "holds a private key: use the public key here, and keep the private key secret"
        )
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        _refuse(path, "holds a PEM block that is not a public key")
    weakness = weakness_of(key)
    if weakness is not None or not isinstance(key, PublicKey):
        _refuse(path, f"holds a key {weakness}")
    return TokenKey(key)


def read_private_key(path: str | Path) -> bytes:
    """The PEM of a private key that can sign tokens; SettingsError if it is none."""
    content = _read(path, f"The key file {path}")
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError(
            f"The key file {path} does not hold an unencrypted private key."
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < SMALLEST_RSA_BITS:
        raise SettingsError(
            f"The key file {path} does not hold an RSA key of at least {SMALLEST_RSA_BITS} bits."
        )
    return content


def write_new_keys(directory: Path, *, overwrite: bool = False) -> KeyPair:
    """Make a key pair and write ``private.pem`` (for its owner only) and ``public.pem``.

    SettingsError, and nothing written, if one of them exists and may not be overwritten.
    """
    pair = KeyPair(directory / "private.pem", directory / "public.pem")
    key = rsa.generate_private_key(public_exponent=65537, key_size=_NEW_KEY_BITS)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path in pair:
            if overwrite:
                path.unlink(missing_ok=True)
            elif path.exists():
                raise SettingsError(
                    f"{path} exists: add --force to overwrite it, which cannot be undone."
                )
        _write_new(pair.private, private, 0o600)
        _write_new(pair.public, public, 0o644)
    except OSError as error:
        raise SettingsError(f"{error.filename} cannot be written: {reason_of(error)}.") from None
    return pair


def _write_new(path: Path, content: bytes, mode: int) -> None:
    # The file is born with its mode: nobody can open a private key before it is made private.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _read(path: str | Path, subject: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"{subject} cannot be read: {reason_of(error)}.") from None


def _refuse(path: str | Path, reason: str) -> NoReturn:
    raise SettingsError(f"{_PUBLIC_KEY_SETTING} names {path}, which {reason}.") from None
