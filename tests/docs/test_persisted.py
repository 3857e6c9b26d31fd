"""``docs/persisted.md`` shows requests and manifests that work."""

import json
from pathlib import Path

import httpx

from gateway.graphql.configuration import check_trusted_documents
from gateway.settings import Settings
from resolvers.schema import graphql_schema
from tests.demo import Demo
from tests.docs.markdown import ROOT, blocks
from tests.server import serving

DOCUMENT = ROOT / "docs" / "persisted.md"
BLOCKS = blocks(DOCUMENT)
BY_HASH, BY_ID = [json.loads(block.text) for block in BLOCKS if block.note == "request"]
MANIFESTS = [block.text for block in BLOCKS if block.note == "manifest"]


def test_the_hash_that_is_shown_is_of_the_text_beside_it(demo: Demo) -> None:
    unknown = httpx.post(demo.server.url, json=BY_HASH).json()
    text = "{ comments { totalCount } }"
    assert f"`{text}`" in DOCUMENT.read_text()
    sent = httpx.post(demo.server.url, json={"query": text, **BY_HASH}).json()
    parts = {name: json.dumps(value) for name, value in BY_HASH.items()}
    named = httpx.get(demo.server.url, params=parts).json()
    assert unknown["errors"][0]["message"] == "PersistedQueryNotFound"
    assert sent == named == {"data": {"comments": {"totalCount": 0}}}


def test_both_manifests_that_are_shown_can_be_used(tmp_path: Path) -> None:
    for number, text in enumerate(MANIFESTS):
        file = tmp_path / f"{number}.json"
        file.write_text(text)
        check_trusted_documents(Settings(trusted_documents_file=str(file)), graphql_schema)
    assert len(MANIFESTS) == 2


def test_the_trusted_document_runs_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(MANIFESTS[0])
    settings = {
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_FILE": str(file),
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_ONLY": "true",
    }
    with serving(tmp_path, **settings) as server:
        trusted = httpx.post(server.url, json=BY_ID)
        other = httpx.post(server.url, json={"query": "{ comments { totalCount } }"})
    assert trusted.json() == {"data": {"classifications": {"totalCount": 0}}}
    assert (other.status_code, other.json()["errors"][0]["extensions"]["code"]) == (
        403,
        "DOCUMENT_NOT_TRUSTED",
    )
