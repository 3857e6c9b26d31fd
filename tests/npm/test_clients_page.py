"""The files of docs/clients.md: their tools take them, and their clients work with the demo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

from tests.demo import Demo
from tests.docs.markdown import ROOT, blocks
from tests.npm.project import ENVIRONMENT, INSTALLED, run_script
from tests.server import serving

PAGE = ROOT / "docs" / "clients.md"
#: Python's clients need an older graphql-core than the gateway: they live elsewhere.
PYTHON = Path(os.environ.get("CLIENTS_VENV", ROOT / "build" / "clients-venv")) / "bin"
TYPES = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "preserve",
        "moduleResolution": "bundler",
        "lib": ["es2022", "dom"],
        "skipLibCheck": True,
        "resolveJsonModule": True,
        "allowImportingTsExtensions": True,
    },
    "include": ["src"],
}
WRONG = """import type { ResultOf } from "@graphql-typed-document-node/core";
import type { GroupPage } from "./GroupPage";
declare const page: ResultOf<typeof GroupPage>;
const group = page.userGroup!;
// @ts-expect-error: a count is a number
export const text: string = group.classifications!.totalCount;
// @ts-expect-error: statistics may be refused
export const count: number = group.classifications.totalCount;
"""


def write_page(folder: Path) -> Path:
    """The files of the page, in an empty project."""
    for block in blocks(PAGE):
        if block.note.startswith("file="):
            file = folder / block.note.removeprefix("file=")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
    shutil.copy(ROOT / "schema.graphql", folder)
    return folder


def run(folder: Path, *command: str) -> str:
    ran = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=240
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def project(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's project after its tools have run."""
    folder = make_project(tmp_path_factory.mktemp("page"))
    run_tools(folder)
    return folder


def make_project(folder: Path) -> Path:
    """The page's files, with the packages that they need."""
    write_page(folder)
    (folder / "node_modules").symlink_to(INSTALLED)
    (folder / "package.json").write_text(json.dumps({"type": "module"}))
    (folder / "tsconfig.json").write_text(json.dumps(TYPES))
    return folder


def run_tools(folder: Path) -> None:
    run(folder, "node_modules/.bin/graphql-codegen")
    run(folder, "node_modules/.bin/relay-compiler")


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
    (named,) = json.loads(manifest.read_text())
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


def test_a_generated_client_reads_days_and_counts(python_project: Path, demo: Demo) -> None:
    said = run(python_project, str(PYTHON / "python"), "chart.py", demo.server.url, "2")
    shown = demo.ask(
        """{ userGroup(id: 2) { classifications(range: { start: "2017-05-01" }) {
            buckets(period: MONTH) { startsOn count } } } }"""
    )
    buckets = shown["data"]["userGroup"]["classifications"]["buckets"]
    assert said.splitlines() == [f"{one['startsOn']} {one['count']}" for one in buckets]
    assert len(buckets) > 1
