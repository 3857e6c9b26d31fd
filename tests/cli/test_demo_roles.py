"""The short addresses of the demo give a role's token to its own pages, and to nobody else."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.demo import Demo, running_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo
        log = demo.server.log.read_text()
    # Requests are logged by their path.
    assert "/demo/" in log
    assert not any(token in log for token in demo.tokens.values())


def asked(demo: Demo, role: str = "site-admin", **headers: str) -> httpx.Response:
    """What a POST is answered whose headers are those of a page of the demo, and these."""
    host = httpx.URL(demo.root).netloc.decode()
    own = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    given = {**own, **{name.replace("_", "-"): value for name, value in headers.items()}}
    kept = {name: value for name, value in given.items() if value}
    return httpx.post(f"{demo.root}/demo/{role}", headers=kept)


def test_a_page_of_the_demo_gets_the_token_of_the_file(demo: Demo) -> None:
    for role, token in demo.tokens.items():
        answer = asked(demo, role)

        assert answer.status_code == 200
        assert answer.json() == {"token": token}
        assert "no-store" in answer.headers["cache-control"]
        assert "access-control-allow-origin" not in answer.headers
    # An older browser says nothing of the site.
    assert asked(demo, sec_fetch_site="").status_code == 200
    port = httpx.URL(demo.root).port
    for name in (f"localhost:{port}", "127.0.0.1:9", "[::1]:9"):
        assert asked(demo, host=name, origin=f"http://{name}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ""},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://localhost"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        # A domain that was pointed at this machine.
        {"host": "rebound.example:8000", "origin": "http://rebound.example:8000"},
        {"host": "localhost.rebound.example", "origin": "http://localhost.rebound.example"},
        {"host": "0.0.0.0:8000", "origin": "http://0.0.0.0:8000"},
    ],
)
def test_nobody_else_gets_a_token(demo: Demo, headers: dict[str, str]) -> None:
    answer = asked(demo, **headers)

    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert not any(token in answer.text for token in demo.tokens.values())


def test_no_token_comes_by_get_and_none_of_another_role(demo: Demo) -> None:
    shown = httpx.get(f"{demo.root}/demo/member")

    assert shown.status_code == 303
    assert shown.headers["location"] == "../graphql#role=member"
    assert shown.text == ""
    for method in ("GET", "POST"):
        assert httpx.request(method, f"{demo.root}/demo/owner").status_code == 404
    assert httpx.put(f"{demo.root}/demo/member").status_code == 405


def test_there_is_no_such_address_at_another_host(tmp_path: Path) -> None:
    with running_demo(tmp_path, "--host", "127.0.0.2") as demo:
        answers = [asked(demo, "member"), httpx.get(f"{demo.root}/demo/member")]
        roles = httpx.get(f"{demo.root}/web/config.json").json()["roles"]
        printed = demo.server.log.read_text()

    assert [one.status_code for one in answers] == [404, 404]
    assert roles == []
    assert "/demo/member" not in printed.split('"event"')[0]
