"""The files of docs/clients.md: their tools take them, and their clients work with the demo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

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
    folder = write_page(tmp_path_factory.mktemp("page"))
    (folder / "node_modules").symlink_to(INSTALLED)
    (folder / "package.json").write_text(json.dumps({"type": "module"}))
    (folder / "tsconfig.json").write_text(json.dumps(TYPES))
    run(folder, "node_modules/.bin/graphql-codegen")
    run(folder, "node_modules/.bin/relay-compiler")
    return folder


def test_types_are_strict(project: Path) -> None:
    (project / "src" / "wrong.ts").write_text(WRONG)
    run(project, "node_modules/.bin/tsc", "-p", ".")
    assert "any" not in (project / "src" / "gql" / "graphql.ts").read_text().split()


@pytest.mark.parametrize("federated", [False, True])
def test_tools_take_the_schema_as_it_is_served(
    project: Path, tmp_path: Path, demo: Demo, federated: bool
) -> None:
    """Introspected, and as the subgraph that routers read."""
    schema = demo.server.url
    if federated:
        sdl = demo.ask("{ _service { sdl } }")["data"]["_service"]["sdl"]
        (tmp_path / "schema.graphql").write_text(sdl)
        schema = "schema.graphql"
    for name in ("codegen.ts", "relay.config.json"):
        text = (project / name).read_text()
        (tmp_path / name).write_text(
            text.replace('schema: "schema.graphql"', f'schema: "{schema}"')
        )
    shutil.copytree(project / "src", tmp_path / "src", ignore=shutil.ignore_patterns("gql"))
    (tmp_path / "node_modules").symlink_to(INSTALLED)
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    run(tmp_path, "node_modules/.bin/graphql-codegen")
    made = "src/gql/graphql.ts"
    assert "totalCount: number" in (tmp_path / made).read_text()
    if federated:
        shutil.copytree(
            project / "relay", tmp_path / "relay", ignore=shutil.ignore_patterns("__generated__")
        )
        run(tmp_path, "node_modules/.bin/relay-compiler")


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
def python_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (PYTHON / "python").exists():
        missing = "Python's GraphQL clients are not installed: .ci/run does it."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    folder = write_page(tmp_path_factory.mktemp("python"))
    run(folder, str(PYTHON / "ariadne-codegen"))
    return folder


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
