import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from gateway.auth.keys import load_public_keys, read_private_key, write_new_keys
from gateway.errors import SettingsError
from tests.auth.conftest import Pair, pair


def refusal(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load_public_keys(path)
    subject = f"STATS_GATEWAY_JWT_PUBLIC_KEY_FILE names {path}, which "
    assert caught.value.message.startswith(subject)
    return caught.value.message.removeprefix(subject)


def test_all_keys_of_a_file_are_loaded(tmp_path: Path, ours: Pair, older: Pair) -> None:
    path = tmp_path / "public.pem"
    path.write_bytes(b"the new one:\n" + ours.public_pem + b"\nthe old one:\n" + older.public_pem)
    assert load_public_keys(path) == [ours.key, older.key]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nope.pem") == "cannot be read: No such file or directory."


@pytest.mark.parametrize("content", [b"", b"not a key", b"-----BEGIN PUBLIC KEY-----\nMIIB"])
def test_a_file_without_keys_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "public.pem"
    path.write_bytes(content)
    assert refusal(path) == "does not hold a complete public key in PEM format."


def test_a_second_key_that_is_cut_off_is_refused(tmp_path: Path, ours: Pair) -> None:
    path = tmp_path / "public.pem"
    path.write_bytes(ours.public_pem + ours.public_pem[:100])
    assert refusal(path) == "does not hold a complete public key in PEM format."


def test_a_block_that_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "public.pem"
    path.write_bytes(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    assert refusal(path) == "holds a PEM block that is not a public key."


def test_a_private_key_is_refused(tmp_path: Path, ours: Pair) -> None:
    path = tmp_path / "private.pem"
    path.write_bytes(ours.private_pem)
    assert refusal(path).startswith("holds a private key: use the public key here")


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "public.pem"
    path.write_bytes(pair(1024).public_pem)
    assert refusal(path) == "holds a key of 1024 bits: it must have at least 2048."


def written(path: Path, key: PublicKeyTypes) -> Path:
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


@pytest.mark.parametrize(
    ("curve", "algorithm"),
    [(ec.SECP256R1(), "ES256"), (ec.SECP384R1(), "ES384"), (ec.SECP521R1(), "ES512")],
)
def test_a_curve_has_its_own_algorithm(
    tmp_path: Path, curve: ec.EllipticCurve, algorithm: str
) -> None:
    public = ec.generate_private_key(curve).public_key()
    (key,) = load_public_keys(written(tmp_path / "public.pem", public))
    assert key.algorithms == {algorithm}


def test_a_curve_that_no_algorithm_uses_is_refused(tmp_path: Path) -> None:
    public = ec.generate_private_key(ec.SECP256K1()).public_key()
    assert refusal(written(tmp_path / "public.pem", public)) == (
        "holds a key on the curve secp256k1: use secp256r1, secp384r1, secp521r1."
    )


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    assert refusal(written(tmp_path / "public.pem", public)) == (
        "holds a key that is neither an RSA nor an elliptic-curve public key."
    )


def test_only_private_rsa_keys_sign(tmp_path: Path, ours: Pair) -> None:
    good, public, locked, short = (
        tmp_path / name for name in ("good", "public", "locked", "short")
    )
    good.write_bytes(ours.private_pem)
    public.write_bytes(ours.public_pem)
    key = load_pem_private_key(ours.private_pem, None)
    locked.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    short.write_bytes(pair(1024).private_pem)
    assert read_private_key(good) == ours.private_pem
    for path in (public, locked):
        with pytest.raises(SettingsError, match="does not hold an unencrypted private key"):
            read_private_key(path)
    with pytest.raises(SettingsError, match="does not hold an RSA key of at least 2048 bits"):
        read_private_key(short)


def test_new_keys_belong_together_and_the_private_one_to_its_owner(tmp_path: Path) -> None:
    new = write_new_keys(tmp_path / "made" / "here")
    assert [path.name for path in new] == ["private.pem", "public.pem"]
    assert stat.S_IMODE(new.private.stat().st_mode) == 0o600
    private = load_pem_private_key(read_private_key(new.private), None)
    assert [key.key for key in load_public_keys(new.public)] == [private.public_key()]


@pytest.mark.parametrize("existing", ["private.pem", "public.pem"])
def test_nothing_is_overwritten_unasked(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("precious")
    with pytest.raises(SettingsError, match=f"{existing} exists"):
        write_new_keys(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [existing]
    assert (tmp_path / existing).read_text() == "precious"


def test_overwriting_makes_the_private_key_private_again(tmp_path: Path) -> None:
    (tmp_path / "private.pem").write_text("old")
    (tmp_path / "private.pem").chmod(0o644)
    new = write_new_keys(tmp_path, overwrite=True)
    assert stat.S_IMODE(new.private.stat().st_mode) == 0o600
    assert len(load_public_keys(new.public)) == 1
