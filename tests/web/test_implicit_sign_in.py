"""The implicit flow, which a setting switches on: a token in the address, if it was asked for."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from gateway.cli.serving import free_port
from tests.server import running
from tests.web.conftest import Served, Visit

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"


@pytest.fixture(scope="module")
def implicit(
    wheel_with_pages: Path, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder, port = tmp_path_factory.mktemp("implicit"), free_port("127.0.0.1", 0)
    root = f"http://127.0.0.1:{port}"
    settings = {
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(served.database.parent / "keys" / "public.pem"),
        "STATS_GATEWAY_DATABASE_URL": f"sqlite:///{served.database}",
        "STATS_GATEWAY_PAGES": "true",
        "STATS_GATEWAY_SIGN_IN_ISSUER": root,
        # Nobody answers there but the test.
        "STATS_GATEWAY_SIGN_IN_AUTHORIZE_URL": f"{root}/livez",
        "STATS_GATEWAY_SIGN_IN_CLIENT_ID": "pages",
        "STATS_GATEWAY_SIGN_IN_SCOPES": "public user group",
        "STATS_GATEWAY_SIGN_IN_IMPLICIT": "true",
        "PYTHONPATH": str(wheel_with_pages),
    }
    with running(folder, "serve", "--port", str(port), **settings) as server:
        yield served._replace(root=root)
        log = server.log.read_text()
    assert served.token not in log


def test_a_token_in_the_address_signs_in_whoever_asked_for_it(
    visit: Visit, implicit: Served
) -> None:
    page, root = visit.page, implicit.root
    sent = f"access_token={implicit.token}&token_type=Bearer&expires_in=7200"

    for wrong in ("", "&state=theirs"):
        page.goto(f"{root}/sign-in#{sent}{wrong}")
        expect(page.get_by_role("alert")).to_contain_text("This sign-in was not begun in this tab")
        assert page.url == f"{root}/sign-in"
        page.goto(f"{root}/web/config.json")

    page.goto(f"{root}/projects/5?range=week")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{root}/livez?**")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["response_type"] == ["token"]
    assert asked["redirect_uri"] == [f"{root}/sign-in"]
    assert asked["scope"] == ["public user group"]
    assert "code_challenge" not in asked
    page.goto(f"{root}/sign-in#{sent}&state={asked['state'][0]}")

    expect(page.get_by_text("Signed in as Ada")).to_be_visible()
    assert page.url == f"{root}/projects/5?range=week"
    assert page.evaluate(STORED) == "[{},{}]"
    assert not any(implicit.token in one.url for one in visit.requests)
