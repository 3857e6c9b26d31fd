"""Apollo Client and urql before a gateway that runs what they were built with, and nothing else."""

import json
from collections.abc import Iterator

import pytest

from gateway.graphql.documents.identifiers import hash_of
from tests.npm.client import CLIENTS, Operation, run_client
from tests.server import Server, serving

#: As the clients print it, who ask for the name of every type.
TEXT = "query Comments {\n  comments {\n    totalCount\n    __typename\n  }\n}"


@pytest.fixture(scope="module")
def exclusive(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("exclusive")
    operation = {"id": hash_of(TEXT), "name": "Comments", "type": "query", "body": TEXT}
    manifest = {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [operation],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    settings = {
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_FILE": str(folder / "manifest.json"),
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_ONLY": "true",
    }
    with serving(folder, **settings) as server:
        yield server


@pytest.mark.parametrize("name", CLIENTS)
def test_a_trusted_operation_is_run_by_its_hash_at_once(exclusive: Server, name: str) -> None:
    operation = Operation("query Comments { comments { totalCount } }")
    (got,) = run_client(CLIENTS[name], exclusive.url, operation, persisted=True)
    assert [(sent.method, sent.query, sent.hash) for sent in got.sent] == [
        ("GET", False, hash_of(TEXT))
    ]
    assert (got.data["comments"]["totalCount"], got.errors) == (0, [])
