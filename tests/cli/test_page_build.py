"""Pages that are built beside a demo: it serves from the start, and they are noticed when ready."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from gateway.cli.page_build import PageBuild, page_build
from gateway.cli.page_tools import fetched_tools
from gateway.web.pages import PagesNotMade
from tests.made_up_clone import IDENTIFIER, MadeUpClone, made_up_clone
from tests.server import DEADLINE_SECONDS, Server, running

PAGES = ["/", "/projects/1"]
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def clone(tmp_path: Path) -> MadeUpClone:
    return made_up_clone(tmp_path)


@contextmanager
def demo_of(clone: MadeUpClone, folder: Path, **settings: str) -> Iterator[Server]:
    words = ("demo", "--directory", str(folder / ".demo"), "--port", "0")
    with running(folder, *words, **{**clone.settings, **settings}) as server:
        yield server


def looked_at(server: Server, path: str) -> httpx.Response:
    root = server.url.removesuffix("/graphql")
    return httpx.get(f"{root}{path}", headers={"Accept": "text/html"}, timeout=60)


def named(server: Server) -> dict[str, object]:
    answer: dict[str, object] = httpx.post(
        server.url, json={"documentId": IDENTIFIER}, timeout=60
    ).json()
    return answer


def test_pages_say_that_they_are_being_built_until_they_are_there(
    clone: MadeUpClone, tmp_path: Path
) -> None:
    with demo_of(clone, tmp_path) as server:
        clone.build_begun()
        for path in PAGES:
            answer = looked_at(server, path)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
            assert "The pages are being built" in answer.text
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert 'src="../web/waiting.js"' in looked_at(server, "/projects/1").text
        assert looked_at(server, "/web/waiting.js").status_code == 200
        assert looked_at(server, "/?page=small").status_code == 200
        assert httpx.get(server.url.removesuffix("graphql")).json()["status"] == "ok"
        assert "errors" in named(server)

        clone.let_go()
        server.wait_until_said("Pages: built in ")
        deadline = time.monotonic() + DEADLINE_SECONDS
        while looked_at(server, "/").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for path in PAGES:
            assert "<title>Made</title>" in looked_at(server, path).text
        assert looked_at(server, "/web/made.js").text == "1;"
        # Pages that still wait need it.
        assert looked_at(server, "/web/waiting.js").status_code == 200
        assert named(server) == {"data": {"__typename": "Query"}}
        assert server.stop(signal.SIGINT) == 0


def test_ctrl_c_ends_the_build_too(clone: MadeUpClone, tmp_path: Path) -> None:
    with demo_of(clone, tmp_path) as server:
        process = clone.build_begun()
        assert os.getpriority(os.PRIO_PROCESS, process) == 19
        assert server.stop(signal.SIGINT) == 0
        assert "Traceback" not in server.log.read_text()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while Path(f"/proc/{process}").exists():
        assert time.monotonic() < deadline, "the build outlived the demo"
        time.sleep(0.05)


def test_without_npm_there_is_one_sentence_and_all_else(clone: MadeUpClone, tmp_path: Path) -> None:
    clone.needs("left-pad")
    folder = {"npm_config_registry": NOWHERE, "npm_config_cache": str(tmp_path / "cache")}
    with demo_of(clone, tmp_path, **folder) as server:
        sentence = "They could not be built, since npm cannot be reached (ECONNREFUSED)."
        server.wait_until_said(f"Pages: {sentence} All else works. The log is ")
        for path in PAGES:
            answer = looked_at(server, path)
            assert (answer.status_code, sentence in answer.text) == (503, True)
            assert "waiting.js" not in answer.text
            assert "Retry-After" not in answer.headers
        answer = httpx.post(server.url, json={"query": "{ project(id: 1) { id } }"}, timeout=60)
        assert answer.json() == {"data": {"project": {"id": "1"}}}


async def test_what_is_newer_than_its_sources_is_not_built_again(
    clone: MadeUpClone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in clone.settings.items():
        monkeypatch.setenv(name, value)
    clone.let_go()
    said: list[str] = []
    build = PageBuild(clone.root, said.append)
    assert await build() is True
    assert await build() is False
    schema = clone.root / "schema.graphql"
    later = time.time() + 10
    os.utime(schema, (later, later))
    assert await build() is True
    steps = [line.removeprefix("Pages: ").split(" ")[0] for line in said]
    assert [step for step in steps if step != "fetching"] == ["building", "built"] * 2


async def test_without_node_and_without_pypi_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a machine whose Python has no pip either; nothing is fetched by a test.
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setattr(sys, "executable", str(empty / "python"))
    (empty / "python").write_text("#!/bin/sh\nexit 1\n")
    (empty / "python").chmod(0o755)
    monkeypatch.setenv("PATH", str(empty))
    with (tmp_path / "log").open("wb") as log, pytest.raises(PagesNotMade) as refused:
        await fetched_tools(tmp_path / "node.lock", tmp_path / "node", log)
    assert str(refused.value) == (
        "Node.js 22.12 or newer is not installed, and could not be fetched from PyPI."
    )


def test_a_package_without_sources_builds_nothing(tmp_path: Path) -> None:
    assert page_build(tmp_path) is None
