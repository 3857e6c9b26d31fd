from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import HMACAlgorithm, RSAAlgorithm

from gateway.auth.jwks import Jwks
from gateway.auth.token_keys import TokenKey
from gateway.errors import SettingsError, Unavailable
from tests.auth.conftest import Pair
from tests.auth.issuer import Issuer, entry, running_issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


def test_all_keys_of_a_set_are_loaded_with_what_is_said_of_them(
    issuer: Issuer, ours: Pair, older: Pair
) -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    issuer.publish(
        entry(ours, kid="new", alg="RS512", use="sig"), entry(older), entry(curve, kid="ec")
    )
    assert Jwks(issuer.url).load() == (
        TokenKey(ours.key.key, "new", "RS512"),
        TokenKey(older.key.key),
        TokenKey(curve, "ec"),
    )


def test_keys_that_must_not_verify_are_left_out(issuer: Issuer, ours: Pair, older: Pair) -> None:
    private = load_pem_private_key(older.private_pem, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    issuer.publish(
        entry(ours, kid="good", key_ops=["verify"]),
        entry(older, kid="encrypts", use="enc"),
        entry(older, kid="wraps", key_ops=["wrapKey"]),
        entry(older, kid="of another algorithm", alg="RSA-OAEP"),
        RSAAlgorithm.to_jwk(private, as_dict=True) | {"kid": "private"},
        HMACAlgorithm.to_jwk(b"s" * 64, as_dict=True) | {"kid": "symmetric"},
        entry(short, kid="short"),
        entry(ec.generate_private_key(ec.SECP256K1()).public_key(), kid="another curve"),
        {"kty": "RSA", "kid": "incomplete"},
        {"kty": "of tomorrow"},
        {},
        "no object",
        None,
    )
    assert Jwks(issuer.url).load() == (TokenKey(ours.key.key, "good"),)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"keys": {}}'),
        (200, b'{"keys": []}'),
        (200, b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'),
        (200, b"\xff\xfe\xff"),
        (404, b"{}"),
        (503, b"{}"),
    ],
)
def test_an_answer_without_keys_is_unavailable(issuer: Issuer, status: int, body: bytes) -> None:
    issuer.status, issuer.body = status, body
    with pytest.raises(Unavailable, match=f"^{issuer.url} did not return a key.*\\.$"):
        Jwks(issuer.url).load()


def test_a_redirect_is_not_followed(issuer: Issuer, foreign: Pair) -> None:
    with running_issuer() as elsewhere:
        elsewhere.publish(entry(foreign))
        issuer.status, issuer.headers = 302, {"Location": elsewhere.url}
        with pytest.raises(Unavailable):
            Jwks(issuer.url).load()
        assert elsewhere.fetches == 0


def test_an_issuer_that_does_not_answer_is_given_up(issuer: Issuer) -> None:
    issuer.open.clear()
    with pytest.raises(Unavailable, match="timed out"):
        Jwks(issuer.url, timeout_seconds=0.2).load()


def test_an_issuer_that_is_away_is_unavailable_and_its_query_unsaid() -> None:
    with pytest.raises(Unavailable) as caught:
        Jwks("http://127.0.0.1:9/jwks.json?tenant=hush").load()
    assert "hush" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.org/jwks.json",
        "http://localhost:8080/jwks.json",
        "http://127.0.0.1/jwks.json",
        "http://[::1]:8080/jwks.json",
    ],
)
def test_a_url_is_https_or_of_this_machine(url: str) -> None:
    assert Jwks(url).name == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "http://login.example.org/jwks.json",
            "must begin with https:// (http:// is allowed only for localhost).",
        ),
        (
            "http://localhost.example.org/jwks",
            "must begin with https:// (http:// is allowed only for localhost).",
        ),
        (
            "http://127.0.0.1.example.org/jwks",
            "must begin with https:// (http:// is allowed only for localhost).",
        ),
        (
            "ftp://login.example.org/jwks",
            "must begin with https:// (http:// is allowed only for localhost).",
        ),
        (
            "https://user:secret@example.org/jwks",
            "must not contain a user name or password: public keys need none.",
        ),
        ("file:///etc/jwks.json", "must be a URL such as https://example.org/jwks.json."),
        ("jwks.json", "must be a URL such as https://example.org/jwks.json."),
        ("https://[::1/jwks", "must be a URL such as https://example.org/jwks.json."),
        ("", "must be a URL such as https://example.org/jwks.json."),
    ],
)
def test_any_other_url_is_one_sentence(url: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Jwks(url)
    assert caught.value.message == f"STATS_GATEWAY_JWT_JWKS_URL {reason}"
