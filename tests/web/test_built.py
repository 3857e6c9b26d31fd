"""When there are pages: where they were built, for this schema, and are not switched off."""

import json
from pathlib import Path

import httpx
import pytest

from tests.packages import WEB, copied_packages
from tests.server import serving

BROWSER = {"accept": "text/html"}


def build(folder: Path, document: str) -> Path:
    """Packages with a bundle whose pages send this document."""
    packages = copied_packages(folder / "packages")
    bundle = packages / WEB.bundle
    (bundle / "web").mkdir(parents=True)
    (bundle / "index.html").write_text('<html><script src="./web/a.js"></script></html>')
    (bundle / "persisted-documents.json").write_text(json.dumps({"x-pages:a": document}))
    return packages


@pytest.mark.parametrize(
    ("document", "setting", "built"),
    [
        ("{ comments { totalCount } }", "true", True),
        ("{ comments { totalCount } }", "false", False),
        ("{ noSuchField }", "true", False),
    ],
    ids=["built", "switched off", "built for another schema"],
)
def test_pages_are_there_when_they_fit(
    document: str, setting: str, built: bool, tmp_path: Path
) -> None:
    packages = build(tmp_path, document)
    settings = {"PYTHONPATH": str(packages), "STATS_GATEWAY_PAGES": setting}
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
    assert said is (document == "{ noSuchField }")


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
