"""A real OpenID Connect provider, and a gateway at whose pages one signs in there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from gateway.cli.serving import free_port
from tests.npm.project import FOLDER, install, listening
from tests.server import running
from tests.web.conftest import Served

RESOURCE = "https://stats.example"


@contextmanager
def signing_in(
    wheel: Path,
    served: Served,
    folder: Path,
    *,
    refresh: bool,
    port: int | None = None,
    **more: str,
) -> Iterator[tuple[Served, str]]:
    """A gateway with the data of another at whose pages one signs in; and the issuer's address.

    It has these other settings as well. The issuer gives refresh tokens if ``refresh``.
    """
    install()
    port = port or free_port("127.0.0.1", 0)
    root = f"http://127.0.0.1:{port}"
    variables = {
        "RETURN_URL": f"{root}/sign-in",
        "RESOURCE": RESOURCE,
        "REFRESH": "yes" if refresh else "no",
    }
    with listening(folder, "node", str(FOLDER / "issuer.mjs"), **variables) as issuer:
        url = f"http://127.0.0.1:{issuer.port()}"
        settings = {
            "STATS_GATEWAY_DATABASE_URL": f"sqlite:///{served.database}",
            "STATS_GATEWAY_TRUSTED_DOCUMENTS_ONLY": "true",
            "STATS_GATEWAY_LIVE_SECONDS": "0.1",
            "STATS_GATEWAY_PAGES": "true",
            "STATS_GATEWAY_JWT_JWKS_URL": f"{url}/jwks",
            "STATS_GATEWAY_JWT_ISSUER": url,
            "STATS_GATEWAY_JWT_AUDIENCE": RESOURCE,
            "STATS_GATEWAY_JWT_ALGORITHMS": "RS256",
            "STATS_GATEWAY_JWT_ID_CLAIM": "sub",
            "STATS_GATEWAY_JWT_NAME_CLAIM": "name",
            "STATS_GATEWAY_SIGN_IN_ISSUER": url,
            "STATS_GATEWAY_SIGN_IN_CLIENT_ID": "pages",
            "STATS_GATEWAY_SIGN_IN_RESOURCE": RESOURCE,
            "PYTHONPATH": str(wheel),
            **more,
        }
        with running(folder, "serve", "--port", str(port), **settings) as server:
            yield served._replace(root=root), url
            log = server.log.read_text()
    # Neither a code nor a token nor a state: of a request, the path alone is written.
    assert "/sign-in" in log
    assert not re.search(r"[?#&](code|state|iss|access_token)=|eyJ[\w-]{10}", log)


def begin(page: Page, issuer: str) -> None:
    """Press the button, which leads to the issuer."""
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{issuer}/**")


def agree(page: Page, login: str = "77") -> None:
    """Sign in at the issuer, and agree that the pages learn of it."""
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()
