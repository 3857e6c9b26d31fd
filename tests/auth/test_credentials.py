import pytest

from gateway.auth.credentials import Credential, sent_credential
from gateway.auth.unverified import Unverified
from tests.auth.signing import REFUSAL

KEY = f"sgw_{'0' * 12}_{'a' * 64}"
OTHER_KEY = f"sgw_{'0' * 12}_{'b' * 64}"
TOKEN = "eyJ.eyJ.c2ln"

Lines = list[tuple[str, str]]


@pytest.mark.parametrize("headers", [[], [("cookie", KEY), ("x-api-key", KEY), ("accept", "*/*")]])
def test_without_any_of_the_headers_there_is_no_credential(headers: Lines) -> None:
    assert sent_credential(headers) is None


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   ", "  Bearer "])
def test_the_scheme_is_bearer_in_any_case(scheme: str) -> None:
    for text, is_api_key in ((TOKEN, False), (KEY, True)):
        sent = sent_credential([("accept", "*/*"), ("authorization", f"{scheme}{text} ")])
        assert sent == Credential(text, is_api_key)


@pytest.mark.parametrize("header", ["authorization", "x-ckan-api-key", "edx-api-key"])
def test_a_bare_key_is_taken_from_any_of_the_headers(header: str) -> None:
    assert sent_credential([(header, KEY)]) == Credential(KEY, is_api_key=True)


def test_one_key_may_stand_in_several_headers() -> None:
    headers = [("x-ckan-api-key", KEY), ("edx-api-key", KEY), ("authorization", f"Bearer {KEY}")]
    assert sent_credential(headers) == Credential(KEY, is_api_key=True)


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", KEY), ("x-ckan-api-key", OTHER_KEY)],
        [("x-ckan-api-key", KEY), ("edx-api-key", OTHER_KEY)],
        [("authorization", f"Bearer {TOKEN}"), ("x-ckan-api-key", KEY)],
        [("authorization", f"Bearer {TOKEN}"), ("edx-api-key", "")],
    ],
)
def test_two_different_credentials_are_refused(headers: Lines) -> None:
    with pytest.raises(Unverified, match=f"^{REFUSAL}$"):
        sent_credential(headers)


@pytest.mark.parametrize(
    ("header", "value"),
    [("authorization", f"Bearer {TOKEN}"), ("authorization", KEY), ("x-ckan-api-key", KEY)],
)
def test_a_header_sent_twice_is_refused_even_with_one_value(header: str, value: str) -> None:
    with pytest.raises(Unverified, match=f"^{REFUSAL}$"):
        sent_credential([(header, value), (header, value)])


@pytest.mark.parametrize(
    "value",
    ["", " ", TOKEN, f"Basic {TOKEN}", f"Token {KEY}", f"Bearer\t{TOKEN}", f"Bearer, {TOKEN}"],
)
def test_any_other_scheme_is_refused(value: str) -> None:
    with pytest.raises(Unverified, match=f"^{REFUSAL}$"):
        sent_credential([("authorization", value)])


@pytest.mark.parametrize("header", ["x-ckan-api-key", "edx-api-key"])
@pytest.mark.parametrize("value", ["", TOKEN, f"Bearer {TOKEN}", f"Bearer {KEY}", "secret"])
def test_headers_for_keys_take_nothing_but_a_bare_key(header: str, value: str) -> None:
    with pytest.raises(Unverified, match=f"^{REFUSAL}$"):
        sent_credential([(header, value)])


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer Bearer a.b.c"])
def test_bearer_without_a_token_carries_one_that_cannot_verify(value: str) -> None:
    sent = sent_credential([("authorization", value)])
    assert sent is not None
    assert sent.text in ("", "Bearer a.b.c")
    assert not sent.is_api_key
