"""The settings of signing in: what cannot be used is one sentence before the server starts."""

import pytest

from gateway.errors import SettingsError
from gateway.settings import Settings
from gateway.web.sign_in import configured_sign_in

ISSUER = {"sign_in_issuer": "https://login.example.org", "sign_in_client_id": "pages"}


@pytest.mark.parametrize(
    ("more", "origins"),
    [
        ({}, ("https://login.example.org",)),
        (
            {"sign_in_issuer": "https://Login.example.org:8443/realms/a"},
            ("https://login.example.org:8443",),
        ),
        ({"sign_in_issuer": "http://localhost:9000"}, ("http://localhost:9000",)),
        ({"sign_in_issuer": "http://[::1]:9000"}, ("http://[::1]:9000",)),
        (
            {
                "sign_in_authorize_url": "https://login.example.org/authorize",
                "sign_in_token_url": "https://tokens.example.org/token",
            },
            ("https://login.example.org", "https://tokens.example.org"),
        ),
        (
            {
                "sign_in_authorize_url": "https://login.example.org/authorize",
                "sign_in_implicit": True,
            },
            ("https://login.example.org",),
        ),
    ],
)
def test_the_pages_may_ask_the_origins_of_the_issuer(
    more: dict[str, object], origins: tuple[str, ...]
) -> None:
    sign_in = configured_sign_in(Settings(**{**ISSUER, **more}))

    assert sign_in is not None
    assert sign_in.origins == origins


def test_without_an_issuer_nobody_signs_in_there() -> None:
    assert configured_sign_in(Settings()) is None


A_URL = "must be a URL such as https://login.example.org."
HTTPS = "must begin with https:// (http:// is allowed only for this machine)."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"issuer": None}, "ISSUER is missing: signing in needs it."),
        ({"client_id": None}, "CLIENT_ID is missing: signing in needs it."),
        ({"issuer": "http://login.example.org"}, f"ISSUER {HTTPS}"),
        ({"issuer": "http://localhost.example.org"}, f"ISSUER {HTTPS}"),
        ({"issuer": "login.example.org"}, f"ISSUER {A_URL}"),
        ({"issuer": "https://"}, f"ISSUER {A_URL}"),
        # What would widen the policy of the pages.
        ({"issuer": "https://*"}, f"ISSUER {A_URL}"),
        ({"issuer": "https://a.example https://b.example"}, f"ISSUER {A_URL}"),
        ({"issuer": "https://a.example;script-src *"}, f"ISSUER {A_URL}"),
        ({"issuer": "https://a.example,https://b.example"}, f"ISSUER {A_URL}"),
        ({"issuer": "https://me:secret@login.example.org"}, f"ISSUER {A_URL}"),
        ({"issuer": "https://login.example.org/?a=b"}, f"ISSUER {A_URL}"),
        ({"issuer": "https://login.example.org/\n"}, f"ISSUER {A_URL}"),
        ({"return_url": "javascript:alert(1)"}, f"RETURN_URL {A_URL}"),
        ({"authorize_url": "https://login.example.org/authorize"}, "TOKEN_URL is missing."),
        ({"token_url": "https://login.example.org/token"}, "AUTHORIZE_URL is missing."),
        ({"implicit": True}, "AUTHORIZE_URL is missing."),
    ],
)
def test_what_cannot_be_used_is_one_sentence(changes: dict[str, object], sentence: str) -> None:
    changed = {f"sign_in_{name}": value for name, value in changes.items()}
    with pytest.raises(SettingsError) as raised:
        configured_sign_in(Settings(**{**ISSUER, **changed}))

    assert raised.value.message == f"STATS_GATEWAY_SIGN_IN_{sentence}"
