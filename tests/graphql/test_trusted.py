"""Manifests of trusted documents, and a server that runs nothing else."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.errors import SettingsError
from gateway.graphql.admission.document_limits import DocumentLimits
from gateway.graphql.configuration import check_trusted_documents
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.identifiers import hash_of
from gateway.graphql.documents.trusted import read_trusted_documents
from gateway.settings import Settings
from resolvers.schema import graphql_schema
from tests.graphql.conftest import schema
from tests.server import STATS_GATEWAY, Server, environment, serving

HELLO, LARGE = "{ greeting }", "{ large }"


def apollo(*operations: object, **other: object) -> object:
    return {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": operations,
        **other,
    }


def operation(identifier: object, body: object) -> dict:
    return {"id": identifier, "body": body, "name": "Hello", "type": "query"}


def read(folder: Path, manifest: object) -> dict[str, str]:
    file = folder / "manifest.json"
    file.write_bytes(manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode())
    documents = Documents(schema._schema, DocumentLimits(depth=2, aliases=0, directives=0))
    return dict(read_trusted_documents("THE_SETTING", str(file), documents))


@pytest.mark.parametrize(
    "manifest",
    [
        apollo(operation(hash_of(HELLO), HELLO), operation("x-app:1.0_a~b", LARGE)),
        apollo(operation(f"sha256:{hash_of(HELLO)}", HELLO), operation("x-app:1.0_a~b", LARGE)),
        {hash_of(HELLO): HELLO, "x-app:1.0_a~b": LARGE},
        {f"sha256:{hash_of(HELLO)}": HELLO, "x-app:1.0_a~b": LARGE},
    ],
    ids=["Apollo's", "Apollo's with prefix", "a map", "a map with prefix"],
)
def test_both_forms_are_read(tmp_path: Path, manifest: object) -> None:
    assert read(tmp_path, manifest) == {hash_of(HELLO): HELLO, "x-app:1.0_a~b": LARGE}


def test_one_document_may_stand_under_several_names_and_twice_under_one(tmp_path: Path) -> None:
    twice = operation("a", HELLO)
    assert read(tmp_path, apollo(twice, twice, operation("b", HELLO))) == {"a": HELLO, "b": HELLO}


WRONG = {
    "no JSON": (b"{", "is not JSON"),
    "no object": ([HELLO], "is not a JSON object"),
    "nothing": ({}, "has no documents"),
    "no operations in Apollo's": (apollo(), "has no documents"),
    "another format": (apollo(format="relay"), "is not of the format"),
    "another version": (apollo(version=2), "is not of the format"),
    "operations by name": (apollo(operations={"a": HELLO}), "has no list of operations"),
    "operations that are texts": (apollo(HELLO), "has no list of operations"),
    "no body": (apollo({"id": "a"}), "'a'"),
    "no id": (apollo({"body": HELLO}), "None"),
    "a number": ({"a": 7}, "'a'"),
    "an identifier that cannot be sent": ({"a b": HELLO}, "'a b'"),
    "an unknown prefix": ({"md5:00": HELLO}, "'md5:00'"),
    "the hash of another text": ({f"sha256:{hash_of(LARGE)}": HELLO}, "that has another hash"),
    "two documents under one name": (
        apollo(operation("a", HELLO), operation("a", LARGE)),
        "has two documents under a",
    ),
    "no GraphQL": ({"a": "{"}, "a, that does not run here: Syntax Error"),
    "an unknown field": ({"a": HELLO, "b": "{ nothing }"}, "b, that does not run here"),
    "a type": ({"a": "type A { a: Int }"}, "a, that does not run here"),
    "beyond a limit": ({"a": "{ b: large }"}, "fields with an alias or selected again"),
}


@pytest.mark.parametrize(("manifest", "reason"), WRONG.values(), ids=WRONG)
def test_a_manifest_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, manifest: object, reason: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, manifest)
    message = caught.value.message
    assert message.startswith(f"THE_SETTING cannot be used: {tmp_path}/manifest.json ")
    assert reason in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_manifest_that_is_missing_is_one_sentence() -> None:
    settings = Settings(trusted_documents_file="/nothing/there.json")
    with pytest.raises(SettingsError) as caught:
        check_trusted_documents(settings, graphql_schema)
    assert caught.value.message == (
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_FILE cannot be used: /nothing/there.json cannot be read"
        " (No such file or directory)."
    )


def test_that_nothing_else_runs_needs_a_manifest() -> None:
    with pytest.raises(SettingsError, match="requires STATS_GATEWAY_TRUSTED_DOCUMENTS_FILE"):
        check_trusted_documents(Settings(trusted_documents_only=True), graphql_schema)


def test_documents_in_parts_are_trusted_where_they_are_answered_so(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({"a": "{ ... @defer { comments { totalCount } } }"}))
    settings = Settings(trusted_documents_file=str(file))
    with pytest.raises(SettingsError, match="@defer"):
        check_trusted_documents(settings, graphql_schema)
    parts = settings.model_copy(update={"incremental_delivery": True})
    check_trusted_documents(parts, graphql_schema)


def test_a_server_does_not_start_with_a_wrong_manifest(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({"a": "{ nothing }"}))
    result = subprocess.run(
        [STATS_GATEWAY, "serve", "--port", "0"],
        env=environment(tmp_path, {"STATS_GATEWAY_TRUSTED_DOCUMENTS_FILE": str(file)}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "does not run here: Cannot query field 'nothing' on type 'Query'" in result.stderr


TOTAL = "query Total($start: Date) { classifications(range: { start: $start }) { totalCount } }"


@pytest.fixture(scope="module")
def exclusive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that runs one document, by two names."""
    folder = tmp_path_factory.mktemp("exclusive")
    file = folder / "manifest.json"
    file.write_text(json.dumps({hash_of(TOTAL): TOTAL, "x-page:total": TOTAL}))
    settings = {
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_FILE": str(file),
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_ONLY": "true",
    }
    with serving(folder, **settings) as server:
        yield server


@pytest.mark.parametrize("document_id", [f"sha256:{hash_of(TOTAL)}", "x-page:total"])
def test_a_trusted_document_is_run_and_cached_by_its_name(
    exclusive: Server, document_id: str
) -> None:
    parts = {"documentId": document_id, "variables": '{"start":"2024-01-01"}'}
    first = httpx.get(exclusive.url, params=parts)
    assert first.json() == {"data": {"classifications": {"totalCount": 0}}}
    again = httpx.get(exclusive.url, params=parts, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "query", ["{ __schema { types { name } } }", "{ _service { sdl } }", "{ __typename }"]
)
def test_such_a_server_runs_nothing_else(exclusive: Server, query: str) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(query)}}
    for response in (
        httpx.get(exclusive.url, params={"query": query}),
        httpx.post(exclusive.url, json={"query": query}),
        httpx.post(exclusive.url, json={"query": query, "extensions": extensions}),
        httpx.get(exclusive.url, params={"extensions": json.dumps(extensions)}),
    ):
        assert response.status_code == 403
        assert response.json() == {
            "errors": [
                {
                    "message": "This server runs only trusted documents, "
                    "and this document is not one of them.",
                    "extensions": {"code": "DOCUMENT_NOT_TRUSTED"},
                }
            ]
        }
