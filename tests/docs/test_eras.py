"""The requests that docs/eras.md shows are answered as shown."""

import json
import shlex

import httpx

from tests.demo import Demo
from tests.docs.markdown import ROOT, blocks

DOCUMENT = ROOT / "docs" / "eras.md"
BASE = "http://127.0.0.1:8000"


def test_every_request_is_answered_by_the_demo_as_shown(demo: Demo) -> None:
    shown = blocks(DOCUMENT)
    here = demo.server.url.removesuffix("/graphql")
    for request, answer in zip(shown[::2], shown[1::2], strict=True):
        command, *_, url = shlex.split(request.text)
        role = request.note.removeprefix("as=")
        headers = {"Authorization": f"Bearer {demo.tokens[role]}"} if role else {}

        assert (request.language, answer.language, command) == ("sh", "json", "curl")
        response = httpx.get(url.replace(BASE, here), headers=headers, timeout=60)
        assert response.json() == json.loads(answer.text)
    assert len(shown) == 4


def test_every_redirect_leads_where_the_table_says(demo: Demo) -> None:
    here = demo.server.url.removesuffix("/graphql")
    rows = [line.split("`") for line in DOCUMENT.read_text().splitlines() if "| `/counts/" in line]

    assert len(rows) == 3
    for _, asked, _, answered, *_ in rows:
        assert httpx.get(here + asked, timeout=60).headers["location"] == answered
