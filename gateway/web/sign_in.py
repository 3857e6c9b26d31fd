"""Sign-in: the issuer of the settings at which people sign in (OpenID Connect, OAuth 2)."""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.errors import SettingsError
from gateway.http.loopback_host import is_loopback
from gateway.settings import PREFIX, Settings

#: Without user name, query or fragment. The origin is one word of a header.
_URL = re.compile(
    r"(?P<origin>(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?)"
    r"(/[^\s?#]*)?"
)


class SignIn(NamedTuple):
    """An issuer, and as whom the pages ask it; None is what they leave out."""

    issuer: str
    client_id: str
    scopes: str
    resource: str | None
    audience: str | None
    #: Where the issuer leads back to; None is ``/sign-in`` of this gateway, as the page sees it.
    return_url: str | None
    #: Both, or the issuer's discovery document is asked.
    authorize_url: str | None
    token_url: str | None
    #: Whether a token may come in the address, without a code.
    implicit: bool

    @property
    def origins(self) -> tuple[str, ...]:
        """To which the pages send requests, each once."""
        urls = [self.issuer, *([self.token_url] if self.token_url else [])]
        return tuple(dict.fromkeys(_origin(url) for url in urls))


def configured_sign_in(settings: Settings) -> SignIn | None:
    """The issuer of the settings; None without one. SettingsError if they cannot be used."""
    issuer, client_id = settings.sign_in_issuer, settings.sign_in_client_id
    if issuer is None and client_id is None:
        return None
    if issuer is None or client_id is None:
        missing = "ISSUER" if issuer is None else "CLIENT_ID"
        raise SettingsError(f"{PREFIX}SIGN_IN_{missing} is missing: signing in needs it.")
    for name in ("issuer", "return_url", "authorize_url", "token_url"):
        if url := getattr(settings, f"sign_in_{name}"):
            _check(f"{PREFIX}SIGN_IN_{name.upper()}", url)
    authorize_url, token_url = settings.sign_in_authorize_url, settings.sign_in_token_url
    if authorize_url is None and (token_url is not None or settings.sign_in_implicit):
        raise SettingsError(f"{PREFIX}SIGN_IN_AUTHORIZE_URL is missing.")
    if authorize_url is not None and token_url is None and not settings.sign_in_implicit:
        raise SettingsError(f"{PREFIX}SIGN_IN_TOKEN_URL is missing.")
    return SignIn(
        issuer,
        client_id,
        settings.sign_in_scopes,
        settings.sign_in_resource,
        settings.sign_in_audience,
        settings.sign_in_return_url,
        authorize_url,
        token_url,
        settings.sign_in_implicit,
    )


def _check(setting: str, url: str) -> None:
    """Check a URL for HTTPS: whoever reads or changes that traffic can sign in as anybody."""
    matched = _URL.fullmatch(url)
    if matched is None:
        raise SettingsError(f"{setting} must be a URL such as https://login.example.org.")
    host = matched["host"].strip("[]")
    if matched["scheme"] != "https" and not is_loopback(host):
        raise SettingsError(
            f"{setting} must begin with https:// (http:// is allowed only for this machine)."
        )


def _origin(url: str) -> str:
    matched = _URL.fullmatch(url)
    assert matched is not None  # noqa: S101 - it was checked
    return matched["origin"].lower()
