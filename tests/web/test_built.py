"""When there are pages: where they were built, for this schema, and are not switched off."""

import json
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from gateway.graphql.configuration import documents_of_pages
from gateway.settings import Settings
from resolvers.schema import graphql_schema
from tests.packages import WEB, copied_packages
from tests.server import serving

BROWSER = {"accept": "text/html"}


SCHEMA = b"type Query { anything: Int }"


def build(folder: Path, document: str, built_for: bytes = SCHEMA) -> Path:
    """Packages in a clone, with a bundle whose pages send this document."""
    packages = copied_packages(folder / "packages")
    bundle = packages / WEB.bundle
    (bundle / "web").mkdir(parents=True)
    (bundle / "index.html").write_text('<html><script src="./web/a.js"></script></html>')
    (bundle / "persisted-documents.json").write_text(json.dumps({"x-pages:a": document}))
    (bundle / "schema.sha256").write_text(sha256(built_for).hexdigest())
    (packages / "schema.graphql").write_bytes(SCHEMA)
    return packages


@pytest.mark.parametrize(
    ("document", "built_for", "setting", "built"),
    [
        ("{ comments { totalCount } }", SCHEMA, {}, True),
        ("{ comments { totalCount } }", SCHEMA, {"PAGES": "false"}, False),
        ("{ comments { totalCount } }", b"another", {}, True),
        ("{ noSuchField }", b"another", {}, False),
        ("{ comments { a: totalCount } }", SCHEMA, {"ALIAS_LIMIT": "1"}, True),
        ("{ b: comments { a: totalCount } }", SCHEMA, {"ALIAS_LIMIT": "1"}, False),
    ],
    ids=["built", "switched off", "runs", "another schema", "within limits", "narrower limits"],
)
def test_pages_are_there_when_they_fit(
    document: str, built_for: bytes, setting: dict[str, str], built: bool, tmp_path: Path
) -> None:
    packages = build(tmp_path, document, built_for)
    settings = {
        "PYTHONPATH": str(packages),
        "STATS_GATEWAY_PAGES": "true",
        **{f"STATS_GATEWAY_{name}": value for name, value in setting.items()},
    }
    with serving(tmp_path, **settings) as server:
        root = server.url.removesuffix("/graphql")
        home = httpx.get(f"{root}/", headers=BROWSER).text
        project = httpx.get(f"{root}/projects/5", headers=BROWSER)
        known = httpx.post(server.url, json={"documentId": "x-pages:a"}).json()

    assert ("./web/a.js" in home) is built
    assert ("GET /classifications" in home) is not built
    assert project.status_code == (200 if built else 404)
    assert ("data" in known) is built
    said = "There are no pages for people. The pages cannot be used" in server.log.read_text()
    assert said is (not built and "PAGES" not in setting)


def test_what_the_pages_send_runs_within_the_default_limits(wheel_with_pages: Path) -> None:
    """So it is not validated anew whenever a server starts."""
    manifest = wheel_with_pages / WEB.bundle / "persisted-documents.json"
    served = Settings(), graphql_schema, manifest
    assert len(documents_of_pages(*served, built_for_schema=False)) > 20


def test_documents_of_the_pages_are_trusted_without_another_manifest(tmp_path: Path) -> None:
    packages = build(tmp_path, "{ comments { totalCount } }")
    settings = {
        "PYTHONPATH": str(packages),
        "STATS_GATEWAY_PAGES": "true",
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_ONLY": "true",
    }
    with serving(tmp_path, **settings) as server:
        asked = httpx.post(server.url, json={"documentId": "x-pages:a"}).json()
        other = httpx.post(server.url, json={"query": "{ me { id } }"}).json()

    assert asked == {"data": {"comments": {"totalCount": 0}}}
    assert other["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
