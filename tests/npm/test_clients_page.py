"""The files of docs/clients.md: their tools take them, and their clients work with the demo."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

from tests.demo import Demo
from tests.docs.markdown import ROOT
from tests.npm.page_project import make_project, run, run_tools, write_page
from tests.npm.project import run_script
from tests.relay import relaying
from tests.server import serving

#: Python's clients need an older graphql-core than the gateway: they live elsewhere.
PYTHON = Path(os.environ.get("CLIENTS_VENV", ROOT / "build" / "clients-venv")) / "bin"
WRONG = """import type { ResultOf } from "@graphql-typed-document-node/core";
import type { GroupPage } from "./GroupPage";
declare const page: ResultOf<typeof GroupPage>;
const group = page.userGroup!;
// @ts-expect-error: a count is a number
export const text: string = group.classifications!.totalCount;
// @ts-expect-error: statistics may be refused
export const count: number = group.classifications.totalCount;
"""


def test_types_are_strict(project: Path) -> None:
    (project / "src" / "wrong.ts").write_text(WRONG)
    run(project, "node_modules/.bin/tsc", "-p", ".")
    assert "any" not in (project / "src" / "gql" / "graphql.ts").read_text().split()


def served_schema(demo: Demo, kind: str) -> str:
    """The schema in GraphQL's schema definition language, as clients or as routers read it."""
    if kind == "subgraph":
        sdl: str = demo.ask("{ _service { sdl } }")["data"]["_service"]["sdl"]
        return sdl
    query = get_introspection_query(input_value_deprecation=True, specified_by_url=True)
    return print_schema(build_client_schema(demo.ask(query)["data"]))


@pytest.mark.parametrize("kind", ["introspected", "subgraph"])
def test_tools_take_the_schema_as_it_is_served(
    packages: None, tmp_path: Path, demo: Demo, kind: str
) -> None:
    folder = make_project(tmp_path)
    (folder / "schema.graphql").write_text(served_schema(demo, kind))
    if kind == "introspected":
        codegen = (folder / "codegen.ts").read_text()
        (folder / "codegen.ts").write_text(codegen.replace("schema.graphql", demo.server.url))
    run_tools(folder)
    assert "totalCount: number" in (folder / "src" / "gql" / "graphql.ts").read_text()


def test_clients_keep_entities_by_type_and_id(project: Path, demo: Demo) -> None:
    said = run_script("page_clients.mjs", str(project), demo.server.url, demo.tokens["member"])
    assert said.splitlines()[-1] == "done"


def test_the_operations_of_a_build_are_all_that_is_executed(project: Path, tmp_path: Path) -> None:
    manifest = project / "src" / "gql" / "persisted-documents.json"
    texts = json.loads(manifest.read_text())
    (named,) = (key for key, text in texts.items() if text.startswith("query GroupPage"))
    settings = {
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_FILE": str(manifest),
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_ONLY": "true",
    }
    with serving(tmp_path, **settings) as server:
        trusted = httpx.post(server.url, json={"documentId": named, "variables": {"id": "1"}})
        other = httpx.post(server.url, json={"query": "{ classifications { totalCount } }"})
    assert trusted.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (other.status_code, other.json()["errors"][0]["extensions"]["code"]) == (
        403,
        "DOCUMENT_NOT_TRUSTED",
    )


@pytest.fixture(scope="module")
def python_clients() -> None:
    if not (PYTHON / "python").exists():
        missing = "Python's GraphQL clients are not installed: .ci/run does it."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)


@pytest.fixture(scope="module")
def python_project(python_clients: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_page(tmp_path_factory.mktemp("python"))
    run(folder, str(PYTHON / "ariadne-codegen"))
    return folder


@pytest.mark.parametrize("kind", ["introspected", "subgraph"])
def test_pythons_generator_takes_the_schema_as_it_is_served(
    python_clients: None, tmp_path: Path, demo: Demo, kind: str
) -> None:
    write_page(tmp_path)
    (tmp_path / "schema.graphql").write_text(served_schema(demo, kind))
    run(tmp_path, str(PYTHON / "ariadne-codegen"))
    assert "total_count: int" in (tmp_path / "stats_client" / "group_chart.py").read_text()


def test_gql_tells_what_was_refused_and_shows_the_rest(python_project: Path, demo: Demo) -> None:
    said = run(python_project, str(PYTHON / "python"), "totals.py", demo.server.url, "1")
    assert said.startswith("UNAUTHENTICATED ['userGroup', 'classifications']\nDemo classroom")
    said = run(python_project, str(PYTHON / "python"), "totals.py", demo.server.url, "2")
    assert said.startswith("Demo showcase {'totalCount': 1888, 'topContributors': [{'count': 302}")


@pytest.mark.parametrize("script", ["totals.py", "chart.py"])
def test_pythons_clients_ask_for_a_consistency_token(
    python_project: Path, demo: Demo, script: str
) -> None:
    with relaying(demo.server.url) as relay:
        run(python_project, str(PYTHON / "python"), script, relay.url, "2")
        assert b"\r\nconsistency-token: \r\n" in relay.sent.lower()


ASKS = """
import asyncio, sys
import httpx
from consistent import Consistent

sent, got = [], []


async def note_sent(request):
    sent.append(set(request.headers["consistency-token"].split(",")))


async def note_got(response):
    got.append(response.headers["consistency-token"])


async def main(url):
    hooks = {"request": [note_sent], "response": [note_got]}
    body = {"query": "{ classifications { totalCount } }"}
    async with httpx.AsyncClient(auth=Consistent(), event_hooks=hooks, timeout=60) as client:
        await client.post(url, json=body)
        await asyncio.gather(*(client.post(url, json=body) for _ in range(2)))
        await client.post(url, json=body)
        await client.post(url, json=body)
    assert sent == [{""}, {got[0]}, {got[0]}, {got[1], got[2]}, {got[3]}], (sent, got)


asyncio.run(main(*sys.argv[1:]))
"""


def test_pythons_clients_send_the_tokens_of_the_newest_answers(
    python_project: Path, demo: Demo
) -> None:
    run(python_project, str(PYTHON / "python"), "-c", ASKS, demo.server.url)


def test_a_generated_client_reads_days_and_counts(python_project: Path, demo: Demo) -> None:
    said = run(python_project, str(PYTHON / "python"), "chart.py", demo.server.url, "2")
    shown = demo.ask(
        """{ userGroup(id: 2) { classifications(range: { start: "2017-05-01" }) {
            buckets(period: MONTH) { startsOn count } } } }"""
    )
    buckets = shown["data"]["userGroup"]["classifications"]["buckets"]
    assert said.splitlines() == [f"{one['startsOn']} {one['count']}" for one in buckets]
    assert len(buckets) > 1
