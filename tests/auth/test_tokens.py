import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import RSAAlgorithm

from gateway.auth.claims import ClaimNames
from gateway.auth.token_keys import TokenKey
from gateway.auth.tokens import LONGEST_TOKEN, TokenVerifier, issue_token
from gateway.auth.unverified import UnknownKey, Unverified
from gateway.auth.viewer import Viewer
from gateway.errors import SettingsError, Unauthenticated
from tests.auth.conftest import Pair
from tests.auth.signing import ABSENT, REFUSAL, part, payload, refusal, seconds_from_now, signed


def test_a_panoptes_token_is_its_user(ours: Pair, verifier: TokenVerifier) -> None:
    viewer = Viewer(1002, "ada", "Ada", is_site_admin=False, may_change_groups=False)
    assert verifier.verify(signed(ours, payload())) == viewer


@pytest.mark.parametrize("user_id", [1, "1", 2**63 - 1, str(2**63 - 1)])
def test_an_id_is_a_positive_whole_number_or_its_text(
    ours: Pair, verifier: TokenVerifier, user_id: object
) -> None:
    assert verifier.verify(signed(ours, payload({"id": user_id}))).id == int(str(user_id))


@pytest.mark.parametrize(
    "user_id",
    [
        ABSENT,
        None,
        0,
        -1,
        1.0,
        True,
        2**63,
        "",
        "0",
        "-1",
        "1.0",
        "007",
        " 1",
        "\uff11",
        str(2**63),
        [1],
        {},
    ],
)
def test_any_other_id_is_refused(ours: Pair, verifier: TokenVerifier, user_id: object) -> None:
    assert refusal(verifier, signed(ours, payload({"id": user_id}))) == REFUSAL


@pytest.mark.parametrize(
    ("admin", "is_site_admin"),
    [(True, True), (False, False), ("true", False), (1, False), (None, False), (ABSENT, False)],
)
def test_only_the_json_value_true_is_a_site_admin(
    ours: Pair, verifier: TokenVerifier, admin: object, is_site_admin: bool
) -> None:
    assert verifier.verify(signed(ours, payload({"admin": admin}))).is_site_admin is is_site_admin


@pytest.mark.parametrize(("sub", "user_id"), [("77", 77), (77, 77), (77.0, None), ("x|77", None)])
def test_another_issuers_id_may_be_a_number_too(
    ours: Pair, sub: object, user_id: int | None
) -> None:
    verifier = TokenVerifier([ours.key], claims=ClaimNames(id="sub"))
    token = signed(ours, payload(sub=sub))
    if user_id is None:
        assert refusal(verifier, token) == REFUSAL
    else:
        assert verifier.verify(token).id == user_id


@pytest.mark.parametrize("header", [{"crit": ["x"]}, {"crit": ["b64"], "b64": False}])
def test_what_a_token_calls_critical_and_nobody_knows_is_refused(
    ours: Pair, verifier: TokenVerifier, header: dict[str, Any]
) -> None:
    assert refusal(verifier, signed(ours, payload(), **header)) == REFUSAL


def test_a_key_that_a_token_brings_along_verifies_nothing(
    foreign: Pair, verifier: TokenVerifier
) -> None:
    jwk = RSAAlgorithm.to_jwk(foreign.key.key, as_dict=True)
    brought = {"jwk": jwk, "jku": "https://example.org/jwks.json"}
    assert refusal(verifier, signed(foreign, payload(), **brought)) == REFUSAL


def test_names_that_are_no_text_are_left_out(ours: Pair, verifier: TokenVerifier) -> None:
    viewer = verifier.verify(signed(ours, payload({"login": 7, "dname": ABSENT})))
    assert (viewer.login, viewer.display_name) == (None, None)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"exp": ABSENT}, id="no exp"),
        pytest.param({"exp": seconds_from_now(-3600)}, id="expired"),
        pytest.param({"exp": "soon"}, id="exp is no number"),
        pytest.param({"exp": float("inf")}, id="exp is infinite"),
        pytest.param({"nbf": seconds_from_now(3600)}, id="not yet valid"),
        pytest.param({"iss": "pan-staging"}, id="another issuer"),
        pytest.param({"iss": ABSENT}, id="no issuer"),
        pytest.param({"aud": "another-service"}, id="meant for another audience"),
        pytest.param({"data": ABSENT}, id="no data"),
        pytest.param({"data": ["id", 1002]}, id="data is no object"),
    ],
)
def test_a_signed_token_with_bad_claims_is_refused(
    ours: Pair, verifier: TokenVerifier, claims: dict[str, Any]
) -> None:
    assert refusal(verifier, signed(ours, payload(**claims))) == REFUSAL


@pytest.mark.parametrize(
    ("claim", "seconds", "verifies"),
    [("exp", -5, True), ("exp", -15, False), ("nbf", 5, True), ("nbf", 15, False)],
)
def test_clocks_may_differ_by_ten_seconds(
    ours: Pair, verifier: TokenVerifier, claim: str, seconds: int, verifies: bool
) -> None:
    token = signed(ours, payload() | {claim: seconds_from_now(seconds)})
    if verifies:
        assert verifier.verify(token).id == 1002
    else:
        assert refusal(verifier, token) == REFUSAL


def test_a_token_without_signature_is_refused(verifier: TokenVerifier) -> None:
    unsigned = f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(payload())}."
    assert jwt.decode(unsigned, options={"verify_signature": False})["iss"] == "pan-prod"
    assert refusal(verifier, unsigned) == REFUSAL


def test_the_public_key_is_no_secret_to_sign_with(ours: Pair, verifier: TokenVerifier) -> None:
    signing_input = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(payload())}"
    digest = hmac.new(ours.public_pem, signing_input.encode(), hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert refusal(verifier, f"{signing_input}.{signature}") == REFUSAL


def test_the_token_does_not_choose_the_algorithm(ours: Pair, verifier: TokenVerifier) -> None:
    token = jwt.encode(payload(), ours.private_pem, algorithm="RS256")
    assert TokenVerifier([ours.key], algorithms=["RS256"]).verify(token).id == 1002
    assert refusal(verifier, token) == REFUSAL


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "ES256K", "EdDSA", "rs512"])
def test_only_signatures_of_key_pairs_can_be_configured(ours: Pair, algorithm: str) -> None:
    with pytest.raises(SettingsError, match=f"cannot be verified with {algorithm}"):
        TokenVerifier([ours.key], algorithms=["RS512", algorithm])


def test_a_foreign_key_signs_nothing(foreign: Pair, verifier: TokenVerifier) -> None:
    assert refusal(verifier, signed(foreign, payload())) == REFUSAL


def test_a_changed_payload_is_refused(ours: Pair, verifier: TokenVerifier) -> None:
    header, _, signature = signed(ours, payload()).split(".")
    assert refusal(verifier, f"{header}.{part(payload({'admin': True}))}.{signature}") == REFUSAL


def test_a_truncated_token_is_refused_wherever_it_is_cut(
    ours: Pair, verifier: TokenVerifier
) -> None:
    token = signed(ours, payload())
    for length in range(len(token) - 1, -1, -7):
        assert refusal(verifier, token[:length]) == REFUSAL


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "....",
        "garbage",
        "a.b.c",
        "é.é.é",
        "\x00",
        "a b.c.d",
        pytest.param(f"{part([])}.{part({})}.", id="header is a list"),
        pytest.param(f"{part({'alg': ['RS512']})}.{part({})}.", id="alg is a list"),
        pytest.param(
            base64.urlsafe_b64encode(b"[" * 12_000).decode() + ".e30.e30", id="deeply nested header"
        ),
        pytest.param(
            base64.urlsafe_b64encode(b'{"alg":' + b"9" * 9_999 + b"}").decode() + ".e30.e30",
            id="alg is a huge number",
        ),
    ],
)
def test_garbage_is_refused(verifier: TokenVerifier, token: str) -> None:
    assert refusal(verifier, token) == REFUSAL


def test_a_token_may_have_sixteen_kibibytes_and_no_more(
    ours: Pair, verifier: TokenVerifier
) -> None:
    short = len(signed(ours, payload(rng="")))
    room = (LONGEST_TOKEN - short) // 4 * 3
    longest = signed(ours, payload(rng="x" * room))
    assert LONGEST_TOKEN - 4 <= len(longest) <= LONGEST_TOKEN
    assert verifier.verify(longest).id == 1002
    assert refusal(verifier, signed(ours, payload(rng="x" * (room + 6)))) == REFUSAL


def test_keys_can_be_changed_without_refusing_a_good_token(
    ours: Pair, older: Pair, foreign: Pair
) -> None:
    both = TokenVerifier([ours.key, older.key])
    assert [both.verify(signed(pair, payload())).id for pair in (ours, older)] == [1002, 1002]
    assert refusal(both, signed(foreign, payload())) == REFUSAL
    assert refusal(both, signed(older, payload(exp=seconds_from_now(-60)))) == REFUSAL
    assert refusal(TokenVerifier([ours.key]), signed(older, payload())) == REFUSAL


def test_some_algorithm_must_be_configured(ours: Pair) -> None:
    with pytest.raises(SettingsError, match="cannot be verified with nothing: use ES256"):
        TokenVerifier([ours.key], algorithms=[])


@pytest.mark.parametrize(
    ("key_kid", "token_kid", "verifies"),
    [
        (None, None, True),
        (None, "2026", True),
        ("2026", None, True),
        ("2026", "2026", True),
        ("2026", "2025", False),
    ],
)
def test_a_kid_is_matched_when_both_have_one(
    ours: Pair, key_kid: str | None, token_kid: str | None, verifies: bool
) -> None:
    verifier = TokenVerifier([TokenKey(ours.key.key, key_kid)])
    token = signed(ours, payload(), **({"kid": token_kid} if token_kid else {}))
    if verifies:
        assert verifier.verify(token).id == 1002
    else:
        assert refusal(verifier, token) == REFUSAL


def test_a_key_meant_for_one_algorithm_verifies_no_other(ours: Pair) -> None:
    key = TokenKey(ours.key.key, algorithm="RS256")
    verifier = TokenVerifier([key], algorithms=["RS256", "RS512"])
    token = jwt.encode(payload(), ours.private_pem, algorithm="RS256")
    assert verifier.verify(token).id == 1002
    assert refusal(verifier, signed(ours, payload())) == REFUSAL


def test_keys_of_both_kinds_serve_side_by_side(ours: Pair) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    verifier = TokenVerifier(
        [TokenKey(private.public_key()), ours.key], algorithms=["ES256", "RS512"]
    )
    assert verifier.verify(jwt.encode(payload(), private, algorithm="ES256")).id == 1002
    assert verifier.verify(signed(ours, payload())).id == 1002


@pytest.mark.parametrize("kid", [7, ["2026"], {"k": 1}, True])
def test_a_kid_that_is_no_text_is_refused(verifier: TokenVerifier, kid: object) -> None:
    token = f"{part({'alg': 'RS512', 'typ': 'JWT', 'kid': kid})}.{part(payload())}.c2ln"
    assert refusal(verifier, token) == REFUSAL


def test_only_an_unknown_key_is_worth_another_look_at_the_keys(
    ours: Pair, foreign: Pair, verifier: TokenVerifier
) -> None:
    with pytest.raises(UnknownKey) as caught:
        verifier.verify(signed(foreign, payload(), kid="2027"))
    assert caught.value.kid == "2027"
    with pytest.raises(Unverified) as expired:
        verifier.verify(signed(ours, payload(exp=0)))
    assert not isinstance(expired.value, UnknownKey)


def test_an_audience_is_checked_when_one_is_configured(ours: Pair) -> None:
    verifier = TokenVerifier([ours.key], audience="stats")
    assert verifier.verify(signed(ours, payload(aud="stats"))).id == 1002
    assert refusal(verifier, signed(ours, payload(aud="talk"))) == REFUSAL
    assert refusal(verifier, signed(ours, payload())) == REFUSAL


def test_a_verifier_without_keys_refuses_everything(ours: Pair) -> None:
    assert refusal(TokenVerifier([]), signed(ours, payload())) == REFUSAL


def test_the_refusal_carries_no_cause(ours: Pair, verifier: TokenVerifier) -> None:
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(signed(ours, payload(exp=0)))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert caught.value.extensions == {"code": "UNAUTHENTICATED"}


@pytest.mark.parametrize("admin", [True, False])
def test_an_issued_token_verifies_until_it_expires(
    ours: Pair, verifier: TokenVerifier, admin: bool
) -> None:
    def issued(lasting: timedelta, issuer: str = "pan-prod") -> str:
        expires = datetime.now(UTC) + lasting
        return issue_token(ours.private_pem, 7, "ada", "Ada L.", admin, expires, issuer)

    good = issued(timedelta(minutes=5))
    assert verifier.verify(good) == Viewer(7, "ada", "Ada L.", is_site_admin=admin)
    assert refusal(verifier, issued(timedelta(minutes=-5))) == REFUSAL
    assert refusal(verifier, issued(timedelta(minutes=5), "home")) == REFUSAL
